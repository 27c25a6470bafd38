//! Cases of webhooks, and of what is delivered to them.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::check::{conflict, refused};
use super::everything::chain_of;
use super::page::{all_pages, every_size};
use super::sample::{self, attempt, server_alert, webhook};
use super::world::World;
use crate::clock::{Clock, Timestamp};
use crate::model::alert::{Alert, AlertType, Severity};
use crate::model::alert_step::AlertStep;
use crate::model::audit::EventType;
use crate::model::delivery::{Attempt, Delivery, DeliveryQuery, DeliveryStatus};
use crate::model::id::{DeliveryId, TenantId, WebhookId};
use crate::model::page::PageRequest;
use crate::model::server::Server;
use crate::model::user::User;
use crate::model::webhook::{MAX_WEBHOOKS, Webhook, WebhookFilter, WebhookState};
use crate::store::StoreError;

async fn put(world: &World, webhook: &Webhook) {
    let chain = webhook.tenant_id.unwrap_or(TenantId::SYSTEM);
    world.store().create_webhook(webhook, world.event(chain)).await.unwrap();
}

async fn make(world: &World, owner: &User) -> Webhook {
    let webhook = webhook(&*world.clock, Some(owner.tenant_id));
    put(world, &webhook).await;
    webhook
}

async fn deliveries(world: &World, webhook: &Webhook) -> Vec<Delivery> {
    let query = |page| DeliveryQuery { webhook_id: webhook.id, status: None, page };
    all_pages(async |page| world.store().deliveries(&query(page)).await).await
}

async fn raise(world: &World, server: &Server) -> Alert {
    let signal = server_alert(&*world.clock, server);
    world.store().step_alert(&AlertStep::Raise(signal)).await.unwrap().unwrap()
}

/// All that is due, as whoever sends it claims it.
async fn claim(world: &World, now: Timestamp) -> Vec<Delivery> {
    world.store().claim_deliveries(now, now + TimeDelta::seconds(60), 1_000).await.unwrap()
}

pub(super) async fn a_stored_webhook_is_read_back_as_it_was(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let own = make(world, &owner).await;
    let full = sample::full_webhook(&*world.clock);
    put(world, &full).await;
    for webhook in [&own, &full] {
        assert_eq!(world.store().webhook(webhook.id).await.unwrap().as_ref(), Some(webhook));
    }
    assert_eq!(world.store().webhooks(None).await.unwrap(), [own.clone(), full.clone()]);
    assert_eq!(world.store().webhooks(Some(None)).await.unwrap(), [full]);
    assert_eq!(
        world.store().webhooks(Some(Some(owner.tenant_id))).await.unwrap(),
        std::slice::from_ref(&own)
    );
    assert_eq!(world.store().webhook(WebhookId(owner.id.0)).await.unwrap(), None);
    refused!(world, world.store().create_webhook(&own, world.event(owner.tenant_id)), conflict!(Id));
    let stray = webhook(&*world.clock, Some(TenantId(world.clock.new_id())));
    refused!(world, world.store().create_webhook(&stray, world.event(owner.tenant_id)), StoreError::Missing);
}

pub(super) async fn a_tenant_has_so_many_and_no_more(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    for _ in 0..MAX_WEBHOOKS {
        make(world, &owner).await;
    }
    let further = webhook(&*world.clock, Some(owner.tenant_id));
    let event = world.event(owner.tenant_id);
    refused!(world, world.store().create_webhook(&further, event), StoreError::InUse(_));
    make(world, &other).await;
    put(world, &webhook(&*world.clock, None)).await;
}

pub(super) async fn an_update_names_its_revision_and_leaves_the_state(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let webhook = make(world, &owner).await;
    raise(world, &server).await;
    let claimed = claim(world, world.clock.now()).await;
    let failed = attempt(&*world.clock, &claimed[0], Some("UNREACHABLE: no"), None);
    let state = world.store().finish_attempt(&failed).await.unwrap().unwrap();
    assert_eq!(state, WebhookState { failing_since: Some(failed.at), last_success_at: None });
    let off = Webhook { enabled: false, revision: 2, ..webhook.clone() };
    world.store().update_webhook(&off, 1, world.event(owner.tenant_id)).await.unwrap();
    let found = world.store().webhook(webhook.id).await.unwrap();
    assert_eq!(found, Some(Webhook { state, ..off.clone() }));
    refused!(world, world.store().update_webhook(&off, 1, world.event(owner.tenant_id)), StoreError::Stale);
    let on = Webhook { enabled: true, revision: 3, ..off };
    world.store().update_webhook(&on, 2, world.event(owner.tenant_id)).await.unwrap();
    let found = world.store().webhook(webhook.id).await.unwrap().unwrap();
    assert_eq!(found.state, WebhookState::default(), "it begins anew");
    let stray = Webhook { id: WebhookId(owner.id.0), ..on };
    refused!(
        world,
        world.store().update_webhook(&stray, 3, world.event(owner.tenant_id)),
        StoreError::Missing
    );
}

pub(super) async fn removal_takes_deliveries_along(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let (webhook, kept) = (make(world, &owner).await, make(world, &owner).await);
    raise(world, &server).await;
    let event = world.event(owner.tenant_id);
    refused!(world, world.store().delete_webhook(webhook.id, 2, event), StoreError::Stale);
    let late = deliveries(world, &webhook).await.remove(0);
    world.store().delete_webhook(webhook.id, 1, world.event(owner.tenant_id)).await.unwrap();
    assert_eq!(world.store().webhooks(None).await.unwrap(), std::slice::from_ref(&kept));
    assert_eq!((deliveries(world, &webhook).await.len(), deliveries(world, &kept).await.len()), (0, 1));
    let late = attempt(&*world.clock, &late, None, None);
    assert_eq!(world.store().finish_attempt(&late).await.unwrap(), None);
    let event = world.event(owner.tenant_id);
    refused!(world, world.store().delete_webhook(webhook.id, 1, event), StoreError::Missing);
}

/// In the same write, and of what the audit log is told only.
pub(super) async fn what_is_told_of_an_alert_is_delivered_to_who_asked_for_it(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let server = world.make_server(&owner, "Weather").await;
    let filter =
        |types: &[AlertType], min_severity| WebhookFilter { alert_types: types.to_vec(), min_severity };
    let of_tenant =
        |filter: WebhookFilter| Webhook { filter, ..webhook(&*world.clock, Some(owner.tenant_id)) };
    let listening = [
        of_tenant(filter(&[], Severity::Low)),
        of_tenant(filter(&[AlertType::Health, AlertType::Quota], Severity::High)),
        webhook(&*world.clock, None),
    ];
    let deaf = [
        of_tenant(filter(&[AlertType::Quota], Severity::Low)),
        of_tenant(filter(&[], Severity::Critical)),
        Webhook { enabled: false, ..of_tenant(filter(&[], Severity::Low)) },
        webhook(&*world.clock, Some(other.tenant_id)),
    ];
    for webhook in listening.iter().chain(&deaf) {
        put(world, webhook).await;
    }
    let alert = raise(world, &server).await;
    raise(world, &server).await;
    let end = sample::alert_end(&*world.clock, &alert);
    world.store().step_alert(&AlertStep::End(end)).await.unwrap();
    let mut ids = BTreeSet::new();
    for webhook in &listening {
        let found = deliveries(world, webhook).await;
        let told: Vec<_> = found.iter().map(|delivery| (delivery.event, delivery.alert_id)).collect();
        assert_eq!(told, [(EventType::AlertResolved, alert.id), (EventType::AlertRaised, alert.id)]);
        let body: serde_json::Value = serde_json::from_str(&found[1].body).unwrap();
        assert_eq!(
            (&body["type"], &body["data"]["id"]),
            (&"alert.raised".into(), &alert.id.to_string().into())
        );
        assert_eq!((found[1].status, found[1].attempts), (DeliveryStatus::Pending, 0));
        ids.extend(found.iter().map(|delivery| delivery.id));
    }
    assert_eq!(ids.len(), 6, "each has an id of its own");
    for webhook in &deaf {
        assert_eq!(deliveries(world, webhook).await, []);
    }
}

pub(super) async fn what_is_due_is_claimed_once_until_it_counts_as_lost(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let webhook = make(world, &owner).await;
    for name in ["One", "Two", "Three"] {
        let server = world.make_server(&owner, name).await;
        raise(world, &server).await;
    }
    let mut expected = deliveries(world, &webhook).await;
    expected.reverse();
    let first = expected[0].next_attempt_at;
    assert_eq!(claim(world, first - TimeDelta::microseconds(1)).await, []);
    assert_eq!(world.store().due_deliveries(first).await.unwrap(), 1);
    let now = world.clock.now();
    let lost_at = now + TimeDelta::seconds(60);
    let claimed = world.store().claim_deliveries(now, lost_at, 2).await.unwrap();
    let as_claimed =
        |delivery: &Delivery| Delivery { attempts: 1, next_attempt_at: lost_at, ..delivery.clone() };
    assert_eq!(claimed, expected[..2].iter().map(as_claimed).collect::<Vec<_>>(), "those due longest first");
    assert_eq!(world.store().due_deliveries(now).await.unwrap(), 1);
    assert_eq!(claim(world, now).await.len(), 1);
    assert_eq!(claim(world, now).await, []);
    let again = claim(world, lost_at).await;
    assert_eq!(again.iter().map(|delivery| delivery.attempts).collect::<Vec<_>>(), [2, 2, 2]);
    let late = attempt(&*world.clock, &claimed[0], None, None);
    assert_eq!(world.store().finish_attempt(&late).await.unwrap(), None, "another attempt is under way");
    let off = Webhook { enabled: false, revision: 2, ..webhook };
    world.store().update_webhook(&off, 1, world.event(owner.tenant_id)).await.unwrap();
    assert_eq!(
        claim(world, lost_at + TimeDelta::days(1)).await,
        [],
        "nothing is sent to what is switched off"
    );
    assert_eq!(world.store().due_deliveries(lost_at + TimeDelta::days(1)).await.unwrap(), 0);
}

pub(super) async fn an_attempt_is_taken_repeated_or_given_up(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let webhook = make(world, &owner).await;
    raise(world, &server).await;
    let first = claim(world, world.clock.now()).await.remove(0);
    let retry_at = world.clock.now() + TimeDelta::minutes(1);
    let failed = attempt(&*world.clock, &first, Some("UPSTREAM_ERROR: HTTP 500"), Some(retry_at));
    let failed = Attempt { status: Some(500), ..failed };
    let state = world.store().finish_attempt(&failed).await.unwrap().unwrap();
    assert_eq!(state.failing_since, Some(failed.at));
    assert_eq!(world.store().finish_attempt(&failed).await.unwrap(), Some(state), "as long as it is pending");
    let found = deliveries(world, &webhook).await.remove(0);
    assert_eq!((found.status, found.next_attempt_at), (DeliveryStatus::Pending, retry_at));
    assert_eq!((found.last_status, found.last_error), (Some(500), failed.error.clone()));
    assert_eq!(claim(world, retry_at - TimeDelta::microseconds(1)).await, []);
    let second = claim(world, retry_at).await.remove(0);
    let given_up = attempt(&*world.clock, &second, Some("TIMEOUT: no answer"), None);
    let again = world.store().finish_attempt(&given_up).await.unwrap().unwrap();
    assert_eq!(again.failing_since, state.failing_since, "since the first");
    let found = deliveries(world, &webhook).await.remove(0);
    assert_eq!((found.status, found.finished_at), (DeliveryStatus::Dead, Some(given_up.at)));
    assert_eq!(claim(world, retry_at + TimeDelta::days(9)).await, []);
    let now = retry_at + TimeDelta::days(1);
    let event = || sample::event(&*world.clock, owner.tenant_id, EventType::WebhookDeliveryRetried, None);
    let store = world.store();
    assert_eq!(store.retry_delivery(WebhookId(owner.id.0), found.id, now, event()).await.unwrap(), None);
    let entries = chain_of(store, owner.tenant_id).await.len();
    let retried = store.retry_delivery(webhook.id, found.id, now, event()).await.unwrap().unwrap();
    assert_eq!((retried.status, retried.attempts), (DeliveryStatus::Pending, 0));
    assert_eq!(store.retry_delivery(webhook.id, found.id, now, event()).await.unwrap(), None);
    assert_eq!(chain_of(store, owner.tenant_id).await.len(), entries + 1);
    let third = claim(world, now).await.remove(0);
    let taken = Attempt { status: Some(204), ..attempt(&*world.clock, &third, None, None) };
    let state = store.finish_attempt(&taken).await.unwrap().unwrap();
    assert_eq!(state, WebhookState { failing_since: None, last_success_at: Some(taken.at) });
    let found = deliveries(world, &webhook).await.remove(0);
    assert_eq!((found.status, found.last_status), (DeliveryStatus::Delivered, Some(204)));
    assert_eq!(store.webhook(webhook.id).await.unwrap().unwrap().state, state);
}

pub(super) async fn deliveries_are_listed_newest_first_in_pages_of_every_size(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let (webhook, _) = (make(world, &owner).await, make(world, &owner).await);
    for number in 0..53 {
        let server = world.make_server(&owner, &format!("Server {number}")).await;
        raise(world, &server).await;
    }
    let taken = world.store().claim_deliveries(world.clock.now(), world.clock.now(), 30).await.unwrap();
    for delivery in &taken {
        world.store().finish_attempt(&attempt(&*world.clock, delivery, None, None)).await.unwrap();
    }
    let all = deliveries(world, &webhook).await;
    assert!(all.is_sorted_by_key(|delivery| std::cmp::Reverse((delivery.created_at, delivery.id))));
    assert_eq!(all.len(), 53);
    for status in [None, Some(DeliveryStatus::Pending), Some(DeliveryStatus::Delivered)] {
        let query = |page: PageRequest| DeliveryQuery { webhook_id: webhook.id, status, page };
        let is_asked = |delivery: &&Delivery| status.is_none_or(|status| delivery.status == status);
        let expected: Vec<_> = all.iter().filter(is_asked).cloned().collect();
        assert!(!expected.is_empty());
        every_size(&expected, async |page| world.store().deliveries(&query(page)).await).await;
    }
}

pub(super) async fn old_deliveries_are_pruned(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let webhook = make(world, &owner).await;
    for name in ["One", "Two", "Three"] {
        let server = world.make_server(&owner, name).await;
        raise(world, &server).await;
    }
    let now = world.clock.now();
    let claimed = world.store().claim_deliveries(now, now + TimeDelta::days(9), 2).await.unwrap();
    let taken = attempt(&*world.clock, &claimed[0], None, None);
    world.store().finish_attempt(&taken).await.unwrap();
    let before = taken.at + TimeDelta::microseconds(1);
    assert_eq!(
        world.store().prune_deliveries(before).await.unwrap(),
        2,
        "what was taken, and what nobody sent"
    );
    let left: Vec<DeliveryId> =
        deliveries(world, &webhook).await.iter().map(|delivery| delivery.id).collect();
    assert_eq!(left, [claimed[1].id]);
    assert_eq!(world.store().prune_deliveries(before).await.unwrap(), 0);
}

/// However many nodes send: each delivery is claimed by one of them.
pub(super) async fn of_those_who_claim_at_once_each_gets_others(world: &mut World) {
    let owner = world.make_owner("acme").await;
    make(world, &owner).await;
    for number in 0..40 {
        let server = world.make_server(&owner, &format!("Server {number}")).await;
        raise(world, &server).await;
    }
    let now = world.clock.now();
    let nodes = (0..4).map(|_| {
        let store = world.handle();
        tokio::spawn(async move {
            let mut ids = Vec::new();
            loop {
                let claimed = store.claim_deliveries(now, now + TimeDelta::seconds(60), 3).await.unwrap();
                if claimed.is_empty() {
                    return ids;
                }
                ids.extend(claimed.iter().map(|delivery| delivery.id));
            }
        })
    });
    let mut ids = Vec::new();
    for node in nodes.collect::<Vec<_>>() {
        ids.extend(node.await.unwrap());
    }
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (40, 40));
}

/// Of those who raise the same alert at the same time one makes it, and it is told and delivered once.
pub(super) async fn an_alert_that_many_raise_is_delivered_once(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let webhook = make(world, &owner).await;
    let signals: Vec<_> = (0..20).map(|_| server_alert(&*world.clock, &server)).collect();
    let raising = signals.into_iter().map(|signal| {
        let store = world.handle();
        tokio::spawn(async move { store.step_alert(&AlertStep::Raise(signal)).await.unwrap().unwrap().id })
    });
    let mut ids = BTreeSet::new();
    for raised in raising.collect::<Vec<_>>() {
        ids.insert(raised.await.unwrap());
    }
    assert_eq!((ids.len(), deliveries(world, &webhook).await.len()), (1, 1));
    let found = super::alert::alerts(world, &sample::all_alerts()).await;
    assert_eq!((found.len(), found[0].occurrences), (1, 20));
}
