//! Cases of live events: their order, reading on, and forgetting.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::concurrency::WRITERS;
use super::everything::{chain_of, verify_chains};
use super::mixture::write_everything;
use super::world::World;
use crate::clock::Clock;
use crate::model::audit::AuditEvent;
use crate::model::event::{EventBounds, LiveEvent, StoredEvent};
use crate::model::id::TenantId;
use crate::store::Store;

/// How many entries each writer appends.
const WRITES: u32 = 20;
/// How long who waits for a signal waits at most: it is a hint.
const POLL: Duration = Duration::from_millis(100);
/// How long a signal may take where nobody else is at work.
const PATIENCE: Duration = Duration::from_secs(10);

/// All events, a few at a time.
pub(super) async fn all_events(store: &dyn Store) -> Vec<StoredEvent> {
    let first = store.event_bounds().await.unwrap().first;
    let mut events: Vec<StoredEvent> = Vec::new();
    loop {
        let position = events.last().map_or(first - 1, |last| last.position);
        let more = store.events_after(position, 7).await.unwrap();
        if more.is_empty() {
            return events;
        }
        events.extend(more);
    }
}

pub(super) fn positions(events: &[StoredEvent]) -> Vec<u64> {
    events.iter().map(|stored| stored.position).collect()
}

pub(super) async fn every_entry_brings_its_event_in_order(world: &mut World) {
    assert_eq!(world.store().event_bounds().await.unwrap(), EventBounds { first: 1, last: 0 });
    assert_eq!(world.store().events_after(0, 10).await.unwrap(), []);
    write_everything(world).await;
    let (events, mut last) = (all_events(world.store()).await, 0);
    for tenant_id in world.store().audit_chains().await.unwrap() {
        let chain = chain_of(world.store(), tenant_id).await;
        let expected: Vec<_> = chain.iter().map(|entry| LiveEvent::of(&entry.event)).collect();
        let told = events.iter().map(|stored| stored.event.clone());
        assert_eq!(told.filter(|event| event.tenant_id == tenant_id).collect::<Vec<_>>(), expected);
        last += chain.len() as u64;
    }
    assert_eq!(positions(&events), (1..=last).collect::<Vec<_>>());
    assert_eq!(world.store().event_bounds().await.unwrap(), EventBounds { first: 1, last });
    assert!(events.iter().all(|stored| !stored.is_foreign), "this process wrote them all");
}

pub(super) async fn they_are_read_on_from_any_position(world: &mut World) {
    for _ in 0..9 {
        world.store().append_audit(world.event(TenantId::SYSTEM)).await.unwrap();
    }
    let all = all_events(world.store()).await;
    for position in 0..10 {
        for limit in [0, 1, 4, 100] {
            let read = world.store().events_after(position, limit).await.unwrap();
            let expected = all.iter().filter(|stored| stored.position > position).take(limit as usize);
            assert_eq!(read, expected.cloned().collect::<Vec<_>>(), "{limit} after {position}");
        }
    }
    assert_eq!(world.store().events_after(u64::MAX, 5).await.unwrap(), []);
    let beyond = u64::MAX - 1;
    assert_eq!(world.store().events_after(beyond, 5).await.unwrap(), []);
}

/// Appends entries one after the other; answers with their ids.
async fn append(world: &World, tenant_id: TenantId, tasks: &mut JoinSet<()>) -> Vec<uuid::Uuid> {
    let events: Vec<AuditEvent> = (0..WRITES).map(|_| world.event(tenant_id)).collect();
    let ids = events.iter().map(|event| event.id).collect();
    let store = world.handle();
    tasks.spawn(async move {
        for event in events {
            store.append_audit(event).await.unwrap();
        }
    });
    ids
}

pub(super) async fn who_tails_them_misses_nothing_beside_many_writers(world: &mut World) {
    let tenants = [world.make_tenant("acme").await, world.make_tenant("globex").await];
    let begin = world.store().event_bounds().await.unwrap().last;
    let mut signal = world.store().event_signal().listen();
    let (mut tasks, mut chains) = (JoinSet::new(), Vec::new());
    for writer in 0..WRITERS {
        let tenant = &tenants[writer as usize % tenants.len()];
        chains.push(append(world, tenant.id, &mut tasks).await);
    }
    let mut seen: Vec<StoredEvent> = Vec::new();
    while seen.len() < (WRITERS * WRITES) as usize {
        let position = seen.last().map_or(begin, |last| last.position);
        let more = world.store().events_after(position, 16).await.unwrap();
        if more.is_empty() {
            let _ = timeout(POLL, signal.changed()).await;
        }
        seen.extend(more);
    }
    tasks.join_all().await;
    let last = begin + u64::from(WRITERS * WRITES);
    assert_eq!(positions(&seen), (begin + 1..=last).collect::<Vec<_>>(), "in order, and without gaps");
    let ids: BTreeSet<_> = seen.iter().map(|stored| stored.event.id).collect();
    assert_eq!(ids, chains.iter().flatten().copied().collect(), "each of them once");
    for chain in chains {
        let told = seen.iter().map(|stored| stored.event.id).filter(|id| chain.contains(id));
        assert_eq!(told.collect::<Vec<_>>(), chain, "in the order of who wrote them");
    }
    for tenant in tenants {
        let chain = chain_of(world.store(), tenant.id).await;
        let chain = chain.iter().map(|entry| entry.event.id).filter(|id| ids.contains(id));
        let told = seen.iter().filter(|stored| stored.event.tenant_id == tenant.id);
        assert_eq!(told.map(|stored| stored.event.id).collect::<Vec<_>>(), chain.collect::<Vec<_>>());
    }
}

pub(super) async fn a_write_wakes_who_waits(world: &mut World) {
    for _ in 0..3 {
        let last = world.store().event_bounds().await.unwrap().last;
        let mut signal = world.store().event_signal().listen();
        world.store().append_audit(world.event(TenantId::SYSTEM)).await.unwrap();
        timeout(PATIENCE, signal.changed()).await.unwrap().unwrap();
        assert_eq!(positions(&world.store().events_after(last, 5).await.unwrap()), [last + 1]);
    }
}

/// Appends so many entries, each a minute later than the one before; answers with them.
pub(super) async fn minutes(world: &World, number: i32) -> Vec<AuditEvent> {
    let begin = world.clock.now();
    let at = |minute: i32| begin + TimeDelta::minutes(minute.into());
    let events =
        (0..number).map(|minute| AuditEvent { timestamp: at(minute), ..world.event(TenantId::SYSTEM) });
    let events: Vec<_> = events.collect();
    for event in &events {
        world.store().append_audit(event.clone()).await.unwrap();
    }
    events
}

pub(super) async fn old_ones_are_forgotten(world: &mut World) {
    let events = minutes(world, 10).await;
    let store = world.store();
    let before = events[4].timestamp;
    assert_eq!(store.prune_events(before, 100, 3).await.unwrap(), 3, "not more than was asked for");
    assert_eq!(store.event_bounds().await.unwrap(), EventBounds { first: 4, last: 10 });
    assert_eq!(store.prune_events(before, 100, 3).await.unwrap(), 1, "that time itself stays");
    assert_eq!(store.prune_events(before, 100, 3).await.unwrap(), 0);
    assert_eq!(positions(&store.events_after(0, 100).await.unwrap()), (5..=10).collect::<Vec<_>>());
    assert_eq!(positions(&store.events_after(6, 2).await.unwrap()), [7, 8]);
    assert_eq!(store.event_bounds().await.unwrap(), EventBounds { first: 5, last: 10 });
}

pub(super) async fn the_newest_are_kept(world: &mut World) {
    let events = minutes(world, 10).await;
    let store = world.store();
    let long_ago = events[0].timestamp - TimeDelta::days(1);
    assert_eq!(store.prune_events(long_ago, 10, 100).await.unwrap(), 0);
    assert_eq!(store.prune_events(long_ago, u64::MAX, 100).await.unwrap(), 0);
    assert_eq!(store.prune_events(long_ago, 4, 100).await.unwrap(), 6);
    assert_eq!(positions(&all_events(store).await), [7, 8, 9, 10]);
    assert_eq!(store.prune_events(long_ago, 0, 100).await.unwrap(), 4);
    assert_eq!(store.event_bounds().await.unwrap(), EventBounds { first: 11, last: 10 });
    store.append_audit(world.event(TenantId::SYSTEM)).await.unwrap();
    assert_eq!(positions(&all_events(store).await), [11], "no position is given twice");
    let chain = verify_chains(store).await.unwrap();
    assert_eq!(chain[0].seq, 11, "the audit log forgets nothing");
}
