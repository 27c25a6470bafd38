//! Cases of different operations on users and tenants at the same time.

use super::concurrency::{ROUNDS, WRITERS, all_at_once, one_among};
use super::everything::{chain_of, verify_chains};
use super::key::rotated;
use super::last_admin::{Blow, tenant_of};
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::model::key::{ApiKey, KeyQuery};
use crate::model::server::{Server, ServerQuery};
use crate::model::tenant::Tenant;
use crate::model::user::{User, UserQuery};
use crate::store::StoreError;

/// Whether a write that needed the record was too late; what else goes wrong is a failure.
fn came_too_late(result: Result<(), StoreError>) -> bool {
    match result {
        Ok(()) => false,
        Err(StoreError::Missing) => true,
        Err(error) => panic!("{error:?}"),
    }
}

/// Whether a removal was refused for what was written meanwhile.
fn was_in_the_way(result: Result<(), StoreError>) -> bool {
    match result {
        Ok(()) => false,
        Err(StoreError::InUse(_)) => true,
        Err(error) => panic!("{error:?}"),
    }
}

/// Strikes all of the acting administrators at the same time; the one who holds out.
async fn battle(world: &World, blows: impl IntoIterator<Item = (Blow, User)>) -> User {
    let mut writes = Vec::new();
    for (blow, admin) in blows {
        let (store, event) = (world.handle(), world.event(admin.tenant_id));
        let tenant = tenant_of(world, &admin).await;
        writes.push(async move { (blow.fall(&*store, &admin, &tenant, event).await, admin) });
    }
    let mut left = Vec::new();
    for (result, admin) in all_at_once(writes).await {
        if let Err(error) = result {
            assert!(matches!(error, StoreError::LastAdmin), "{error:?}");
            left.push(admin);
        }
    }
    assert_eq!(left.len(), 1, "one holds out: {left:?}");
    let last = left.remove(0);
    assert_eq!(
        world.store().user(Reach::Tenant(last.tenant_id), last.id).await.unwrap().as_ref(),
        Some(&last)
    );
    assert!(!tenant_of(world, &last).await.disabled);
    last
}

pub(super) async fn administrators_who_end_each_other_leave_one(world: &mut World) {
    let mut last = world.make_admin("first").await;
    for round in 0..ROUNDS as usize {
        let mut admins = vec![last];
        for number in 0..4 {
            admins.push(world.make_admin(&format!("tenant {round} {number}")).await);
        }
        let blows = Blow::ALL.into_iter().cycle().skip(round);
        last = battle(world, blows.zip(admins)).await;
    }
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn two_administrators_of_a_tenant_never_both_go(world: &mut World) {
    let mut last = world.make_admin("admins").await;
    for (round, blow) in Blow::ALL.into_iter().cycle().take(2 * ROUNDS as usize).enumerate() {
        let tenant = tenant_of(world, &last).await;
        let second = sample::admin(&*world.clock, &tenant, &format!("admin-{round}"));
        world.put_user(&second, None).await;
        last = battle(world, [(Blow::Remove, last), (blow, second)]).await;
    }
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn a_removed_user_never_leaves_a_session_behind(world: &mut World) {
    let user = world.make_owner("acme").await;
    for round in 0..ROUNDS {
        let (store, event) = (world.handle(), world.event(user.tenant_id));
        let (tenant_id, id) = (user.tenant_id, user.id);
        let removal = async move { store.delete_user(tenant_id, id, 1, event).await };
        let writes = (0..WRITERS).map(|_| {
            let session = sample::session(&*world.clock, &user);
            let (store, event) = (world.handle(), world.event(tenant_id));
            async move { (store.create_session(&session, event).await, session) }
        });
        let (written, removed) = one_among(writes.collect(), round, removal).await;
        removed.unwrap();
        world.put_user(&user, None).await;
        for (result, session) in written {
            came_too_late(result);
            let found = world.store().session_by_digest(&session.digest).await.unwrap();
            assert_eq!(found, None);
        }
        assert_eq!(world.store().sessions(tenant_id, id).await.unwrap(), []);
    }
}

pub(super) async fn a_removed_user_never_leaves_an_active_key_behind(world: &mut World) {
    for round in 0..ROUNDS {
        let user = world.make_owner(&format!("tenant {round}")).await;
        let (tenant_id, id) = (user.tenant_id, user.id);
        let mut keys = Vec::new();
        for number in 0..WRITERS {
            keys.push(world.make_key(&user, &format!("key {number}")).await);
        }
        let (store, event) = (world.handle(), world.event(tenant_id));
        let removal = async move { store.delete_user(tenant_id, id, 1, event).await };
        let writes = keys.into_iter().map(|key| {
            let (new, rotated) = (sample::key(&*world.clock, &user, "new"), rotated(&*world.clock, &key));
            let (store, events) = (world.handle(), [world.event(tenant_id), world.event(tenant_id)]);
            async move {
                let [first, second] = events;
                let is_late = came_too_late(store.create_key(&new, first).await);
                match store.update_key(&rotated, 1, second).await {
                    Ok(()) | Err(StoreError::Stale) => {}
                    Err(error) => panic!("{error:?}"),
                }
                (is_late, new)
            }
        });
        let (written, removed) = one_among(writes.collect(), round, removal).await;
        removed.unwrap();
        for (is_late, key) in written {
            let found = world.store().key(Reach::AllTenants, key.id).await.unwrap();
            assert_eq!(found.is_none(), is_late);
        }
        check_revoked(world, &user).await;
    }
}

/// Checks that all keys of a removed user are revoked, and listed in the entry.
async fn check_revoked(world: &World, user: &User) {
    let query = KeyQuery { owner_id: Some(user.id), ..KeyQuery::new(Reach::AllTenants) };
    let keys = world.store().keys(&query).await.unwrap().items;
    let mut ids: Vec<_> = keys.iter().map(|key| serde_json::json!(key.id)).collect();
    ids.sort_by_key(ToString::to_string);
    for ApiKey { revoked_at, digest, .. } in keys {
        assert!(revoked_at.is_some());
        assert_eq!(world.store().key_by_digest(&digest).await.unwrap(), None);
    }
    let chain = chain_of(world.store(), user.tenant_id).await;
    let listed: Vec<_> = chain.iter().filter_map(|entry| entry.event.metadata.get("revokedKeys")).collect();
    assert_eq!(listed, [&serde_json::Value::from(ids)]);
}

pub(super) async fn a_server_never_loses_its_owner(world: &mut World) {
    for round in 0..ROUNDS {
        let user = world.make_owner(&format!("tenant {round}")).await;
        let (tenant_id, id) = (user.tenant_id, user.id);
        let (store, event) = (world.handle(), world.event(tenant_id));
        let removal = async move { store.delete_user(tenant_id, id, 1, event).await };
        let writes = (0..WRITERS).map(|number| {
            let server = sample::server(&*world.clock, &user, &format!("Server {round} {number}"));
            let server = Server { tenant_id: (number % 2 == 0).then_some(tenant_id), ..server };
            let (store, event) = (world.handle(), world.event(tenant_id));
            async move { came_too_late(store.create_server(&server, None, event).await) }
        });
        let (too_late, removed) = one_among(writes.collect(), round, removal).await;
        let in_the_way = was_in_the_way(removed);
        let found = world.store().user(Reach::Tenant(tenant_id), id).await.unwrap();
        assert_eq!(found.is_some(), in_the_way);
        assert!(in_the_way || too_late.iter().all(|late| *late), "servers without an owner: {too_late:?}");
    }
}

pub(super) async fn a_removed_tenant_leaves_no_user_and_no_server_behind(world: &mut World) {
    let elsewhere = world.make_owner("elsewhere").await;
    for round in 0..ROUNDS {
        let tenant = world.make_tenant(&format!("tenant {round}")).await;
        let (store, event, id) = (world.handle(), world.event(tenant.id), tenant.id);
        let removal = async move { store.delete_tenant(id, 1, event).await };
        let writes = (0..WRITERS).map(|number| {
            let user = sample::user(&*world.clock, &tenant, &format!("user-{number}"));
            let server = sample::server(&*world.clock, &elsewhere, &format!("Server {number}"));
            let server = Server { tenant_id: Some(tenant.id), ..server };
            let (store, event) = (world.handle(), world.event(tenant.id));
            async move {
                came_too_late(match round % 2 {
                    0 => store.create_user(&user, None, event).await,
                    _ => store.create_server(&server, None, event).await,
                })
            }
        });
        let (too_late, removed) = one_among(writes.collect(), round, removal).await;
        let in_the_way = was_in_the_way(removed);
        assert!(in_the_way || too_late.iter().all(|late| *late), "{too_late:?}");
        check_stragglers(world, &tenant, too_late.iter().filter(|late| !**late).count()).await;
    }
}

/// Checks that so many users and servers of the tenant are there.
async fn check_stragglers(world: &World, tenant: &Tenant, expected: usize) {
    let (id, reach) = (Some(tenant.id), Reach::AllTenants);
    let users = world.store().users(&UserQuery { tenant_id: id, ..UserQuery::new(reach) }).await.unwrap();
    let servers =
        world.store().servers(&ServerQuery { tenant_id: id, ..ServerQuery::new(reach) }).await.unwrap();
    assert_eq!(users.total + servers.total, expected as u64);
}
