//! Cases of changes of tenants.

use super::check::{conflict, refused};
use super::page::all_pages;
use super::sample;
use super::world::World;
use crate::model::id::TenantId;
use crate::model::tenant::Tenant;
use crate::model::text::TenantName;
use crate::store::StoreError;

pub(super) fn changed(tenant: &Tenant, change: impl FnOnce(&mut Tenant)) -> Tenant {
    let mut tenant = Tenant { revision: tenant.revision + 1, ..tenant.clone() };
    change(&mut tenant);
    tenant
}

fn named(tenant: &Tenant, name: &str) -> Tenant {
    changed(tenant, |tenant| tenant.name = TenantName::parse(name).unwrap())
}

async fn by_name(world: &World, name_key: &str) -> Option<Tenant> {
    world.store().tenant_by_name_key(name_key).await.unwrap()
}

async fn list(world: &World) -> Vec<Tenant> {
    all_pages(async |page| world.store().tenants(page).await).await
}

pub(super) async fn an_update_replaces_the_whole_tenant(world: &mut World) {
    world.make_admin("admins").await;
    let tenant = world.make_tenant("acme").await;
    let full = Tenant {
        name: TenantName::parse("Größe & Söhne ☂").unwrap(),
        disabled: true,
        requests_per_minute: Some(Tenant::MAX_REQUESTS_PER_MINUTE),
        updated_at: sample::at_us(1_800_000_000_000_001),
        ..tenant.clone()
    };
    for (revision, new, old_key) in [(2, full.clone(), "acme"), (3, tenant.clone(), "grösse & söhne ☂")] {
        let new = Tenant { revision, ..new };
        world.update_tenant(&new).await.unwrap();
        assert_eq!(world.store().tenant(tenant.id).await.unwrap().as_ref(), Some(&new));
        assert_eq!(by_name(world, &new.name_key()).await.as_ref(), Some(&new));
        assert_eq!(by_name(world, old_key).await, None, "the name before is free");
    }
}

pub(super) async fn the_list_follows_a_change_of_name(world: &mut World) {
    let (first, second) = (world.make_tenant("b").await, world.make_tenant("c").await);
    let first = named(&first, "d");
    world.update_tenant(&first).await.unwrap();
    assert_eq!(list(world).await, [second.clone(), first.clone()]);
    let second = named(&second, "Ｄ2");
    world.update_tenant(&second).await.unwrap();
    assert_eq!(list(world).await, [first, second]);
}

pub(super) async fn a_tenant_can_change_the_case_of_its_own_name(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let tenant = named(&tenant, "ＡCME");
    world.update_tenant(&tenant).await.unwrap();
    assert_eq!(by_name(world, "acme").await, Some(tenant));
}

pub(super) async fn an_update_cannot_take_anothers_name(world: &mut World) {
    let (tenant, other) = (world.make_tenant("acme").await, world.make_tenant("Office").await);
    for name in ["office", "OFFICE", "oﬃce"] {
        refused!(world, world.update_tenant(&named(&tenant, name)), conflict!(TenantName));
    }
    assert_eq!(by_name(world, "office").await, Some(other.clone()));
    world.update_tenant(&named(&other, "moved")).await.unwrap();
    world.update_tenant(&named(&tenant, "office")).await.unwrap();
}

pub(super) async fn a_stale_update_changes_nothing(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let tenant = changed(&tenant, |tenant| tenant.requests_per_minute = Some(1));
    world.update_tenant(&tenant).await.unwrap();
    for expected in [0, 1, 3] {
        let late = Tenant { revision: expected + 1, ..named(&tenant, "late") };
        refused!(world, world.update_tenant(&late), StoreError::Stale);
    }
    assert_eq!(by_name(world, "late").await, None);
}

pub(super) async fn an_update_needs_the_tenant(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    for id in [TenantId::SYSTEM, TenantId(world.event(tenant.id).id)] {
        let stray = Tenant { id, ..named(&tenant, "stray") };
        let write = world.store().update_tenant(&stray, 1, world.event(tenant.id));
        refused!(world, write, StoreError::Missing);
    }
}

pub(super) async fn digests_lead_to_the_tenant_as_it_is_now(world: &mut World) {
    world.make_admin("admins").await;
    let tenant = world.make_tenant("acme").await;
    let user = world.make_user(&tenant, "ada").await;
    let (key, session) = (world.make_key(&user, "ci").await, world.make_session(&user).await);
    let tenant = changed(&tenant, |tenant| tenant.disabled = true);
    world.update_tenant(&tenant).await.unwrap();
    let holder = world.store().key_by_digest(&key.digest).await.unwrap().unwrap();
    assert_eq!((holder.key, holder.tenant), (key, tenant.clone()));
    let holder = world.store().session_by_digest(&session.digest).await.unwrap().unwrap();
    assert_eq!((holder.session, holder.tenant), (session, tenant));
}
