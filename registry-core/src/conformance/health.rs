//! Cases of health checks.

use super::check::refused;
use super::page::{all_pages, every_size};
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::audit::{AuditEvent, EventType};
use crate::model::health::{CheckError, CheckReport, CheckStatus, CheckType, HealthCheck};
use crate::model::health_record::HealthBefore;
use crate::model::id::{HealthCheckId, ServerId, TenantId, UserId};
use crate::model::page::PageRequest;
use crate::model::period::Period;
use crate::model::server::{HealthStatus, Server, ServerHealth};
use crate::store::StoreError;

async fn checks(world: &World, reach: Reach, id: ServerId) -> Vec<HealthCheck> {
    all_pages(async |page| world.store().health_checks(reach, id, Period::EVER, page).await).await
}

/// A check with something in every field.
fn full_check(world: &World, server: &Server) -> HealthCheck {
    let error = CheckError { code: "TIMEOUT".to_owned(), message: "no \"answer\" 100% ☂".to_owned() };
    let report = CheckReport {
        status: CheckStatus::Degraded,
        response_time_us: 5_000_000_001,
        connectivity: true,
        authentication: false,
        capabilities: vec!["tools".to_owned(), "a, \"b\"".to_owned(), String::new(), "tools".to_owned()],
        protocol_version: Some("2025-06-18".to_owned()),
        tools_count: Some(4_000_000_000),
        resources_count: Some(0),
        prompts_count: Some(7),
        error: Some(error),
    };
    let performed_by = Some(UserId(world.clock.new_id()));
    let check = sample::check(&*world.clock, server, CheckStatus::Healthy);
    HealthCheck { performed_by, deep: true, check_type: CheckType::Manual, report, ..check }
}

pub(super) async fn a_stored_check_is_read_back_as_it_was(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let mut expected = vec![full_check(world, &server)];
    expected.extend(CheckStatus::ALL.iter().map(|status| sample::check(&*world.clock, &server, *status)));
    for check_type in CheckType::ALL {
        let check = sample::check(&*world.clock, &server, CheckStatus::Healthy);
        expected.push(HealthCheck { check_type: *check_type, ..check });
    }
    for check in &expected {
        world.store().record_health(&sample::record(check)).await.unwrap();
    }
    expected.reverse();
    assert_eq!(checks(world, Reach::Tenant(owner.tenant_id), server.id).await, expected);
}

pub(super) async fn the_state_follows_from_what_the_store_has(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut server = sample::server(&*world.clock, &owner, "Weather");
    server.health_policy.alert_threshold = 2;
    world.put_server(&server).await;
    use CheckStatus::{Degraded, Error, Healthy, Timeout, Unhealthy};
    let mut expected = ServerHealth::default();
    for status in [Timeout, Healthy, Unhealthy, Degraded, Error, Timeout, Unhealthy, Healthy] {
        let check = sample::check(&*world.clock, &server, status);
        let policy = server.health_policy.clone();
        expected = sample::record(&check).conclude(&HealthBefore { health: expected, policy }).health;
        assert_eq!(world.store().record_health(&sample::record(&check)).await.unwrap(), expected);
        let found = world.store().server(Reach::AllTenants, server.id).await.unwrap();
        assert_eq!(found, Some(Server { health: expected.clone(), ..server.clone() }), "only health changes");
    }
    assert_eq!((expected.status, expected.checks, expected.successes), (HealthStatus::Healthy, 8, 3));
}

pub(super) async fn the_alert_threshold_is_the_servers_own_as_it_is_now(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut server = world.make_server(&owner, "Weather").await;
    for (revision, threshold) in [(2, 1), (3, 100)] {
        server.health_policy.alert_threshold = threshold;
        server.revision = revision;
        world.store().update_server(&server, revision - 1, world.event(owner.tenant_id)).await.unwrap();
        let good = sample::check(&*world.clock, &server, CheckStatus::Healthy);
        world.store().record_health(&sample::record(&good)).await.unwrap();
        let bad = sample::check(&*world.clock, &server, CheckStatus::Timeout);
        let state = world.store().record_health(&sample::record(&bad)).await.unwrap().status;
        let expected = if threshold == 1 { HealthStatus::Unhealthy } else { HealthStatus::Degraded };
        assert_eq!(state, expected, "threshold {threshold}");
    }
}

/// The events that the tenant's chain got after entry `seq`.
async fn events_after(world: &World, tenant_id: TenantId, seq: u64) -> Vec<AuditEvent> {
    let entries = world.store().audit_after(tenant_id, seq, 10).await.unwrap();
    entries.into_iter().map(|entry| entry.event).collect()
}

pub(super) async fn a_check_that_was_asked_for_is_audited(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let check = sample::check(&*world.clock, &server, CheckStatus::Healthy);
    world.store().record_health(&sample::record(&check)).await.unwrap();
    let before = world.store().audit_head(owner.tenant_id).await.unwrap().seq;
    let check = sample::check(&*world.clock, &server, CheckStatus::Healthy);
    world.store().record_health(&sample::record(&check)).await.unwrap();
    assert_eq!(events_after(world, owner.tenant_id, before).await, []);
    let event = checked(world, owner.tenant_id, &server);
    let check = sample::check(&*world.clock, &server, CheckStatus::Healthy);
    world.store().record_health(&sample::asked(&check, event.clone())).await.unwrap();
    assert_eq!(events_after(world, owner.tenant_id, before).await, [event]);
}

fn checked(world: &World, tenant_id: TenantId, server: &Server) -> AuditEvent {
    sample::event(&*world.clock, tenant_id, EventType::HealthCheckPerformed, Some(server.id.0))
}

pub(super) async fn a_change_of_status_is_audited_after_the_check(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let before = world.store().audit_head(owner.tenant_id).await.unwrap().seq;
    let asked = checked(world, owner.tenant_id, &server);
    let check = sample::check(&*world.clock, &server, CheckStatus::Timeout);
    world.store().record_health(&sample::asked(&check, asked.clone())).await.unwrap();
    let events = events_after(world, owner.tenant_id, before).await;
    assert_eq!(events.len(), 2);
    assert_eq!(events[0], asked);
    assert_eq!(events[1].event_type, EventType::HealthStatusChanged);
    assert_eq!((events[1].actor_id, events[1].timestamp), (None, check.performed_at));
    let said =
        serde_json::json!({"from": "unknown", "to": "unhealthy", "checkId": check.id, "error": "TIMEOUT"});
    assert_eq!(serde_json::Value::Object(events[1].metadata.clone()), said);
}

pub(super) async fn a_check_may_be_told_of_in_two_chains(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &owner, "global") };
    world.put_server(&global).await;
    let before = world.store().audit_head(owner.tenant_id).await.unwrap().seq;
    let own = world.store().audit_head(TenantId::SYSTEM).await.unwrap().seq;
    let asked = checked(world, owner.tenant_id, &global);
    let check = sample::check(&*world.clock, &global, CheckStatus::Healthy);
    world.store().record_health(&sample::asked(&check, asked.clone())).await.unwrap();
    assert_eq!(events_after(world, owner.tenant_id, before).await, [asked]);
    let changed = events_after(world, TenantId::SYSTEM, own).await;
    assert_eq!(
        changed.into_iter().map(|event| event.event_type).collect::<Vec<_>>(),
        [EventType::HealthStatusChanged]
    );
}

pub(super) async fn a_check_needs_its_server_in_its_tenant(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let server = world.make_server(&owner, "Weather").await;
    let check = sample::check(&*world.clock, &server, CheckStatus::Healthy);
    let strays = [
        HealthCheck { server_id: ServerId(owner.id.0), ..check.clone() },
        HealthCheck { tenant_id: Some(other.tenant_id), ..check.clone() },
        HealthCheck { tenant_id: None, ..check },
    ];
    for stray in strays {
        let event = world.event(TenantId::SYSTEM);
        refused!(world, world.store().record_health(&sample::asked(&stray, event)), StoreError::Missing);
    }
}

pub(super) async fn checks_are_seen_by_those_who_see_the_server(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let private = sample::server(&*world.clock, &owner, "private");
    let public = Server { is_public: true, ..sample::server(&*world.clock, &owner, "public") };
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &owner, "global") };
    for server in [private, public, global] {
        world.put_server(&server).await;
        let check = sample::check(&*world.clock, &server, CheckStatus::Healthy);
        world.store().record_health(&sample::record(&check)).await.unwrap();
        for reach in [Reach::AllTenants, Reach::Tenant(owner.tenant_id), Reach::Tenant(other.tenant_id)] {
            let expected = if reach.sees(&server) { vec![check.clone()] } else { Vec::new() };
            assert_eq!(checks(world, reach, server.id).await, expected, "{} {reach:?}", server.name);
        }
    }
    assert_eq!(checks(world, Reach::AllTenants, ServerId(owner.id.0)).await, []);
}

pub(super) async fn checks_are_listed_newest_first_in_pages_of_every_size(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let beside = world.make_server(&owner, "Beside").await;
    let mut expected = Vec::new();
    for number in 0..103 {
        let performed_at = sample::at_us(1_700_000_000_000_000 + number * 7 % 31);
        let check = sample::check(&*world.clock, &server, CheckStatus::Healthy);
        let check = HealthCheck { performed_at, id: HealthCheckId(world.clock.new_id()), ..check };
        world.store().record_health(&sample::record(&check)).await.unwrap();
        expected.push(check);
    }
    let check = sample::check(&*world.clock, &beside, CheckStatus::Healthy);
    world.store().record_health(&sample::record(&check)).await.unwrap();
    expected.sort_by_key(|check| std::cmp::Reverse((check.performed_at, check.id)));
    let reach = Reach::Tenant(owner.tenant_id);
    every_size(&expected, async |page: PageRequest| {
        world.store().health_checks(reach, server.id, Period::EVER, page).await
    })
    .await;
}
