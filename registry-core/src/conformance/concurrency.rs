//! Cases of writers at the same time, of whom one wins.

use std::future::Future;

use tokio::task::JoinSet;

use super::everything::verify_chains;
use super::key::rotated;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::id::TenantId;
use crate::model::server::Server;
use crate::model::text::ServerName;
use crate::store::{StoreError, UniqueField};

/// How many write at the same time.
pub(super) const WRITERS: u32 = 8;
/// How often a race is run.
pub(super) const ROUNDS: u32 = 10;

/// Runs the writes at the same time; answers with their results.
pub(super) async fn all_at_once<T: Send + 'static>(
    writes: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let mut tasks = JoinSet::new();
    for write in writes {
        tasks.spawn(write);
    }
    tasks.join_all().await
}

/// Runs the writes and, begun after so many of them, another one, all at the same time; answers with their results.
pub(super) async fn one_among<T: Send + 'static, U: Send + 'static>(
    mut writes: Vec<impl Future<Output = T> + Send + 'static>,
    begun_before: u32,
    one: impl Future<Output = U> + Send + 'static,
) -> (Vec<T>, U) {
    let later = writes.split_off(writes.len().min(begun_before as usize));
    let mut tasks = JoinSet::new();
    for write in writes {
        tasks.spawn(write);
    }
    let one = tokio::spawn(one);
    for write in later {
        tasks.spawn(write);
    }
    (tasks.join_all().await, one.await.unwrap())
}

/// Checks that one writer won and that each other got `expected`.
pub(super) fn one_winner(results: &[Result<(), StoreError>], expected: impl Fn(&StoreError) -> bool) {
    let winners = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(winners, 1, "{results:?}");
    assert!(results.iter().all(|result| result.as_ref().err().is_none_or(&expected)), "{results:?}");
}

pub(super) fn is_conflict(field: UniqueField) -> impl Fn(&StoreError) -> bool {
    move |error| matches!(error, StoreError::Conflict(found) if *found == field)
}

pub(super) async fn one_of_many_gets_a_tenants_name(world: &mut World) {
    for round in 0..ROUNDS {
        let writes = (0..WRITERS).map(|_| {
            let tenant = sample::tenant(&*world.clock, &format!("Acme {round}"));
            let (store, event) = (world.handle(), world.event(TenantId::SYSTEM));
            async move { store.create_tenant(&tenant, event).await }
        });
        one_winner(&all_at_once(writes).await, is_conflict(UniqueField::TenantName));
    }
    let head = world.store().audit_head(TenantId::SYSTEM).await.unwrap();
    assert_eq!(head.seq, u64::from(ROUNDS), "only winners are in the chain");
}

pub(super) async fn one_of_many_gets_a_users_name(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    for round in 0..ROUNDS {
        let writes = (0..WRITERS).map(|_| {
            let user = sample::user(&*world.clock, &tenant, &format!("ada-{round}"));
            let (store, event) = (world.handle(), world.event(tenant.id));
            async move { store.create_user(&user, None, event).await }
        });
        one_winner(&all_at_once(writes).await, is_conflict(UniqueField::UserName));
    }
}

pub(super) async fn one_of_many_gets_a_servers_name(world: &mut World) {
    let owner = world.make_owner("acme").await;
    for round in 0..ROUNDS {
        for tenant_id in [Some(owner.tenant_id), None] {
            let writes = (0..WRITERS).map(|_| {
                let server = sample::server(&*world.clock, &owner, &format!("Weather {round}"));
                let (server, store) = (Server { tenant_id, ..server }, world.handle());
                let event = world.event(owner.tenant_id);
                async move { store.create_server(&server, None, event).await }
            });
            one_winner(&all_at_once(writes).await, is_conflict(UniqueField::ServerName));
        }
    }
}

pub(super) async fn one_of_many_gets_a_digest(world: &mut World) {
    let owner = world.make_owner("acme").await;
    for _ in 0..ROUNDS {
        let digest = sample::key(&*world.clock, &owner, "wanted").digest;
        let writes = (0..WRITERS).map(|_| {
            let mut key = sample::key(&*world.clock, &owner, "one");
            key.digest = digest;
            let (store, event) = (world.handle(), world.event(owner.tenant_id));
            async move { store.create_key(&key, event).await }
        });
        one_winner(&all_at_once(writes).await, is_conflict(UniqueField::KeyDigest));
        assert!(world.store().key_by_digest(&digest).await.unwrap().is_some());
    }
}

pub(super) async fn one_of_many_updates_a_revision(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    for revision in 1..=u64::from(ROUNDS) {
        let writes = (0..WRITERS).map(|writer| {
            let name = ServerName::parse(&format!("Weather {revision} {writer}")).unwrap();
            let changed = Server { name, revision: revision + 1, ..server.clone() };
            let (store, event) = (world.handle(), world.event(owner.tenant_id));
            async move { store.update_server(&changed, revision, event).await }
        });
        one_winner(&all_at_once(writes).await, |error| matches!(error, StoreError::Stale));
    }
    let found = world.store().server(Reach::AllTenants, server.id).await.unwrap().unwrap();
    let by_slug = world.store().server_by_slug(server.tenant_id, &found.name.slug()).await.unwrap();
    assert_eq!((found.revision, by_slug.unwrap()), (u64::from(ROUNDS) + 1, found));
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn one_of_many_rotates_a_key(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let mut key = world.make_key(&owner, "ci").await;
    for _ in 0..ROUNDS {
        let rotations: Vec<_> = (0..WRITERS).map(|_| rotated(&*world.clock, &key)).collect();
        let writes = rotations.iter().map(|key| {
            let (store, event) = (world.handle(), world.event(owner.tenant_id));
            let key = key.clone();
            async move { store.update_key(&key, key.revision - 1, event).await }
        });
        one_winner(&all_at_once(writes).await, |error| matches!(error, StoreError::Stale));
        let now = world.store().key(Reach::AllTenants, key.id).await.unwrap().unwrap();
        for rotation in rotations {
            let found = world.store().key_by_digest(&rotation.digest).await.unwrap();
            let expected = (rotation.digest == now.digest).then(|| now.clone());
            assert_eq!(found.map(|holder| holder.key), expected, "losers leave no digest behind");
        }
        key = now;
    }
}

pub(super) async fn one_of_many_renames_a_server_to_a_name(world: &mut World) {
    let owner = world.make_owner("acme").await;
    for round in 0..ROUNDS {
        let mut servers = Vec::new();
        for number in 0..WRITERS {
            servers.push(world.make_server(&owner, &format!("Server {round} {number}")).await);
        }
        let writes = servers.into_iter().map(|server| {
            let name = ServerName::parse(&format!("Wanted {round}")).unwrap();
            let (changed, store) = (Server { name, revision: 2, ..server }, world.handle());
            let event = world.event(owner.tenant_id);
            async move { store.update_server(&changed, 1, event).await }
        });
        one_winner(&all_at_once(writes).await, is_conflict(UniqueField::ServerName));
    }
}

pub(super) async fn one_of_many_removes_a_server(world: &mut World) {
    let owner = world.make_owner("acme").await;
    for _ in 0..ROUNDS {
        let server = world.make_server(&owner, "Weather").await;
        let writes = (0..WRITERS).map(|_| {
            let (store, now) = (world.handle(), world.clock.now());
            let (tenant_id, id) = (server.tenant_id, server.id);
            let event = world.event(owner.tenant_id);
            async move { store.delete_server(tenant_id, id, 1, now, event).await.map(drop) }
        });
        one_winner(&all_at_once(writes).await, |error| matches!(error, StoreError::Missing));
    }
    verify_chains(world.store()).await.unwrap();
}
