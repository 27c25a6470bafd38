//! Cases of lists of audit entries.

use chrono::TimeDelta;
use uuid::Uuid;

use super::audit::full_event;
use super::everything::chain_of;
use super::page::{all_pages, every_size};
use super::population::Dice;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::{Clock, Timestamp};
use crate::model::audit::{AuditEntry, AuditEvent, AuditQuery, EventType, ResourceType};
use crate::model::id::{TenantId, UserId};

/// When the sample entries are from: seven moments.
const START_US: i64 = 1_700_000_000_000_000;

struct Log {
    tenants: [TenantId; 2],
    actors: [UserId; 2],
    resources: [Uuid; 2],
    entries: Vec<AuditEntry>,
}

/// Entries of two tenants and the system's, written in another order than that of their times.
async fn write(world: &World, size: usize) -> Log {
    let tenants = [world.make_tenant("first").await.id, world.make_tenant("second").await.id];
    let actors = [UserId(world.clock.new_id()), UserId(world.clock.new_id())];
    let resources = [world.clock.new_id(), world.clock.new_id()];
    let mut dice = Dice::new(3);
    for _ in 0..size {
        let tenant_id = dice.pick(&[tenants[0], tenants[1], TenantId::SYSTEM]);
        let event_type = dice.pick(EventType::ALL);
        let sampled = sample::event(&*world.clock, tenant_id, event_type, dice.maybe(&resources));
        let mut event =
            AuditEvent { actor_id: dice.maybe(&actors), timestamp: moment(dice.below(7)), ..sampled };
        event.origin.request_id = dice.maybe(&["req-1", "req-2"]).map(str::to_owned);
        world.store().append_audit(event).await.unwrap();
    }
    let mut entries = Vec::new();
    for tenant_id in world.store().audit_chains().await.unwrap() {
        entries.extend(chain_of(world.store(), tenant_id).await);
    }
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.event.timestamp, entry.event.id)));
    Log { tenants, actors, resources, entries }
}

fn moment(number: usize) -> Timestamp {
    sample::at_us(START_US) + TimeDelta::microseconds(number as i64)
}

impl Log {
    fn expected(&self, query: &AuditQuery) -> Vec<AuditEntry> {
        self.entries.iter().filter(|entry| query.matches(&entry.event)).cloned().collect()
    }

    /// Queries with each filter alone.
    fn queries(&self) -> Vec<AuditQuery> {
        let [first, second] = self.tenants;
        let mut queries = Vec::new();
        for reach in [Reach::AllTenants, Reach::Tenant(first), Reach::Tenant(second)] {
            let all = AuditQuery::new(reach);
            queries.push(all.clone());
            let tenants = [first, second, TenantId::SYSTEM];
            queries.extend(tenants.map(|tenant| AuditQuery { tenant_id: Some(tenant), ..all.clone() }));
            let types = EventType::ALL.iter();
            queries.extend(types.map(|kind| AuditQuery { event_type: Some(*kind), ..all.clone() }));
            queries.extend(self.actors.map(|actor| AuditQuery { actor_id: Some(actor), ..all.clone() }));
            let kinds = ResourceType::ALL.iter();
            queries.extend(kinds.map(|kind| AuditQuery { resource_type: Some(*kind), ..all.clone() }));
            queries.extend(self.resources.map(|id| AuditQuery { resource_id: Some(id), ..all.clone() }));
            let requests = ["req-1", "REQ-1", "req-", "", "%", "req-1\0"].map(|id| Some(id.to_owned()));
            queries.extend(requests.map(|request_id| AuditQuery { request_id, ..all.clone() }));
            queries.extend(windows(&all));
        }
        queries
    }

    fn any_query(&self, dice: &mut Dice) -> AuditQuery {
        let tenants = [self.tenants[0], self.tenants[1], TenantId::SYSTEM];
        let reaches = [Reach::AllTenants, Reach::Tenant(tenants[0]), Reach::Tenant(tenants[1])];
        AuditQuery {
            tenant_id: dice.maybe(&tenants),
            event_type: if dice.below(6) == 0 { Some(dice.pick(EventType::ALL)) } else { None },
            actor_id: dice.maybe(&self.actors),
            resource_type: dice.maybe(ResourceType::ALL),
            resource_id: dice.maybe(&self.resources),
            request_id: dice.maybe(&["req-1", "req-2"]).map(str::to_owned),
            from: dice.maybe(&[0, 1, 2, 3]).map(moment),
            to: dice.maybe(&[2, 4, 6, 7]).map(moment),
            ..AuditQuery::new(dice.pick(&reaches))
        }
    }
}

/// Queries for every span of time between two of the moments, empty and upside-down ones too.
fn windows(all: &AuditQuery) -> Vec<AuditQuery> {
    let edges = || std::iter::once(None).chain((0..9).step_by(2).map(|number| Some(moment(number))));
    let spans = edges().flat_map(|from| edges().map(move |to| (from, to)));
    spans.map(|(from, to)| AuditQuery { from, to, ..all.clone() }).collect()
}

async fn check(world: &World, log: &Log, query: &AuditQuery) {
    let expected = log.expected(query);
    let page = world.store().audit(query).await.unwrap();
    assert_eq!(page.total, u64::try_from(expected.len()).unwrap(), "the total of {query:?}");
    let listed =
        all_pages(async |page| world.store().audit(&AuditQuery { page, ..query.clone() }).await).await;
    assert_eq!(listed, expected, "{query:?}");
}

pub(super) async fn each_filter_alone_answers_what_matches(world: &mut World) {
    let log = write(world, 60).await;
    for query in log.queries() {
        check(world, &log, &query).await;
    }
}

pub(super) async fn filters_together_answer_what_matches_all_of_them(world: &mut World) {
    let log = write(world, 120).await;
    let mut dice = Dice::new(5);
    let mut found = 0;
    for _ in 0..300 {
        let query = log.any_query(&mut dice);
        found += log.expected(&query).len();
        check(world, &log, &query).await;
    }
    assert!(found > 300, "the queries are not all about nothing: {found}");
}

pub(super) async fn pages_of_every_size_make_up_the_list(world: &mut World) {
    let log = write(world, 101).await;
    let query = AuditQuery::new(Reach::AllTenants);
    let read = async |page| world.store().audit(&AuditQuery { page, ..query.clone() }).await;
    every_size(&log.expected(&query), read).await;
}

pub(super) async fn the_systems_entries_are_for_administrators(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let other = world.make_tenant("other").await;
    for tenant_id in [tenant.id, other.id, TenantId::SYSTEM] {
        world.store().append_audit(full_event(&*world.clock, tenant_id)).await.unwrap();
    }
    for chain in [None, Some(tenant.id), Some(other.id), Some(TenantId::SYSTEM)] {
        let query = AuditQuery { tenant_id: chain, ..AuditQuery::new(Reach::Tenant(tenant.id)) };
        let page = world.store().audit(&query).await.unwrap();
        let expected = if chain.is_none_or(|chain| chain == tenant.id) { 2 } else { 0 };
        assert_eq!((page.items.len(), page.total), (expected, expected as u64), "{chain:?}");
        assert!(page.items.iter().all(|entry| entry.event.tenant_id == tenant.id));
    }
}
