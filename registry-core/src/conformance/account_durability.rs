//! Cases of stores that keep their data: users with all that is theirs, and tickets.

use super::account::changed;
use super::check::{conflict, refused};
use super::last_admin::{disabled, tenant_of};
use super::preference;
use super::sample::{self, identity, password_hash};
use super::tenant_change;
use super::world::World;
use crate::clock::Clock;
use crate::model::password::PasswordChange;
use crate::model::role::Role;
use crate::model::session::EndedSessions;
use crate::model::text::{TenantName, UserName};
use crate::model::ticket::TicketPurpose;
use crate::model::user::User;
use crate::store::StoreError;

pub(super) async fn a_user_is_there_again_with_all_that_is_its_own(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let user = sample::full_user(&*world.clock, &tenant, "ada");
    let hash = password_hash("one");
    world.put_user(&user, Some(&hash)).await;
    let session = sample::full_session(&*world.clock, &user);
    world.put_session(&session).await;
    let server = world.make_server(&user, "Weather").await;
    let preferences = [sample::full_preference(&*world.clock, server.id)];
    world.prefer(&user, &preferences).await.unwrap();
    let used = world.clock.now();
    world.store().touch_session(&session.digest, used).await.unwrap();
    world.reopen().await;
    for identity in &user.identities {
        assert_eq!(world.store().user_by_identity(identity).await.unwrap().as_ref(), Some(&user));
    }
    assert_eq!(world.store().users_named("ada", 10).await.unwrap(), std::slice::from_ref(&user));
    assert_eq!(world.store().password(tenant.id, user.id).await.unwrap(), Some(hash));
    let holder = world.store().session_by_digest(&session.digest).await.unwrap().unwrap();
    assert_eq!((holder.user, holder.session.last_seen_at), (user.clone(), used));
    assert_eq!(preference::of(world, &user).await, preferences);
}

pub(super) async fn changes_are_there_again(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let user = world.make_user(&tenant, "ada").await;
    let (ended, kept) = (world.make_session(&user).await, world.make_session(&user).await);
    let user = changed(&user, |user| {
        (user.username, user.identities) = (UserName::parse("grace").unwrap(), vec![identity("grace")]);
    });
    let hash = password_hash("new");
    let ends = Some(EndedSessions::One(ended.id));
    world.change_user(&user, PasswordChange::Set(&hash), ends).await.unwrap();
    let tenant = tenant_change::changed(&tenant, |tenant| tenant.name = TenantName::parse("Corp").unwrap());
    world.update_tenant(&tenant).await.unwrap();
    world.reopen().await;
    assert_eq!(world.store().user_by_name_key(tenant.id, "ada").await.unwrap(), None);
    assert_eq!(world.store().user_by_identity(&identity("grace")).await.unwrap(), Some(user.clone()));
    assert_eq!(world.store().password(tenant.id, user.id).await.unwrap(), Some(hash));
    assert_eq!(world.store().session_by_digest(&ended.digest).await.unwrap(), None);
    assert_eq!(world.store().sessions(tenant.id, user.id).await.unwrap(), [kept]);
    assert_eq!(world.store().tenant_by_name_key("acme").await.unwrap(), None);
    assert_eq!(world.store().tenant_by_name_key("corp").await.unwrap(), Some(tenant));
}

pub(super) async fn what_was_removed_stays_away(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let user = sample::full_user(&*world.clock, &tenant, "ada");
    world.put_user(&user, Some(&password_hash("one"))).await;
    let (session, key) = (world.make_session(&user).await, world.make_key(&user, "ci").await);
    world.delete_user(&user).await.unwrap();
    world.reopen().await;
    assert_eq!(world.store().session_by_digest(&session.digest).await.unwrap(), None);
    assert_eq!(world.store().key_by_digest(&key.digest).await.unwrap(), None);
    assert!(!world.store().has_users().await.unwrap());
    world.delete_tenant(&tenant).await.unwrap();
    world.reopen().await;
    world.make_tenant("acme").await;
    world.store().create_tenant(&renamed(&tenant), world.event(tenant.id)).await.unwrap();
    world.put_user(&user, None).await;
    assert_eq!(world.store().password(tenant.id, user.id).await.unwrap(), None);
    assert_eq!(world.store().sessions(tenant.id, user.id).await.unwrap(), []);
    world.put_key(&key).await;
}

fn renamed(tenant: &crate::model::tenant::Tenant) -> crate::model::tenant::Tenant {
    tenant_change::changed(tenant, |tenant| tenant.name = TenantName::parse("again").unwrap())
}

pub(super) async fn rules_hold_as_before(world: &mut World) {
    let admin = world.make_admin("admins").await;
    let tenant = tenant_of(world, &admin).await;
    let user = User { identities: vec![identity("ada")], ..sample::user(&*world.clock, &tenant, "ada") };
    world.put_user(&user, None).await;
    let session = world.make_session(&user).await;
    world.reopen().await;
    let twin = User { identities: vec![identity("ada")], ..sample::user(&*world.clock, &tenant, "twin") };
    refused!(world, world.store().create_user(&twin, None, world.event(tenant.id)), conflict!(Identity));
    refused!(world, world.store().create_session(&session, world.event(tenant.id)), conflict!(Id));
    let demoted = changed(&admin, |admin| admin.role = Role::User);
    refused!(world, world.update_user(&demoted), StoreError::LastAdmin);
    refused!(world, world.delete_user(&admin), StoreError::LastAdmin);
    refused!(world, world.update_tenant(&disabled(&tenant)), StoreError::LastAdmin);
    refused!(world, world.delete_tenant(&tenant), StoreError::InUse(_));
    refused!(world, world.update_user(&User { revision: 9, ..user }), StoreError::Stale);
}

pub(super) async fn tickets_are_there_again_until_they_are_taken(world: &mut World) {
    let tickets = [TicketPurpose::Setup, TicketPurpose::Oidc];
    let tickets = tickets.map(|purpose| sample::full_ticket(&*world.clock, purpose));
    for ticket in &tickets {
        world.store().put_ticket(ticket).await.unwrap();
    }
    world.reopen().await;
    for ticket in &tickets {
        let taken = world.store().take_ticket(ticket.purpose, &ticket.digest).await.unwrap();
        assert_eq!(taken.as_ref(), Some(ticket));
    }
    world.reopen().await;
    for ticket in &tickets {
        assert_eq!(world.store().ticket(ticket.purpose, &ticket.digest).await.unwrap(), None);
    }
}

pub(super) async fn what_was_pruned_stays_away(world: &mut World) {
    let user = world.make_owner("acme").await;
    let (session, ticket) =
        (world.make_session(&user).await, sample::ticket(&*world.clock, TicketPurpose::Setup));
    world.store().put_ticket(&ticket).await.unwrap();
    assert_eq!(world.store().prune_sessions(session.expires_at, session.created_at).await.unwrap(), 1);
    assert_eq!(world.store().prune_tickets(ticket.expires_at).await.unwrap(), 1);
    world.reopen().await;
    assert_eq!(world.store().session_by_digest(&session.digest).await.unwrap(), None);
    assert_eq!(world.store().ticket(ticket.purpose, &ticket.digest).await.unwrap(), None);
    world.put_session(&session).await;
}
