//! Cases of the removal of servers, and of what goes with them.

use chrono::TimeDelta;
use serde_json::json;

use super::check::refused;
use super::everything::{all_changes, chain_of};
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::audit::EventType;
use crate::model::health::CheckStatus;
use crate::model::id::{ApiKeyId, ServerId, TenantId};
use crate::model::key::ApiKey;
use crate::model::page::PageRequest;
use crate::model::period::{Period, Resolution};
use crate::model::server::{Server, ServerQuery};
use crate::model::usage::{Usage, UsageSubject};
use crate::model::user::User;
use crate::store::{DeletedServer, StoreError};

async fn delete(world: &World, server: &Server) -> DeletedServer {
    let chain = server.tenant_id.unwrap_or(TenantId::SYSTEM);
    let event = sample::event(&*world.clock, chain, EventType::ServerDeleted, Some(server.id.0));
    let now = world.clock.now();
    let deleted = world.store().delete_server(server.tenant_id, server.id, server.revision, now, event).await;
    deleted.unwrap()
}

async fn put_linked_key(world: &World, owner: &User, server: &Server, name: &str) -> ApiKey {
    let key = ApiKey { server_id: Some(server.id), ..sample::key(&*world.clock, owner, name) };
    world.put_key(&key).await;
    key
}

async fn key(world: &World, id: ApiKeyId) -> ApiKey {
    world.store().key(Reach::AllTenants, id).await.unwrap().unwrap()
}

pub(super) async fn a_removed_server_is_gone_and_its_name_free(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let kept = world.make_server(&owner, "Kept").await;
    for round in 0..3 {
        let server = world.make_server(&owner, "Weather").await;
        let deleted = delete(world, &server).await;
        assert_eq!(deleted.revoked_keys, [], "round {round}");
        assert_eq!(world.store().server(Reach::AllTenants, server.id).await.unwrap(), None);
        assert_eq!(world.store().server_by_slug(server.tenant_id, "weather").await.unwrap(), None);
        let listed = world.store().servers(&ServerQuery::new(Reach::AllTenants)).await.unwrap();
        assert_eq!((listed.items, listed.total), (vec![kept.clone()], 1));
    }
}

pub(super) async fn a_global_server_can_be_removed(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let own = world.make_server(&owner, "Weather").await;
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &owner, "Weather") };
    world.put_server(&global).await;
    delete(world, &global).await;
    assert_eq!(world.store().server_by_slug(None, "weather").await.unwrap(), None);
    assert_eq!(world.store().server_by_slug(own.tenant_id, "weather").await.unwrap(), Some(own));
}

pub(super) async fn removal_needs_the_server_its_tenant_and_its_revision(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let server = world.make_server(&owner, "Weather").await;
    put_linked_key(world, &owner, &server, "linked").await;
    let (own, now) = (server.tenant_id, world.clock.now());
    let unknown = ServerId(owner.id.0);
    for (tenant_id, id) in [(own, unknown), (Some(other.tenant_id), server.id), (None, server.id)] {
        let write = world.store().delete_server(tenant_id, id, 1, now, world.event(owner.tenant_id));
        refused!(world, write, StoreError::Missing);
    }
    for revision in [0, 2] {
        let event = world.event(owner.tenant_id);
        refused!(world, world.store().delete_server(own, server.id, revision, now, event), StoreError::Stale);
    }
}

pub(super) async fn removal_revokes_the_linked_keys_of_every_tenant(world: &mut World) {
    let (owner, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let public = Server { is_public: true, ..sample::server(&*world.clock, &owner, "Weather") };
    world.put_server(&public).await;
    let beside = world.make_server(&owner, "Beside").await;
    let mut linked = Vec::new();
    for (owner, name) in [(&owner, "one"), (&other, "two"), (&owner, "three")] {
        linked.push(put_linked_key(world, owner, &public, name).await);
    }
    let unlinked = world.make_key(&owner, "unlinked").await;
    let elsewhere = put_linked_key(world, &owner, &beside, "elsewhere").await;

    let event = sample::event(&*world.clock, owner.tenant_id, EventType::ServerDeleted, Some(public.id.0));
    let now = world.clock.now();
    let deleted =
        world.store().delete_server(public.tenant_id, public.id, 1, now, event.clone()).await.unwrap();

    linked.sort_by_key(|key| key.id);
    let ids: Vec<_> = linked.iter().map(|key| key.id).collect();
    assert_eq!(deleted.revoked_keys, ids, "by id");
    for before in linked {
        let after = key(world, before.id).await;
        assert_eq!(after.revoked_at, Some(now));
        assert_eq!((after.revision, after.server_id), (before.revision + 1, Some(public.id)));
        let only = ApiKey { revoked_at: None, revision: 1, updated_at: before.updated_at, ..after.clone() };
        assert_eq!(only, before, "nothing else changed");
        assert_eq!(world.store().key_by_digest(&after.digest).await.unwrap().unwrap().key, after);
    }
    for untouched in [unlinked, elsewhere] {
        assert_eq!(key(world, untouched.id).await, untouched);
    }
    let entry = chain_of(world.store(), owner.tenant_id).await.pop().unwrap();
    let mut expected = event;
    expected.metadata.insert("revokedKeys".to_owned(), json!(ids));
    assert_eq!(entry.event, expected);
}

pub(super) async fn removal_leaves_keys_alone_that_were_not_active(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let template = ApiKey { server_id: Some(server.id), ..sample::key(&*world.clock, &owner, "revoked") };
    let revoked = ApiKey { revoked_at: Some(world.clock.now()), ..template };
    world.put_key(&revoked).await;
    let template = ApiKey { server_id: Some(server.id), ..sample::key(&*world.clock, &owner, "expired") };
    let expired = ApiKey { expires_at: world.clock.now(), ..template };
    world.put_key(&expired).await;
    assert_eq!(delete(world, &server).await.revoked_keys, []);
    assert_eq!(key(world, revoked.id).await, revoked);
    assert_eq!(key(world, expired.id).await, expired);
    let entry = chain_of(world.store(), owner.tenant_id).await.pop().unwrap();
    assert_eq!(entry.event.metadata.get("revokedKeys"), Some(&json!([])));
}

pub(super) async fn a_key_of_a_removed_server_can_still_be_changed(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let server = world.make_server(&owner, "Weather").await;
    let before = put_linked_key(world, &owner, &server, "linked").await;
    delete(world, &server).await;
    let revoked = key(world, before.id).await;
    let changed = ApiKey { expires_at: revoked.expires_at + TimeDelta::days(1), revision: 3, ..revoked };
    world.store().update_key(&changed, 2, world.event(owner.tenant_id)).await.unwrap();
    assert_eq!(key(world, before.id).await, changed);
}

pub(super) async fn removal_takes_checks_and_usage_along(world: &mut World) {
    let owner = world.make_owner("acme").await;
    let (server, kept) =
        (world.make_server(&owner, "Weather").await, world.make_server(&owner, "Kept").await);
    let used = Usage { requests: 3, ..Usage::default() };
    for server in [&server, &kept] {
        let check = sample::check(&*world.clock, server, CheckStatus::Healthy);
        world.store().record_health(&sample::record(&check)).await.unwrap();
        world.store().add_usage(&[(UsageSubject::Server(server.id), used.clone())]).await.unwrap();
    }
    delete(world, &server).await;
    for again in [false, true] {
        let checks = world
            .store()
            .health_checks(Reach::AllTenants, server.id, Period::EVER, PageRequest::default())
            .await;
        assert_eq!(checks.unwrap().total, 0, "registered again: {again}");
        for resolution in Resolution::ALL {
            let reach = Reach::AllTenants;
            let rollups = world.store().check_rollups(reach, server.id, *resolution, Period::EVER).await;
            assert_eq!(rollups.unwrap(), [], "registered again: {again}");
        }
        let changes = world.store().status_changes(&all_changes(&server)).await;
        assert_eq!(changes.unwrap(), [], "registered again: {again}");
        let usage = world.store().usage(server.tenant_id, UsageSubject::Server(server.id)).await.unwrap();
        assert_eq!(usage, Usage::default(), "registered again: {again}");
        if !again {
            world.put_server(&server).await;
        }
    }
    let checks = world
        .store()
        .health_checks(Reach::AllTenants, kept.id, Period::EVER, PageRequest::default())
        .await
        .unwrap();
    assert_eq!(checks.total, 1);
    let usage = world.store().usage(kept.tenant_id, UsageSubject::Server(kept.id)).await.unwrap();
    assert_eq!(usage, used);
}
