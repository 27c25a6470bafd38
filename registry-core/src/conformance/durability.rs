//! Cases of stores that keep their data: what is closed and opened again is the same.

use super::check::{conflict, refused};
use super::concurrency::{WRITERS, all_at_once};
use super::everything::verify_chains;
use super::mixture::write_everything;
use super::population::Population;
use super::sample;
use super::server_list::orders;
use super::world::World;
use crate::access::Reach;
use crate::model::id::TenantId;
use crate::model::server::{Server, ServerQuery};
use crate::store::StoreError;

pub(super) async fn everything_is_there_again(world: &mut World) {
    write_everything(world).await;
    let before = world.everything().await;
    for _ in 0..2 {
        world.reopen().await;
        assert_eq!(world.everything().await, before);
        verify_chains(world.store()).await.unwrap();
    }
}

pub(super) async fn an_empty_store_opens_again_empty(world: &mut World) {
    let before = world.everything().await;
    world.reopen().await;
    assert_eq!(world.everything().await, before);
    assert!(!world.store().has_users().await.unwrap());
}

pub(super) async fn the_chain_goes_on_where_it_ended(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    for number in 2..6 {
        world.reopen().await;
        world.store().append_audit(world.event(tenant.id)).await.unwrap();
        assert_eq!(world.store().audit_head(tenant.id).await.unwrap().seq, number);
    }
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn rules_hold_as_before(world: &mut World) {
    let owner = world.make_owner("Acme").await;
    let key = world.make_key(&owner, "ci").await;
    let server = world.make_server(&owner, "Weather").await;
    world.reopen().await;
    assert!(world.store().has_users().await.unwrap());
    let twin = sample::tenant(&*world.clock, "ＡＣＭＥ");
    refused!(world, world.store().create_tenant(&twin, world.event(TenantId::SYSTEM)), conflict!(TenantName));
    let twin = sample::server(&*world.clock, &owner, "WEATHER");
    let write = world.store().create_server(&twin, None, world.event(owner.tenant_id));
    refused!(world, write, conflict!(ServerName));
    let mut twin = sample::key(&*world.clock, &owner, "twin");
    twin.digest = key.digest;
    refused!(world, world.store().create_key(&twin, world.event(owner.tenant_id)), conflict!(KeyDigest));
    let write = world.store().update_server(&server, 7, world.event(owner.tenant_id));
    refused!(world, write, StoreError::Stale);
    let changed = Server { revision: 2, ..server };
    world.store().update_server(&changed, 1, world.event(owner.tenant_id)).await.unwrap();
}

pub(super) async fn lists_are_as_before(world: &mut World) {
    let population = Population::settle(world, 40).await;
    world.reopen().await;
    for query in population.simple_queries() {
        population.check(world, &query).await;
    }
    for (sort, order) in orders() {
        population.check(world, &ServerQuery { sort, order, ..ServerQuery::new(Reach::AllTenants) }).await;
    }
}

pub(super) async fn what_was_removed_stays_away(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let (event, now) = (world.event(owner.tenant_id), server.created_at);
    world.store().delete_server(server.tenant_id, server.id, 1, now, event).await.unwrap();
    world.reopen().await;
    assert_eq!(world.store().server(Reach::AllTenants, server.id).await.unwrap(), None);
    world.make_server(&owner, "Weather").await;
}

pub(super) async fn what_was_acknowledged_to_many_writers_is_there_again(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let writers = (0..WRITERS).map(|writer| {
        let servers: Vec<_> = (0..10)
            .map(|number| sample::server(&*world.clock, &owner, &format!("Server {writer} {number}")))
            .map(|server| (world.event(owner.tenant_id), server))
            .collect();
        let store = world.handle();
        async move {
            for (event, server) in &servers {
                store.create_server(server, None, event.clone()).await.unwrap();
            }
            servers
        }
    });
    let written = all_at_once(writers).await;
    world.reopen().await;
    for (_, server) in written.into_iter().flatten() {
        let found = world.store().server(Reach::AllTenants, server.id).await.unwrap();
        assert_eq!(found, Some(server));
    }
    let heads = verify_chains(world.store()).await.unwrap();
    assert_eq!(heads.last().unwrap().seq, 2 + u64::from(WRITERS) * 10);
}
