//! Cases of users.

use super::check::{conflict, refused};
use super::page::all_pages;
use super::tenant::{DISTINCT, LOOKALIKES};
use super::world::World;
use super::{page, sample};
use crate::access::Reach;
use crate::model::id::TenantId;
use crate::model::page::PageRequest;
use crate::model::role::Role;
use crate::model::text::UserName;
use crate::model::user::{User, UserQuery};
use crate::store::{Store, StoreError};

fn in_tenant(tenant_id: TenantId, page: PageRequest) -> UserQuery {
    UserQuery { page, ..UserQuery::new(Reach::Tenant(tenant_id)) }
}

/// All users of a tenant.
pub(super) async fn users_of(store: &dyn Store, tenant_id: TenantId) -> Vec<User> {
    all_pages(async |page| store.users(&in_tenant(tenant_id, page)).await).await
}

pub(super) async fn a_stored_user_is_read_back_as_it_was(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    for (number, role) in Role::ALL.iter().enumerate() {
        let disabled = number % 2 == 1;
        let display_name =
            if disabled { None } else { sample::user(&*world.clock, &tenant, "x").display_name };
        let template = sample::user(&*world.clock, &tenant, &format!("Ünï-{number}@example.com"));
        let user = User { role: *role, disabled, display_name, ..template };
        world.store().create_user(&user, None, world.event(tenant.id)).await.unwrap();
        assert_eq!(world.store().user(Reach::Tenant(tenant.id), user.id).await.unwrap(), Some(user.clone()));
        let by_name = world.store().user_by_name_key(tenant.id, &user.name_key()).await.unwrap();
        assert_eq!(by_name, Some(user));
    }
    let full = sample::full_user(&*world.clock, &tenant, "full");
    world.put_user(&full, None).await;
    assert_eq!(world.store().user(Reach::Tenant(tenant.id), full.id).await.unwrap(), Some(full));
}

pub(super) async fn a_user_is_only_in_its_tenant(world: &mut World) {
    let user = world.make_owner("acme").await;
    let other = world.make_tenant("other").await;
    assert_eq!(world.store().user(Reach::Tenant(other.id), user.id).await.unwrap(), None);
    assert_eq!(world.store().user_by_name_key(other.id, &user.name_key()).await.unwrap(), None);
    let listed = users_of(world.store(), other.id).await;
    assert_eq!(listed, []);
}

pub(super) async fn what_is_not_there_is_none(world: &mut World) {
    let user = world.make_owner("acme").await;
    let tenant_id = user.tenant_id;
    for name_key in ["nobody", "OWNER", "owne", "owner ", "%", "", "own_r", "owner\0", "\0"] {
        let found = world.store().user_by_name_key(tenant_id, name_key).await.unwrap();
        assert_eq!(found, None, "{name_key:?}");
    }
}

pub(super) async fn names_that_look_alike_are_one(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    for (first, second) in LOOKALIKES {
        world.make_user(&tenant, first).await;
        let twin = sample::user(&*world.clock, &tenant, second);
        refused!(world, world.store().create_user(&twin, None, world.event(tenant.id)), conflict!(UserName));
        assert_eq!(world.store().user(Reach::Tenant(tenant.id), twin.id).await.unwrap(), None);
    }
}

pub(super) async fn names_that_differ_are_not_one(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let mut expected = Vec::new();
    for name in DISTINCT {
        expected.push(world.make_user(&tenant, name).await);
    }
    for user in &expected {
        let found = world.store().user_by_name_key(tenant.id, &user.name_key()).await.unwrap();
        assert_eq!(found.as_ref(), Some(user));
    }
    expected.sort_by_key(User::name_key);
    let listed = users_of(world.store(), tenant.id).await;
    assert_eq!(listed, expected, "the list is sorted by name key, byte by byte");
}

pub(super) async fn two_tenants_may_have_users_of_one_name(world: &mut World) {
    let (first, second) = (world.make_owner("first").await, world.make_owner("second").await);
    assert_eq!(first.name_key(), second.name_key());
    for user in [first, second] {
        let found = world.store().user_by_name_key(user.tenant_id, &user.name_key()).await.unwrap();
        assert_eq!(found, Some(user.clone()));
        let listed = users_of(world.store(), user.tenant_id).await;
        assert_eq!(listed, [user]);
    }
}

pub(super) async fn an_id_is_given_once_in_all_tenants(world: &mut World) {
    let first = world.make_owner("first").await;
    let other = world.make_tenant("other").await;
    for tenant_id in [first.tenant_id, other.id] {
        let username = UserName::parse("another").unwrap();
        let second = User { username, tenant_id, ..first.clone() };
        refused!(world, world.store().create_user(&second, None, world.event(tenant_id)), conflict!(Id));
    }
    world.make_user(&other, "another").await;
}

pub(super) async fn those_of_a_name_are_found_in_every_tenant_by_tenant(world: &mut World) {
    let mut expected = Vec::new();
    for (number, name) in ["ada", "ADA", "Ada", "ａｄａ", "ada"].into_iter().enumerate() {
        let tenant = world.make_tenant(&format!("tenant {number}")).await;
        for other in ["ad", "adaa", "grace"] {
            world.make_user(&tenant, other).await;
        }
        let user = sample::user(&*world.clock, &tenant, name);
        let user = User { disabled: number == 2, ..user };
        world.put_user(&user, None).await;
        expected.push(user);
    }
    expected.sort_by_key(|user| user.tenant_id);
    for limit in [1, 2, 4, 5, 6, u32::MAX] {
        let named = world.store().users_named("ada", limit).await.unwrap();
        assert_eq!(named, expected[..expected.len().min(limit as usize)], "at most {limit}");
    }
    for name_key in ["nobody", "ADA", "ａｄａ", "", "ad_", "%", "ada\0", "\0"] {
        let named = world.store().users_named(name_key, 10).await.unwrap();
        assert_eq!(named, [], "{name_key:?}");
    }
}

pub(super) async fn a_user_needs_its_tenant(world: &mut World) {
    world.make_owner("acme").await;
    let nowhere = sample::tenant(&*world.clock, "nowhere");
    let user = sample::user(&*world.clock, &nowhere, "stray");
    refused!(world, world.store().create_user(&user, None, world.event(nowhere.id)), StoreError::Missing);
    assert_eq!(world.store().user(Reach::Tenant(nowhere.id), user.id).await.unwrap(), None);
}

pub(super) async fn the_first_user_of_any_tenant_is_noticed(world: &mut World) {
    assert!(!world.store().has_users().await.unwrap());
    world.make_tenant("acme").await;
    assert!(!world.store().has_users().await.unwrap());
    world.make_owner("second").await;
    assert!(world.store().has_users().await.unwrap());
}

pub(super) async fn pages_of_every_size_make_up_the_list(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    world.make_owner("beside").await;
    for number in 0..103 {
        world.make_user(&tenant, &format!("user-{}", number * 7 % 103)).await;
    }
    let all = users_of(world.store(), tenant.id).await;
    assert_eq!(all.len(), 103);
    page::every_size(&all, async |page| world.store().users(&in_tenant(tenant.id, page)).await).await;
}
