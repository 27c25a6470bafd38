//! Cases of the removal of tenants, and of what goes with them.

use super::check::refused;
use super::everything::{chain_of, verify_chains};
use super::mixture::used;
use super::page::all_pages;
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::id::TenantId;
use crate::model::key::{ApiKey, KeyQuery};
use crate::model::server::Server;
use crate::model::tenant::Tenant;
use crate::model::usage::{Usage, UsageSubject};
use crate::model::user::User;
use crate::store::StoreError;

/// A tenant whose only user was removed, and the user's keys: one is revoked, one had expired. They were used.
async fn with_keys(world: &World, name: &str) -> (Tenant, User, [ApiKey; 2]) {
    let tenant = world.make_tenant(name).await;
    let user = world.make_user(&tenant, "ada").await;
    let active = world.make_key(&user, "active").await;
    let expired = ApiKey { expires_at: world.clock.now(), ..sample::key(&*world.clock, &user, "expired") };
    world.put_key(&expired).await;
    for key in [&active, &expired] {
        world.store().add_usage(&[(UsageSubject::Key(key.id), used(&*world.clock, 3))]).await.unwrap();
    }
    world.delete_user(&user).await.unwrap();
    (tenant, user, [active, expired])
}

pub(super) async fn a_removed_tenant_is_gone_and_its_name_free(world: &mut World) {
    let kept = world.make_tenant("kept").await;
    for round in 0..3 {
        let tenant = world.make_tenant("acme").await;
        world.delete_tenant(&tenant).await.unwrap();
        assert_eq!(world.store().tenant(tenant.id).await.unwrap(), None, "round {round}");
        assert_eq!(world.store().tenant_by_name_key("acme").await.unwrap(), None);
        let listed = all_pages(async |page| world.store().tenants(page).await).await;
        assert_eq!(listed, std::slice::from_ref(&kept));
    }
}

pub(super) async fn removal_needs_the_tenant_and_its_revision(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    for id in [TenantId::SYSTEM, TenantId(world.clock.new_id())] {
        let write = world.store().delete_tenant(id, 1, world.event(tenant.id));
        refused!(world, write, StoreError::Missing);
    }
    for revision in [0, 2] {
        let late = Tenant { revision, ..tenant.clone() };
        refused!(world, world.delete_tenant(&late), StoreError::Stale);
    }
}

pub(super) async fn its_chain_stays_and_goes_on(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    world.store().append_audit(world.event(tenant.id)).await.unwrap();
    let before = chain_of(world.store(), tenant.id).await;
    let event = world.event(tenant.id);
    world.store().delete_tenant(tenant.id, 1, event.clone()).await.unwrap();
    let after = chain_of(world.store(), tenant.id).await;
    assert_eq!((after.len(), &after[..2], &after[2].event), (3, &before[..], &event));
    assert_eq!(world.store().audit_chains().await.unwrap(), [tenant.id]);
    world.store().append_audit(world.event(tenant.id)).await.unwrap();
    world.store().create_tenant(&tenant, world.event(tenant.id)).await.unwrap();
    let heads = verify_chains(world.store()).await.unwrap();
    assert_eq!(heads.iter().map(|head| head.seq).collect::<Vec<_>>(), [5]);
}

pub(super) async fn removal_may_stand_in_the_systems_chain(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let event = world.event(TenantId::SYSTEM);
    world.store().delete_tenant(tenant.id, 1, event.clone()).await.unwrap();
    let entries = chain_of(world.store(), TenantId::SYSTEM).await;
    assert_eq!(entries.into_iter().map(|entry| entry.event).collect::<Vec<_>>(), [event]);
    assert_eq!(world.store().audit_head(tenant.id).await.unwrap().seq, 1);
}

pub(super) async fn its_keys_go_with_it(world: &mut World) {
    let (tenant, user, keys) = with_keys(world, "acme").await;
    let (other, _, kept) = with_keys(world, "other").await;
    assert!(world.store().key(Reach::AllTenants, keys[0].id).await.unwrap().is_some(), "until then it stays");
    world.delete_tenant(&tenant).await.unwrap();
    for key in &keys {
        assert_eq!(world.store().key(Reach::AllTenants, key.id).await.unwrap(), None);
        assert_eq!(world.store().key_by_digest(&key.digest).await.unwrap(), None);
    }
    let listed = world.store().keys(&KeyQuery::new(Reach::AllTenants)).await.unwrap();
    assert_eq!((listed.items.len(), listed.total), (2, 2));
    let own = KeyQuery { owner_id: Some(user.id), ..KeyQuery::new(Reach::Tenant(tenant.id)) };
    assert_eq!(world.store().keys(&own).await.unwrap().total, 0);
    for key in kept {
        assert!(world.store().key(Reach::Tenant(other.id), key.id).await.unwrap().is_some());
        let usage = world.store().usage(Some(other.id), UsageSubject::Key(key.id)).await.unwrap();
        assert_eq!(usage.requests, 3);
    }
}

pub(super) async fn nothing_of_its_keys_is_left(world: &mut World) {
    let (tenant, _, keys) = with_keys(world, "acme").await;
    world.delete_tenant(&tenant).await.unwrap();
    let heir = world.make_owner("heir").await;
    for key in keys {
        let key = ApiKey { tenant_id: heir.tenant_id, owner_id: heir.id, ..key };
        world.put_key(&key).await;
        let usage = world.store().usage(Some(heir.tenant_id), UsageSubject::Key(key.id)).await.unwrap();
        assert_eq!(usage, Usage::default(), "its id and digest are free, and its usage forgotten");
    }
}

pub(super) async fn removal_is_refused_while_it_has_users(world: &mut World) {
    let (tenant, other) = (world.make_tenant("acme").await, world.make_tenant("other").await);
    let user = User { disabled: true, ..sample::user(&*world.clock, &tenant, "ada") };
    world.put_user(&user, None).await;
    refused!(world, world.delete_tenant(&tenant), StoreError::InUse(_));
    world.delete_tenant(&other).await.unwrap();
    world.delete_user(&user).await.unwrap();
    world.delete_tenant(&tenant).await.unwrap();
}

pub(super) async fn removal_is_refused_while_it_has_servers(world: &mut World) {
    let (owner, tenant) = (world.make_owner("elsewhere").await, world.make_tenant("acme").await);
    let server = sample::server(&*world.clock, &owner, "Weather");
    let global = Server { tenant_id: None, ..sample::server(&*world.clock, &owner, "Global") };
    let server = Server { tenant_id: Some(tenant.id), ..server };
    world.put_server(&global).await;
    world.put_server(&server).await;
    refused!(world, world.delete_tenant(&tenant), StoreError::InUse(_));
    let (event, now) = (world.event(tenant.id), world.clock.now());
    world.store().delete_server(server.tenant_id, server.id, 1, now, event).await.unwrap();
    world.delete_tenant(&tenant).await.unwrap();
}
