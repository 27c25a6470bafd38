//! Cases of the queue of servers that are to be checked.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::concurrency::all_at_once;
use super::sample;
use super::world::World;
use crate::clock::Timestamp;
use crate::model::endpoint::{Endpoint, Transport};
use crate::model::health::CheckStatus;
use crate::model::id::{ServerId, TenantId};
use crate::model::server::{Server, ServerStatus};
use crate::model::watch::{Claim, LEASE, Lease};

/// Long after every server of a case is due.
pub(super) fn late() -> Timestamp {
    sample::at_us(1_900_000_000_000_000)
}

pub(super) async fn claim(world: &World, now: Timestamp, limit: u32) -> Vec<Claim> {
    world.store().claim_due(now, now + LEASE, limit).await.unwrap()
}

pub(super) fn ids(claims: &[Claim]) -> Vec<ServerId> {
    claims.iter().map(|claim| claim.server.id).collect()
}

async fn update(world: &World, server: &mut Server) {
    server.revision += 1;
    let chain = server.tenant_id.unwrap_or(TenantId::SYSTEM);
    world.store().update_server(server, server.revision - 1, world.event(chain)).await.unwrap();
}

/// Servers of two tenants and of none, in the order in which they are due.
pub(super) async fn watched(world: &World) -> Vec<Server> {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let mut servers = Vec::new();
    for number in 0..12 {
        let owner = if number % 2 == 0 { &owner } else { &other };
        let mut server = sample::server(&*world.clock, owner, &format!("s{number}"));
        server.tenant_id = server.tenant_id.filter(|_| number % 5 != 0);
        world.put_server(&server).await;
        servers.push(server);
    }
    servers.sort_by_key(|server| (server.next_due(server.created_at), server.id));
    servers
}

pub(super) async fn a_server_is_due_at_its_moment_and_not_before(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let due_at = server.next_due(server.created_at);
    assert_eq!(world.store().earliest_due().await.unwrap(), Some(due_at));
    assert_eq!(claim(world, due_at - TimeDelta::microseconds(1), 10).await, []);
    let lease = Lease { due_at, claimed_at: due_at, until: due_at + LEASE };
    assert_eq!(claim(world, due_at, 10).await, [Claim { server, lease }]);
}

pub(super) async fn what_is_due_for_longest_comes_first_in_every_tenant(world: &mut World) {
    let servers = watched(world).await;
    let (mut claimed, mut round) = (Vec::new(), 0);
    while claimed.len() < servers.len() {
        claimed.extend(ids(&claim(world, late(), 5).await));
        round += 1;
    }
    assert_eq!(claimed, servers.iter().map(|server| server.id).collect::<Vec<_>>());
    assert_eq!(round, 3);
    assert_eq!(claim(world, late(), 0).await, []);
}

pub(super) async fn only_watched_servers_are_due(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut unasked = sample::server(&*world.clock, &owner, "unasked");
    unasked.health_policy.auto = false;
    world.put_server(&unasked).await;
    let mut watched = Vec::new();
    for status in ServerStatus::ALL {
        let server = sample::server(&*world.clock, &owner, status.as_str());
        world.put_server(&Server { status: *status, ..server.clone() }).await;
        if matches!(status, ServerStatus::Active | ServerStatus::Error) {
            watched.push(server.id);
        }
    }
    let mut claimed = ids(&claim(world, late(), 10).await);
    claimed.sort_unstable();
    assert_eq!(claimed, watched);
}

pub(super) async fn a_claim_holds_until_its_end(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let (now, due_at) = (late(), server.next_due(server.created_at));
    assert_eq!(claim(world, now, 10).await.len(), 1);
    assert_eq!(world.store().earliest_due().await.unwrap(), Some(now + LEASE));
    assert_eq!(claim(world, now + LEASE - TimeDelta::microseconds(1), 10).await, []);
    let lease = Lease { due_at, claimed_at: now + LEASE, until: now + LEASE + LEASE };
    assert_eq!(claim(world, now + LEASE, 10).await, [Claim { server, lease }]);
}

pub(super) async fn a_recorded_check_puts_the_server_at_its_next_moment(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let now = late();
    let lease = claim(world, now, 10).await[0].lease;
    let mut check = sample::check(&*world.clock, &server, CheckStatus::Timeout);
    check.performed_at = now + TimeDelta::seconds(3);
    world.store().record_health(&sample::claimed(&check, lease)).await.unwrap();
    let next = server.next_due(now);
    assert_eq!(world.store().earliest_due().await.unwrap(), Some(next));
    assert_eq!(claim(world, next - TimeDelta::microseconds(1), 10).await, []);
    let claims = claim(world, next, 10).await;
    assert_eq!((ids(&claims), claims[0].lease.due_at), (vec![server.id], next));
    assert_eq!(claims[0].server.health.consecutive_failures, 1, "the server is as it is now");
}

pub(super) async fn a_check_without_a_claim_leaves_the_queue_alone(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let check = sample::check(&*world.clock, &server, CheckStatus::Healthy);
    world.store().record_health(&sample::record(&check)).await.unwrap();
    let due = world.store().earliest_due().await.unwrap();
    assert_eq!(due, Some(server.next_due(server.created_at)));
}

pub(super) async fn a_claim_that_ended_does_not_end_the_one_after_it(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut server = world.make_server(&owner, "Weather").await;
    let lost = claim(world, late(), 1).await[0].lease;
    server.endpoint = Endpoint::parse(Transport::Http, "https://elsewhere.example.com/mcp").unwrap();
    update(world, &mut server).await;
    let check = sample::check(&*world.clock, &server, CheckStatus::Healthy);
    world.store().record_health(&sample::claimed(&check, lost)).await.unwrap();
    assert_eq!(world.store().earliest_due().await.unwrap(), Some(server.updated_at), "it is due at once");
    assert_eq!(claim(world, server.updated_at, 1).await.len(), 1);
}

pub(super) async fn claims_given_back_are_due_again(world: &mut World) {
    let servers = watched(world).await;
    let claims = claim(world, late(), 100).await;
    let given: Vec<_> = claims[..5].iter().map(|claim| (claim.server.id, claim.lease)).collect();
    world.store().release_claims(&given).await.unwrap();
    let again = claim(world, late(), 100).await;
    assert_eq!(ids(&again), servers[..5].iter().map(|server| server.id).collect::<Vec<_>>());
    assert!(again.iter().zip(&claims).all(|(again, first)| again.lease.due_at == first.lease.due_at));
    let stale = Lease { until: late() + TimeDelta::days(1), ..again[0].lease };
    world.store().release_claims(&[(again[0].server.id, stale)]).await.unwrap();
    assert_eq!(claim(world, late(), 100).await, [], "a claim is given back by who holds it");
}

pub(super) async fn changes_keep_the_queue_in_step(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut server = world.make_server(&owner, "Weather").await;
    let earliest = async || world.store().earliest_due().await.unwrap();
    let first = earliest().await;
    (server.updated_at, server.category) = (late(), None);
    update(world, &mut server).await;
    assert_eq!(earliest().await, first, "another change moves nothing");
    server.health_policy.interval_seconds = 3_600;
    update(world, &mut server).await;
    assert_eq!(earliest().await, Some(server.next_due(late())));
    server.status = ServerStatus::Maintenance;
    update(world, &mut server).await;
    assert_eq!(earliest().await, None);
    (server.status, server.updated_at) = (ServerStatus::Active, late() + TimeDelta::days(1));
    update(world, &mut server).await;
    assert_eq!(earliest().await, Some(server.updated_at), "what is switched on is checked at once");
    let event = world.event(owner.tenant_id);
    let (tenant, revision) = (server.tenant_id, server.revision);
    world.store().delete_server(tenant, server.id, revision, late(), event).await.unwrap();
    assert_eq!(earliest().await, None);
    assert_eq!(claim(world, late() + TimeDelta::days(9), 10).await, []);
}

pub(super) async fn a_write_that_fails_leaves_the_queue_alone(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let due = world.store().earliest_due().await.unwrap();
    let off = Server { status: ServerStatus::Inactive, revision: 8, ..server.clone() };
    world.store().update_server(&off, 7, world.event(owner.tenant_id)).await.unwrap_err();
    let again = sample::server(&*world.clock, &owner, "weather");
    world.store().create_server(&again, None, world.event(owner.tenant_id)).await.unwrap_err();
    assert_eq!(world.store().earliest_due().await.unwrap(), due);
    assert_eq!(claim(world, late(), 10).await.len(), 1);
}

pub(super) async fn claims_at_the_same_time_share_the_servers(world: &mut World) {
    let owner = world.make_owner("acme").await;
    for number in 0..60 {
        world.make_server(&owner, &format!("s{number}")).await;
    }
    let claimers = (0..8).map(|_| {
        let store = world.handle();
        async move {
            let mut claimed = Vec::new();
            loop {
                let claims = store.claim_due(late(), late() + LEASE, 3).await.unwrap();
                if claims.is_empty() {
                    return claimed;
                }
                claimed.extend(ids(&claims));
            }
        }
    });
    let mut claimed: Vec<_> = all_at_once(claimers).await.into_iter().flatten().collect();
    // Who finds that all the rest is being claimed goes home, and the claimer may go home as well.
    claimed.extend(ids(&claim(world, late(), 100).await));
    assert_eq!(claimed.len(), 60);
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), 60, "each once");
}
