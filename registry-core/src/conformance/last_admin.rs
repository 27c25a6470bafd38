//! Cases of the last administrator who can act.

use super::account::changed;
use super::check::refused;
use super::sample::{self, password_hash};
use super::tenant_change;
use super::world::World;
use crate::model::audit::AuditEvent;
use crate::model::password::PasswordChange;
use crate::model::role::Role;
use crate::model::session::EndedSessions;
use crate::model::tenant::Tenant;
use crate::model::text::{TenantName, UserName};
use crate::model::user::User;
use crate::store::{Store, StoreError, UserUpdate};

/// What keeps an administrator from acting.
#[derive(Debug, Clone, Copy)]
pub(super) enum Blow {
    Remove,
    Demote(Role),
    Disable,
    DisableTenant,
}

impl Blow {
    pub(super) const ALL: [Self; 5] = [
        Self::Remove,
        Self::Demote(Role::User),
        Self::Demote(Role::ServerOwner),
        Self::Disable,
        Self::DisableTenant,
    ];

    async fn strike(self, world: &World, admin: &User) -> Result<(), StoreError> {
        let tenant = tenant_of(world, admin).await;
        self.fall(&*world.handle(), admin, &tenant, world.event(tenant.id)).await
    }

    pub(super) async fn fall(
        self,
        store: &dyn Store,
        admin: &User,
        tenant: &Tenant,
        event: AuditEvent,
    ) -> Result<(), StoreError> {
        let user = match self {
            Self::Remove => return store.delete_user(tenant.id, admin.id, admin.revision, event).await,
            Self::DisableTenant => {
                return store.update_tenant(&disabled(tenant), tenant.revision, event).await;
            }
            Self::Demote(role) => changed(admin, |user| user.role = role),
            Self::Disable => changed(admin, |user| user.disabled = true),
        };
        let (expected, password) = (admin.revision, PasswordChange::Keep);
        store.update_user(UserUpdate { user: &user, expected, password, ends: None }, event).await
    }
}

pub(super) async fn tenant_of(world: &World, user: &User) -> Tenant {
    world.store().tenant(user.tenant_id).await.unwrap().unwrap()
}

pub(super) fn disabled(tenant: &Tenant) -> Tenant {
    tenant_change::changed(tenant, |tenant| tenant.disabled = true)
}

async fn put_admin(world: &World, tenant: &Tenant, name: &str) -> User {
    let admin = sample::admin(&*world.clock, tenant, name);
    world.put_user(&admin, None).await;
    admin
}

/// Checks that no blow gets this administrator.
async fn holds_out(world: &World, admin: &User) {
    for blow in Blow::ALL {
        refused!(world, blow.strike(world, admin), StoreError::LastAdmin);
    }
}

pub(super) async fn the_only_administrator_stays(world: &mut World) {
    let admin = world.make_admin("admins").await;
    world.make_session(&admin).await;
    world.make_key(&admin, "ci").await;
    holds_out(world, &admin).await;
    let (demoted, hash) = (changed(&admin, |user| user.role = Role::User), password_hash("new"));
    let ends = Some(EndedSessions::All);
    refused!(world, world.change_user(&demoted, PasswordChange::Set(&hash), ends), StoreError::LastAdmin);
}

pub(super) async fn who_cannot_act_does_not_count(world: &mut World) {
    let admin = world.make_admin("admins").await;
    let tenant = tenant_of(world, &admin).await;
    let beside = User { disabled: true, ..sample::admin(&*world.clock, &tenant, "disabled") };
    world.put_user(&beside, None).await;
    world.make_user(&tenant, "ordinary").await;
    let elsewhere = world.make_admin("disabled").await;
    world.update_tenant(&disabled(&tenant_of(world, &elsewhere).await)).await.unwrap();
    let made_disabled = Tenant { disabled: true, ..sample::tenant(&*world.clock, "made disabled") };
    world.store().create_tenant(&made_disabled, world.event(made_disabled.id)).await.unwrap();
    put_admin(world, &made_disabled, "admin").await;
    holds_out(world, &admin).await;
}

pub(super) async fn one_of_two_may_go(world: &mut World) {
    let last = world.make_admin("admins").await;
    for (number, blow) in Blow::ALL.into_iter().enumerate() {
        let admin = world.make_admin(&format!("tenant {number}")).await;
        blow.strike(world, &admin).await.unwrap();
        holds_out(world, &last).await;
    }
    let tenant = tenant_of(world, &last).await;
    for (number, blow) in Blow::ALL[..4].iter().enumerate() {
        let admin = put_admin(world, &tenant, &format!("beside-{number}")).await;
        blow.strike(world, &admin).await.unwrap();
    }
    holds_out(world, &last).await;
}

pub(super) async fn the_first_may_go_when_another_can_act(world: &mut World) {
    let mut last = world.make_admin("tenant").await;
    for (number, blow) in Blow::ALL.into_iter().enumerate() {
        let next = world.make_admin(&format!("tenant {number}")).await;
        blow.strike(world, &last).await.unwrap();
        last = next;
    }
    holds_out(world, &last).await;
}

pub(super) async fn the_only_tenant_with_administrators_stays_enabled(world: &mut World) {
    let tenant = world.make_tenant("admins").await;
    let (first, second) = (put_admin(world, &tenant, "one").await, put_admin(world, &tenant, "two").await);
    world.make_owner("ordinary").await;
    refused!(world, world.update_tenant(&disabled(&tenant)), StoreError::LastAdmin);
    Blow::Disable.strike(world, &first).await.unwrap();
    holds_out(world, &second).await;
}

pub(super) async fn who_is_enabled_or_promoted_counts_again(world: &mut World) {
    let (mut first, mut second) = (world.make_admin("first").await, world.make_admin("second").await);
    let off: [fn(&mut User); 2] = [|user| user.disabled = true, |user| user.role = Role::ServerOwner];
    for off in off {
        first = changed(&first, off);
        world.update_user(&first).await.unwrap();
        holds_out(world, &second).await;
        first = changed(&first, |user| (user.disabled, user.role) = (false, Role::Admin));
        world.update_user(&first).await.unwrap();
        second = changed(&second, off);
        world.update_user(&second).await.unwrap();
        holds_out(world, &first).await;
        second = changed(&second, |user| (user.disabled, user.role) = (false, Role::Admin));
        world.update_user(&second).await.unwrap();
    }
    let tenant = disabled(&tenant_of(world, &first).await);
    world.update_tenant(&tenant).await.unwrap();
    holds_out(world, &second).await;
    let tenant = tenant_change::changed(&tenant, |tenant| tenant.disabled = false);
    world.update_tenant(&tenant).await.unwrap();
    Blow::Remove.strike(world, &second).await.unwrap();
}

pub(super) async fn the_last_may_change_what_leaves_it_one(world: &mut World) {
    let admin = world.make_admin("admins").await;
    world.make_session(&admin).await;
    let admin = changed(&admin, |user| {
        user.username = UserName::parse("root").unwrap();
        (user.display_name, user.identities) = (None, vec![sample::identity("root")]);
    });
    let hash = password_hash("new");
    let ends = Some(EndedSessions::All);
    world.change_user(&admin, PasswordChange::Set(&hash), ends).await.unwrap();
    assert_eq!(world.store().password(admin.tenant_id, admin.id).await.unwrap(), Some(hash));
    let tenant = tenant_change::changed(&tenant_of(world, &admin).await, |tenant| {
        tenant.name = TenantName::parse("renamed").unwrap();
        tenant.requests_per_minute = Some(7);
    });
    world.update_tenant(&tenant).await.unwrap();
    holds_out(world, &admin).await;
}

pub(super) async fn who_cannot_act_may_go(world: &mut World) {
    let last = world.make_admin("admins").await;
    let tenant = tenant_of(world, &last).await;
    let off = disabled(&world.make_tenant("disabled").await);
    world.update_tenant(&off).await.unwrap();
    for (number, blow) in Blow::ALL[..4].iter().enumerate() {
        let inactive = sample::admin(&*world.clock, &tenant, &format!("inactive-{number}"));
        let inactive = User { disabled: true, ..inactive };
        world.put_user(&inactive, None).await;
        blow.strike(world, &inactive).await.unwrap();
        let elsewhere = put_admin(world, &off, &format!("elsewhere-{number}")).await;
        blow.strike(world, &elsewhere).await.unwrap();
        let ordinary = world.make_user(&tenant, &format!("ordinary-{number}")).await;
        blow.strike(world, &ordinary).await.unwrap();
    }
    let ordinary = world.make_owner("ordinary").await;
    Blow::DisableTenant.strike(world, &ordinary).await.unwrap();
    holds_out(world, &last).await;
}

pub(super) async fn a_store_without_an_administrator_lets_others_change(world: &mut World) {
    for (number, blow) in Blow::ALL.into_iter().enumerate() {
        let ordinary = world.make_owner(&format!("tenant {number}")).await;
        blow.strike(world, &ordinary).await.unwrap();
    }
    let tenant = world.make_tenant("inactive").await;
    for (number, blow) in Blow::ALL.into_iter().enumerate() {
        let inactive = sample::admin(&*world.clock, &tenant, &format!("inactive-{number}"));
        let inactive = User { disabled: true, ..inactive };
        world.put_user(&inactive, None).await;
        blow.strike(world, &inactive).await.unwrap();
    }
}
