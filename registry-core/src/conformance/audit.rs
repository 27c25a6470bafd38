//! Cases of the audit log: entries, numbers and chains.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Map, Value};

use super::everything::{chain_of, verify_chains};
use super::mixture::write_everything;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::audit::{
    Action, AuditEvent, AuditHead, AuditQuery, AuditResult, EventType, Origin, ResourceType,
};
use crate::model::id::{ApiKeyId, TenantId, UserId};
use crate::store::StoreError;

/// An event with something in every field.
pub(super) fn full_event(clock: &dyn Clock, tenant_id: TenantId) -> AuditEvent {
    let address = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 7]);
    let resource_id = Some(clock.new_id());
    AuditEvent {
        actor_id: Some(UserId(clock.new_id())),
        api_key_id: Some(ApiKeyId(clock.new_id())),
        result: AuditResult::Unauthorized,
        origin: Origin::new(Some(address), Some("curl/8 \"ü\" ☂ 100%"), Some("req-'1'".to_owned())),
        metadata: metadata(),
        ..sample::event(clock, tenant_id, EventType::ApiKeyRotated, resource_id)
    }
}

fn metadata() -> Map<String, Value> {
    let json = r#"{"z": 1, "a": [null, true, {"deep": {"er": []}}], "": "empty", "zero": 0, "minus": -5,
        "unicode": "ü☂𝄞 \" \\ \n\t", "large": 9007199254740991, "ключ": "'; --", "10": 1, "9": 2}"#;
    serde_json::from_str(json).unwrap()
}

pub(super) async fn an_entry_is_read_back_as_it_was(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let mut events = vec![full_event(&*world.clock, tenant.id)];
    for event_type in EventType::ALL {
        events.push(sample::event(&*world.clock, tenant.id, *event_type, None));
    }
    let with = |change: &dyn Fn(&mut AuditEvent)| {
        let mut event = world.event(tenant.id);
        change(&mut event);
        event
    };
    events.extend(AuditResult::ALL.iter().map(|result| with(&|event| event.result = *result)));
    events.extend(Action::ALL.iter().map(|action| with(&|event| event.action = *action)));
    events.extend(ResourceType::ALL.iter().map(|resource| with(&|event| event.resource_type = *resource)));
    events.push(with(&|event| event.origin.ip_address = Some(IpAddr::from([127, 0, 0, 1]))));
    events.push(with(&|event| event.origin.user_agent = Some(String::new())));
    for event in &events {
        world.store().append_audit(event.clone()).await.unwrap();
    }
    let entries = chain_of(world.store(), tenant.id).await;
    let stored: Vec<_> = entries[1..].iter().map(|entry| entry.event.clone()).collect();
    assert_eq!(stored, events);
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn metadata_keeps_numbers_up_to_their_limits(world: &mut World) {
    let json = r#"{"max": 9007199254740991, "min": -9007199254740991, "deep": [{"zero": 0}]}"#;
    let metadata: Map<String, Value> = serde_json::from_str(json).unwrap();
    let event = AuditEvent { metadata, ..world.event(TenantId::SYSTEM) };
    world.store().append_audit(event.clone()).await.unwrap();
    let entries = chain_of(world.store(), TenantId::SYSTEM).await;
    assert_eq!(entries[0].event, event);
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn numbers_that_the_chain_cannot_tell_apart_are_refused(world: &mut World) {
    for json in [r#"{"a": 9007199254740992}"#, r#"{"a": [{"b": -9007199254740992}]}"#, r#"{"a": 0.5}"#] {
        let metadata: Map<String, Value> = serde_json::from_str(json).unwrap();
        let event = AuditEvent { metadata, ..world.event(TenantId::SYSTEM) };
        assert!(matches!(world.store().append_audit(event).await, Err(StoreError::Corrupt(_))), "{json}");
    }
    assert_eq!(world.store().audit_head(TenantId::SYSTEM).await.unwrap().seq, 0);
}

pub(super) async fn every_write_brings_its_own_entry(world: &mut World) {
    let events = write_everything(world).await;
    let expected: BTreeSet<_> = events.iter().map(|event| event.tenant_id).collect();
    let chains = world.store().audit_chains().await.unwrap();
    assert_eq!(chains, expected.into_iter().collect::<Vec<_>>());
    for tenant_id in chains {
        let entries = chain_of(world.store(), tenant_id).await;
        // What follows from a write is told with it, by events that nobody handed in.
        let follows = |event: &AuditEvent| {
            use EventType::{AlertRaised, AlertResolved, HealthStatusChanged};
            matches!(event.event_type, HealthStatusChanged | AlertRaised | AlertResolved)
        };
        let stored = entries.into_iter().map(|entry| entry.event);
        let stored: Vec<_> = stored.filter(|event| events.contains(event) || !follows(event)).collect();
        let expected: Vec<_> = events.iter().filter(|event| event.tenant_id == tenant_id).cloned().collect();
        assert_eq!(stored, expected, "the chain of {tenant_id}");
    }
}

pub(super) async fn chains_are_numbered_from_one_and_verify(world: &mut World) {
    write_everything(world).await;
    let heads = verify_chains(world.store()).await.unwrap();
    assert_eq!(heads.len(), 3, "two tenants and the system");
    for head in heads {
        let entries = chain_of(world.store(), head.tenant_id).await;
        let numbers: Vec<_> = entries.iter().map(|entry| entry.seq).collect();
        assert_eq!(numbers, (1..=head.seq).collect::<Vec<_>>());
        assert_eq!(entries[0].previous_hash, [0; 32]);
        assert_eq!(entries.last().unwrap().head(), head, "the head names the last entry");
        assert_eq!(world.store().audit_head(head.tenant_id).await.unwrap(), head);
    }
}

pub(super) async fn the_chains_are_listed_by_id_the_systems_too(world: &mut World) {
    assert_eq!(world.store().audit_chains().await.unwrap(), []);
    let mut expected = Vec::new();
    for number in 0..5 {
        expected.push(world.make_tenant(&format!("tenant {number}")).await.id);
    }
    world.store().append_audit(world.event(TenantId::SYSTEM)).await.unwrap();
    expected.push(TenantId::SYSTEM);
    expected.sort_unstable();
    assert_eq!(world.store().audit_chains().await.unwrap(), expected);
}

pub(super) async fn a_chain_grows_alone(world: &mut World) {
    let (first, second) = (world.make_tenant("first").await, world.make_tenant("second").await);
    let before = world.store().audit_head(second.id).await.unwrap();
    for _ in 0..3 {
        world.store().append_audit(world.event(first.id)).await.unwrap();
        world.store().append_audit(world.event(TenantId::SYSTEM)).await.unwrap();
    }
    assert_eq!(world.store().audit_head(first.id).await.unwrap().seq, 4);
    assert_eq!(world.store().audit_head(TenantId::SYSTEM).await.unwrap().seq, 3);
    assert_eq!(world.store().audit_head(second.id).await.unwrap(), before);
}

pub(super) async fn an_empty_chain_has_an_empty_head(world: &mut World) {
    let unknown = TenantId(world.clock.new_id());
    for tenant_id in [unknown, TenantId::SYSTEM] {
        assert_eq!(world.store().audit_head(tenant_id).await.unwrap(), AuditHead::empty(tenant_id));
        assert_eq!(world.store().audit_after(tenant_id, 0, 10).await.unwrap(), []);
    }
}

pub(super) async fn a_chain_is_read_on_from_any_entry(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    for _ in 0..24 {
        world.store().append_audit(world.event(tenant.id)).await.unwrap();
    }
    let all = chain_of(world.store(), tenant.id).await;
    assert_eq!(all.len(), 25);
    for after in [0, 1, 12, 24, 25, 26, u64::from(u32::MAX) + 1, i64::MAX as u64, u64::MAX] {
        for limit in [1, 2, 24, 25, 26, u32::MAX] {
            let skipped = all.iter().filter(|entry| entry.seq > after);
            let expected: Vec<_> = skipped.take(usize::try_from(limit).unwrap()).cloned().collect();
            let entries = world.store().audit_after(tenant.id, after, limit).await.unwrap();
            assert_eq!(entries, expected, "after {after}, at most {limit}");
        }
    }
}

pub(super) async fn the_list_has_entries_as_they_stand_in_the_chain(world: &mut World) {
    write_everything(world).await;
    let query = AuditQuery::new(Reach::AllTenants);
    let page = world.store().audit(&query).await.unwrap();
    assert_eq!(page.items.len(), 20);
    for entry in page.items {
        let seq = entry.seq - 1;
        let chained = world.store().audit_after(entry.event.tenant_id, seq, 1).await.unwrap();
        assert_eq!(chained, [entry]);
    }
}
