//! Cases of alerts.

use chrono::TimeDelta;

use super::check::refused;
use super::everything::chain_of;
use super::page::{all_pages, every_size};
use super::sample::{self, alert_end, alert_signal, decided};
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::alert::{Alert, AlertCause, AlertStatus, AlertSubject, KeySubject, Severity};
use crate::model::alert_query::{AlertQuery, AlertViewer};
use crate::model::alert_step::{AlertDecision, AlertSignal, AlertStep};
use crate::model::audit::EventType;
use crate::model::health::CheckStatus;
use crate::model::id::{AlertId, TenantId, UserId, WebhookId};
use crate::model::key::ApiKey;
use crate::model::server::{Server, ServerStatus};
use crate::store::StoreError;

pub(super) async fn alerts(world: &World, query: &AlertQuery) -> Vec<Alert> {
    all_pages(async |page| world.store().alerts(&AlertQuery { page, ..query.clone() }).await).await
}

async fn all(world: &World) -> Vec<Alert> {
    alerts(world, &AlertQuery::new(AlertViewer::SERVICE)).await
}

/// What the tenant's chain says of alerts.
pub(super) async fn told(world: &World, tenant: TenantId) -> Vec<(EventType, Option<uuid::Uuid>)> {
    let entries = chain_of(world.store(), tenant).await.into_iter().map(|entry| entry.event);
    let is_of_alert = |event: &EventType| {
        matches!(event, EventType::AlertRaised | EventType::AlertResolved | EventType::AlertAcknowledged)
    };
    entries
        .map(|event| (event.event_type, event.resource_id))
        .filter(|(event, _)| is_of_alert(event))
        .collect()
}

async fn step(world: &World, step: AlertStep) -> Option<Alert> {
    world.store().step_alert(&step).await.unwrap()
}

async fn raise(world: &World, signal: &AlertSignal) -> Alert {
    step(world, AlertStep::Raise(signal.clone())).await.unwrap()
}

pub(super) async fn a_raised_alert_is_read_back_as_it_was(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let key = KeySubject::of(&sample::full_key(&*world.clock, &owner, &server));
    let subjects = [
        AlertSubject::Server(server.id),
        AlertSubject::Key(key),
        AlertSubject::User(owner.id),
        AlertSubject::Webhook(WebhookId(world.clock.new_id())),
        AlertSubject::Address("2001:db8::/64".to_owned()),
    ];
    let mut expected = Vec::new();
    for (number, (subject, cause)) in subjects.into_iter().zip(AlertCause::ALL.iter().rev()).enumerate() {
        let tenant_id = if number % 2 == 0 { Some(owner.tenant_id) } else { None };
        let signal = alert_signal(&*world.clock, tenant_id, subject, *cause, Severity::ALL[number % 4]);
        let signal = AlertSignal { count: 5_000_000_000, message: "100% \"☂\" \\".to_owned(), ..signal };
        let alert = raise(world, &signal).await;
        assert_eq!(
            (alert.id, &alert.subject, alert.occurrences),
            (signal.id, &signal.subject, 5_000_000_000)
        );
        expected.insert(0, alert);
    }
    assert_eq!(all(world).await, expected);
}

pub(super) async fn there_is_one_unresolved_alert_for_a_subject_and_cause(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let first = raise(world, &sample::server_alert(&*world.clock, &server)).await;
    let again = raise(world, &sample::server_alert(&*world.clock, &server)).await;
    assert_eq!((again.id, again.occurrences, again.triggered_at), (first.id, 2, first.triggered_at));
    assert!(again.last_seen_at > first.last_seen_at);
    let raised = (EventType::AlertRaised, Some(first.id.0));
    assert_eq!(told(world, owner.tenant_id).await, [raised], "what only counts is not told");
    let other =
        AlertSignal { cause: AlertCause::CircuitOpen, ..sample::server_alert(&*world.clock, &server) };
    assert_ne!(raise(world, &other).await.id, first.id);
    let end = alert_end(&*world.clock, &first);
    assert_eq!(step(world, AlertStep::End(end.clone())).await.unwrap().status(), AlertStatus::Resolved);
    assert_eq!(step(world, AlertStep::End(end)).await, None);
    assert_ne!(raise(world, &sample::server_alert(&*world.clock, &server)).await.id, first.id);
    assert_eq!(all(world).await.len(), 3);
}

pub(super) async fn a_worse_signal_is_told_again_and_has_to_be_acknowledged_again(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let signal =
        |severity, count| AlertSignal { severity, count, ..sample::server_alert(&*world.clock, &server) };
    let alert = raise(world, &signal(Severity::Low, 1)).await;
    let known = decided(&*world.clock, &alert, AlertDecision::Acknowledge);
    assert_eq!(step(world, known.clone()).await.unwrap().status(), AlertStatus::Acknowledged);
    assert_eq!(step(world, known).await, None);
    let still = AlertStep::Raise(signal(Severity::Low, 0));
    assert_eq!(step(world, still).await, None, "that it still is so changes nothing");
    let worse = raise(world, &signal(Severity::High, 0)).await;
    assert_eq!((worse.status(), worse.severity, worse.occurrences), (AlertStatus::Open, Severity::High, 1));
    let better = raise(world, &signal(Severity::Low, 1)).await;
    assert_eq!((better.severity, better.occurrences), (Severity::High, 2));
    let events: Vec<_> = told(world, owner.tenant_id).await.into_iter().map(|(event, _)| event).collect();
    use EventType::{AlertAcknowledged, AlertRaised};
    assert_eq!(events, [AlertRaised, AlertAcknowledged, AlertRaised]);
}

pub(super) async fn an_end_may_be_for_what_was_quiet_only(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let alert = raise(world, &sample::server_alert(&*world.clock, &server)).await;
    let mut end = alert_end(&*world.clock, &alert);
    end.quiet_since = Some(alert.last_seen_at);
    assert_eq!(step(world, AlertStep::End(end.clone())).await, None);
    end.quiet_since = Some(alert.last_seen_at + TimeDelta::microseconds(1));
    assert_eq!(step(world, AlertStep::End(end)).await.unwrap().status(), AlertStatus::Resolved);
}

pub(super) async fn a_decision_is_kept_with_who_made_it(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let alert = raise(world, &sample::server_alert(&*world.clock, &server)).await;
    let over = step(world, decided(&*world.clock, &alert, AlertDecision::Resolve)).await.unwrap();
    assert!(over.resolved_by.is_some() && over.resolved_at.is_some());
    assert_eq!(all(world).await, std::slice::from_ref(&over));
    assert_eq!(step(world, decided(&*world.clock, &over, AlertDecision::Acknowledge)).await, None);
    let entries = chain_of(world.store(), owner.tenant_id).await;
    let last = &entries.last().unwrap().event;
    assert_eq!((last.event_type, last.actor_id), (EventType::AlertResolved, over.resolved_by));
    let stray = Alert { id: AlertId(world.clock.new_id()), ..over };
    let stray = decided(&*world.clock, &stray, AlertDecision::Resolve);
    refused!(world, world.store().step_alert(&stray), StoreError::Missing);
}

pub(super) async fn an_alert_needs_its_tenant(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let tenant_id = Some(TenantId(world.clock.new_id()));
    let signal = AlertSignal { tenant_id, ..sample::server_alert(&*world.clock, &server) };
    refused!(world, world.store().step_alert(&AlertStep::Raise(signal)), StoreError::Missing);
}

/// R96: with the check that reaches the threshold, and with the one that succeeds again.
pub(super) async fn checks_raise_and_resolve_a_servers_alert(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut server = sample::server(&*world.clock, &owner, "Weather");
    server.health_policy.alert_threshold = 3;
    world.put_server(&server).await;
    let expected = [
        (CheckStatus::Timeout, None),
        (CheckStatus::Error, None),
        (CheckStatus::Unhealthy, Some((1, AlertStatus::Open))),
        (CheckStatus::Timeout, Some((2, AlertStatus::Open))),
        (CheckStatus::Healthy, Some((2, AlertStatus::Resolved))),
        (CheckStatus::Healthy, Some((2, AlertStatus::Resolved))),
    ];
    for (number, (status, expected)) in expected.into_iter().enumerate() {
        let check = sample::check(&*world.clock, &server, status);
        world.store().record_health(&sample::record(&check)).await.unwrap();
        let found = all(world).await;
        let seen = found.first().map(|alert| (alert.occurrences, alert.status()));
        assert_eq!((seen, found.len() <= 1), (expected, true), "check {number}");
    }
    let alert = all(world).await.remove(0);
    assert_eq!((alert.cause, alert.subject), (AlertCause::ServerUnhealthy, AlertSubject::Server(server.id)));
    let told = told(world, owner.tenant_id).await;
    let id = Some(alert.id.0);
    assert_eq!(told, [(EventType::AlertRaised, id), (EventType::AlertResolved, id)]);
}

pub(super) async fn degraded_answers_in_a_row_raise_an_alert(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut server = sample::server(&*world.clock, &owner, "Weather");
    server.health_policy.alert_threshold = 2;
    world.put_server(&server).await;
    use CheckStatus::{Degraded, Healthy, Timeout, Unknown};
    let expected =
        [(Degraded, 0), (Healthy, 0), (Degraded, 0), (Timeout, 0), (Unknown, 0), (Degraded, 1), (Healthy, 0)];
    for (number, (status, unresolved)) in expected.into_iter().enumerate() {
        let check = sample::check(&*world.clock, &server, status);
        world.store().record_health(&sample::record(&check)).await.unwrap();
        let query = AlertQuery { unresolved: true, ..AlertQuery::new(AlertViewer::SERVICE) };
        assert_eq!(alerts(world, &query).await.len(), unresolved, "check {number}");
    }
    assert_eq!(all(world).await[0].cause, AlertCause::ServerDegraded);
}

pub(super) async fn the_alerts_of_a_removed_server_are_over(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let (server, kept) =
        (world.make_server(&owner, "Weather").await, world.make_server(&owner, "Kept").await);
    for server in [&server, &kept] {
        raise(world, &sample::server_alert(&*world.clock, server)).await;
    }
    let (event, now) = (world.event(owner.tenant_id), world.clock.now());
    world.store().delete_server(server.tenant_id, server.id, 1, now, event).await.unwrap();
    let status = |alert: &Alert| (alert.subject.server_id(), alert.status());
    let found: Vec<_> = all(world).await.iter().map(status).collect();
    let expected = [(Some(kept.id), AlertStatus::Open), (Some(server.id), AlertStatus::Resolved)];
    assert_eq!(found, expected);
    let own = AlertQuery::new(AlertViewer { reach: Reach::Tenant(owner.tenant_id), ..AlertViewer::SERVICE });
    assert_eq!(alerts(world, &own).await.len(), 1, "only administrators see those of what is gone");
}

/// C9: what a warning asked for was done.
pub(super) async fn a_key_that_is_rotated_or_revoked_does_not_expire_soon(world: &mut World) {
    let owner = world.make_owner("acme").await;
    for revoked in [true, false] {
        let key = world.make_key(&owner, "key").await;
        let subject = AlertSubject::Key(KeySubject::of(&key));
        let signal = |cause| {
            let tenant = Some(owner.tenant_id);
            alert_signal(&*world.clock, tenant, subject.clone(), cause, Severity::Low)
        };
        let expiring = raise(world, &signal(AlertCause::KeyExpiring)).await;
        let limited = raise(world, &signal(AlertCause::LimitExceeded)).await;
        let same = ApiKey { revision: 2, ..key.clone() };
        world.store().update_key(&same, 1, world.event(key.tenant_id)).await.unwrap();
        let is_open = async |alert: &Alert| {
            let query = AlertQuery { only: Some(alert.id), ..AlertQuery::new(AlertViewer::SERVICE) };
            alerts(world, &query).await[0].status() == AlertStatus::Open
        };
        assert_eq!((is_open(&expiring).await, is_open(&limited).await), (true, true));
        let changed = match revoked {
            true => ApiKey { revoked_at: Some(world.clock.now()), ..same },
            false => ApiKey { expires_at: key.expires_at + TimeDelta::days(1), ..same },
        };
        let changed = ApiKey { revision: 3, ..changed };
        world.store().update_key(&changed, 2, world.event(key.tenant_id)).await.unwrap();
        assert_eq!((is_open(&expiring).await, is_open(&limited).await), (false, !revoked));
    }
}

pub(super) async fn the_alerts_of_a_removed_tenant_go_with_it(world: &mut World) {
    let (tenant, other) = (world.make_tenant("acme").await, world.make_tenant("other").await);
    for tenant in [&tenant, &other] {
        let subject = AlertSubject::User(UserId(world.clock.new_id()));
        let cause = AlertCause::LimitExceeded;
        raise(world, &alert_signal(&*world.clock, Some(tenant.id), subject, cause, Severity::Low)).await;
    }
    world.delete_tenant(&tenant).await.unwrap();
    let left: Vec<_> = all(world).await.iter().map(|alert| alert.tenant_id).collect();
    assert_eq!(left, [Some(other.id)]);
}

pub(super) async fn old_resolved_alerts_are_pruned(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut ends = Vec::new();
    for number in 0..4 {
        let server = world.make_server(&owner, &format!("Server {number}")).await;
        let alert = raise(world, &sample::server_alert(&*world.clock, &server)).await;
        if number > 0 {
            let end = alert_end(&*world.clock, &alert);
            ends.push(end.at);
            step(world, AlertStep::End(end)).await.unwrap();
        }
    }
    assert_eq!(world.store().prune_alerts(ends[1]).await.unwrap(), 1);
    assert_eq!(all(world).await.len(), 3);
    assert_eq!(world.store().prune_alerts(ends[2] + TimeDelta::days(9)).await.unwrap(), 2);
    let left = all(world).await;
    assert_eq!((left.len(), left[0].status()), (1, AlertStatus::Open), "what is not over stays");
    assert_eq!(world.store().prune_alerts(ends[2] + TimeDelta::days(9)).await.unwrap(), 0);
}

/// T4: lists, filters, totals and pages, for everybody who may look.
pub(super) async fn each_viewer_sees_what_it_may_under_every_filter(world: &mut World) {
    let scene = Scene::settle(world).await;
    let everything = all(world).await;
    assert_eq!(everything.len(), scene.raised);
    let mut seen = 0;
    for viewer in scene.viewers() {
        for query in scene.queries(viewer, &everything) {
            let server = |alert: &Alert| {
                let id = alert.subject.server_id()?;
                scene.servers.iter().find(|server| server.id == id)
            };
            let is_asked = |alert: &&Alert| query.matches(alert) && viewer.sees(alert, server(alert));
            let expected: Vec<_> = everything.iter().filter(is_asked).cloned().collect();
            assert_eq!(alerts(world, &query).await, expected, "{query:?}");
            seen += expected.len();
        }
    }
    assert!(seen > 300, "the scene shows something: {seen}");
    let query = AlertQuery::new(AlertViewer::SERVICE);
    let read = async |page| world.store().alerts(&AlertQuery { page, ..query.clone() }).await;
    every_size(&everything, read).await;
}

/// Alerts about everything that there may be alerts about, of two tenants.
struct Scene {
    users: Vec<UserId>,
    tenants: Vec<TenantId>,
    servers: Vec<Server>,
    raised: usize,
}

impl Scene {
    async fn settle(world: &World) -> Self {
        let mut scene = Self { users: Vec::new(), tenants: Vec::new(), servers: Vec::new(), raised: 0 };
        for name in ["acme", "other"] {
            let owner = world.make_owner(name).await;
            scene.users.push(owner.id);
            scene.tenants.push(owner.tenant_id);
            let own = sample::server(&*world.clock, &owner, "Own");
            let shared = Server { is_public: true, ..sample::server(&*world.clock, &owner, "Shared") };
            let idle = sample::server(&*world.clock, &owner, "Idle");
            let idle = Server { status: ServerStatus::Inactive, ..idle };
            let global = sample::server(&*world.clock, &owner, &format!("Global {name}"));
            let global = Server { tenant_id: None, ..global };
            for server in [own, shared, idle, global] {
                world.put_server(&server).await;
                scene.raise(world, server.tenant_id, AlertSubject::Server(server.id)).await;
                let key = sample::key(&*world.clock, &owner, "linked");
                let key = ApiKey { server_id: Some(server.id), ..key };
                scene.raise(world, Some(owner.tenant_id), AlertSubject::Key(KeySubject::of(&key))).await;
                scene.servers.push(server);
            }
            let made = ApiKey {
                owner_id: UserId(world.clock.new_id()),
                ..sample::key(&*world.clock, &owner, "made")
            };
            scene.raise(world, Some(owner.tenant_id), AlertSubject::Key(KeySubject::of(&made))).await;
            scene.raise(world, Some(owner.tenant_id), AlertSubject::User(owner.id)).await;
            scene.raise(world, Some(owner.tenant_id), AlertSubject::User(UserId(world.clock.new_id()))).await;
            let webhook = AlertSubject::Webhook(WebhookId(world.clock.new_id()));
            scene.raise(world, Some(owner.tenant_id), webhook).await;
            scene.raise(world, None, AlertSubject::Address(name.to_owned())).await;
        }
        scene
    }

    /// Raises an alert; some are acknowledged, some resolved.
    async fn raise(&mut self, world: &World, tenant_id: Option<TenantId>, subject: AlertSubject) {
        let (cause, severity) = (AlertCause::ALL[self.raised % 4], Severity::ALL[self.raised % 4]);
        let alert = raise(world, &alert_signal(&*world.clock, tenant_id, subject, cause, severity)).await;
        self.raised += 1;
        let decision = match self.raised % 3 {
            0 => return,
            1 => AlertDecision::Acknowledge,
            _ => AlertDecision::Resolve,
        };
        step(world, decided(&*world.clock, &alert, decision)).await.unwrap();
    }

    fn viewers(&self) -> Vec<AlertViewer> {
        let mut viewers = vec![AlertViewer::SERVICE];
        for (tenant, user) in self.tenants.iter().zip(&self.users) {
            let user_id = Some(*user);
            viewers.push(AlertViewer { reach: Reach::Tenant(*tenant), user_id, ..AlertViewer::SERVICE });
        }
        for viewer in viewers.clone() {
            viewers.push(AlertViewer { active_only: true, sees_keys: false, ..viewer });
            viewers.push(AlertViewer { linked: Some(self.servers[0].id), ..viewer });
            viewers.push(AlertViewer { linked: Some(self.servers[5].id), ..viewer });
        }
        // Only who is bound to a tenant is bound to active servers.
        viewers.retain(|viewer| !viewer.active_only || viewer.reach != Reach::AllTenants);
        viewers
    }

    fn queries(&self, viewer: AlertViewer, all: &[Alert]) -> Vec<AlertQuery> {
        let query = AlertQuery::new(viewer);
        let middle = Some(all[all.len() / 2].triggered_at);
        let mut queries = vec![
            AlertQuery { unresolved: true, ..query.clone() },
            AlertQuery { from: middle, ..query.clone() },
            AlertQuery { to: middle, ..query.clone() },
            AlertQuery { seen_before: middle, ..query.clone() },
            AlertQuery { from: middle, to: middle, ..query.clone() },
        ];
        queries.extend(
            AlertStatus::ALL.iter().map(|status| AlertQuery { status: Some(*status), ..query.clone() }),
        );
        queries.extend(
            Severity::ALL.iter().map(|severity| AlertQuery { severity: Some(*severity), ..query.clone() }),
        );
        queries
            .extend(AlertCause::ALL.iter().map(|cause| AlertQuery { cause: Some(*cause), ..query.clone() }));
        let types = AlertCause::ALL.iter().map(|cause| cause.alert_type());
        queries.extend(types.map(|alert_type| AlertQuery { alert_type: Some(alert_type), ..query.clone() }));
        let servers = self.servers.iter().map(|server| server.id);
        queries.extend(servers.map(|id| AlertQuery { server_id: Some(id), ..query.clone() }));
        queries.extend(all.iter().map(|alert| AlertQuery { only: Some(alert.id), ..query.clone() }));
        queries.push(query);
        queries
    }
}
