//! Cases of the removal of users, and of what goes with them.

use chrono::TimeDelta;
use serde_json::json;

use super::account::all_users;
use super::check::refused;
use super::everything::chain_of;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::audit::EventType;
use crate::model::id::{ApiKeyId, TenantId, UserId};
use crate::model::key::ApiKey;
use crate::model::server::Server;
use crate::model::user::User;
use crate::store::StoreError;

async fn key(world: &World, id: ApiKeyId) -> ApiKey {
    world.store().key(Reach::AllTenants, id).await.unwrap().unwrap()
}

pub(super) async fn a_removed_user_is_gone_and_its_name_free(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let kept = world.make_user(&tenant, "kept").await;
    for round in 0..3 {
        let user = world.make_user(&tenant, "ada").await;
        world.delete_user(&user).await.unwrap();
        assert_eq!(
            world.store().user(Reach::Tenant(tenant.id), user.id).await.unwrap(),
            None,
            "round {round}"
        );
        assert_eq!(world.store().user_by_name_key(tenant.id, "ada").await.unwrap(), None);
        assert_eq!(world.store().users_named("ada", 10).await.unwrap(), []);
        assert_eq!(all_users(world.store()).await, std::slice::from_ref(&kept));
    }
    assert!(world.store().has_users().await.unwrap());
    world.delete_user(&kept).await.unwrap();
    assert!(!world.store().has_users().await.unwrap());
}

pub(super) async fn removal_needs_the_user_its_tenant_and_its_revision(world: &mut World) {
    let (user, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    world.make_session(&user).await;
    world.make_key(&user, "ci").await;
    let unknown = UserId(user.tenant_id.0);
    let strays = [(user.tenant_id, unknown), (other.tenant_id, user.id), (TenantId::SYSTEM, user.id)];
    for (tenant_id, id) in strays {
        let write = world.store().delete_user(tenant_id, id, 1, world.event(user.tenant_id));
        refused!(world, write, StoreError::Missing);
    }
    for revision in [0, 2] {
        refused!(world, world.delete_user(&User { revision, ..user.clone() }), StoreError::Stale);
    }
}

pub(super) async fn removal_revokes_its_active_keys(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let (user, beside) = (world.make_user(&tenant, "ada").await, world.make_user(&tenant, "beside").await);
    let mut keys = Vec::new();
    for number in 0..5 {
        keys.push(world.make_key(&user, &format!("key {number}")).await);
    }
    let made_for = ApiKey { created_by: user.id, ..sample::key(&*world.clock, &beside, "made by ada") };
    world.put_key(&made_for).await;

    let event = sample::event(&*world.clock, tenant.id, EventType::UserDeleted, Some(user.id.0));
    let now = event.timestamp;
    world.store().delete_user(tenant.id, user.id, 1, event.clone()).await.unwrap();

    keys.sort_by_key(|key| key.id);
    for before in &keys {
        let after = key(world, before.id).await;
        let expected = ApiKey { revoked_at: Some(now), updated_at: now, revision: 2, ..before.clone() };
        assert_eq!(after, expected, "revoked at the event's time, and nothing else changed");
        assert_eq!(world.store().key_by_digest(&before.digest).await.unwrap(), None, "it leads nowhere");
    }
    assert_eq!(key(world, made_for.id).await, made_for, "it is another's");
    assert!(world.store().key_by_digest(&made_for.digest).await.unwrap().is_some());
    let entry = chain_of(world.store(), tenant.id).await.pop().unwrap();
    let mut expected = event;
    let ids: Vec<_> = keys.iter().map(|key| key.id).collect();
    expected.metadata.insert("revokedKeys".to_owned(), json!(ids));
    assert_eq!(entry.event, expected, "by id");
}

pub(super) async fn removal_leaves_keys_alone_that_were_not_active(world: &mut World) {
    let user = world.make_owner("acme").await;
    let template = |name| sample::key(&*world.clock, &user, name);
    let event = world.event(user.tenant_id);
    let now = event.timestamp;
    let revoked = ApiKey { revoked_at: Some(world.clock.now()), ..template("revoked") };
    let expired = ApiKey { expires_at: now, ..template("expired") };
    let active = ApiKey { expires_at: now + TimeDelta::microseconds(1), ..template("active") };
    for key in [&revoked, &expired, &active] {
        world.put_key(key).await;
    }
    world.store().delete_user(user.tenant_id, user.id, 1, event).await.unwrap();
    for untouched in [revoked, expired] {
        assert_eq!(key(world, untouched.id).await, untouched);
        assert_eq!(world.store().key_by_digest(&untouched.digest).await.unwrap(), None);
    }
    assert_eq!(key(world, active.id).await.revoked_at, Some(now), "its last microsecond counts");
    let entry = chain_of(world.store(), user.tenant_id).await.pop().unwrap();
    assert_eq!(entry.event.metadata.get("revokedKeys"), Some(&json!([active.id])));
}

pub(super) async fn removal_without_keys_says_so(world: &mut World) {
    let user = world.make_owner("acme").await;
    world.delete_user(&user).await.unwrap();
    let entry = chain_of(world.store(), user.tenant_id).await.pop().unwrap();
    assert_eq!(entry.event.metadata.get("revokedKeys"), Some(&json!([])));
}

pub(super) async fn removal_takes_sessions_and_preferences_along(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let (user, beside) = (world.make_user(&tenant, "ada").await, world.make_user(&tenant, "beside").await);
    let server = world.make_server(&beside, "Weather").await;
    let mut sessions = Vec::new();
    for user in [&user, &user, &beside] {
        sessions.push(world.make_session(user).await);
        world.prefer(user, &[sample::preference(&*world.clock, server.id)]).await.unwrap();
    }
    world.delete_user(&user).await.unwrap();
    for again in [false, true] {
        assert_eq!(world.store().sessions(tenant.id, user.id).await.unwrap(), [], "there again: {again}");
        assert_eq!(world.store().preferences(tenant.id, user.id).await.unwrap(), [], "there again: {again}");
        for session in &sessions[..2] {
            assert_eq!(world.store().session_by_digest(&session.digest).await.unwrap(), None);
        }
        if !again {
            world.put_user(&user, None).await;
        }
    }
    assert_eq!(world.store().sessions(tenant.id, beside.id).await.unwrap(), sessions[2..]);
    assert_eq!(world.store().preferences(tenant.id, beside.id).await.unwrap().len(), 1);
}

pub(super) async fn removal_is_refused_while_it_owns_servers(world: &mut World) {
    let (user, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    world.make_session(&user).await;
    world.make_key(&user, "ci").await;
    for tenant_id in [Some(user.tenant_id), Some(other.tenant_id), None] {
        let server = Server { tenant_id, ..sample::server(&*world.clock, &user, "Weather") };
        world.put_server(&server).await;
        refused!(world, world.delete_user(&user), StoreError::InUse(_));
        let (event, now) = (world.event(user.tenant_id), world.clock.now());
        world.store().delete_server(tenant_id, server.id, 1, now, event).await.unwrap();
    }
    world.make_server(&other, "Weather").await;
    world.delete_user(&user).await.unwrap();
}

pub(super) async fn a_server_handed_over_is_in_its_new_owners_way(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let (user, heir) = (world.make_user(&tenant, "ada").await, world.make_user(&tenant, "heir").await);
    let server = world.make_server(&user, "Weather").await;
    let handed = Server { owner_id: heir.id, revision: 2, ..server };
    world.store().update_server(&handed, 1, world.event(tenant.id)).await.unwrap();
    refused!(world, world.delete_user(&heir), StoreError::InUse(_));
    world.delete_user(&user).await.unwrap();
    assert_eq!(world.store().server(Reach::AllTenants, handed.id).await.unwrap(), Some(handed));
}
