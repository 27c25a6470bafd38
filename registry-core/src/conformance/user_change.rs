//! Cases of changes of users.

use super::account::changed;
use super::check::{conflict, refused};
use super::sample::{self, password_hash};
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::id::{SessionId, TenantId, UserId};
use crate::model::password::PasswordChange;
use crate::model::role::Role;
use crate::model::session::{EndedSessions, Session};
use crate::model::text::UserName;
use crate::model::user::User;
use crate::store::StoreError;

async fn found(world: &World, user: &User) -> Option<User> {
    world.store().user(Reach::Tenant(user.tenant_id), user.id).await.unwrap()
}

async fn by_name(world: &World, user: &User, name_key: &str) -> Option<User> {
    world.store().user_by_name_key(user.tenant_id, name_key).await.unwrap()
}

fn named(user: &User, name: &str) -> User {
    changed(user, |user| user.username = UserName::parse(name).unwrap())
}

async fn entries(world: &World, user: &User) -> u64 {
    world.store().audit_head(user.tenant_id).await.unwrap().seq
}

pub(super) async fn an_update_replaces_the_whole_user(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let (user, beside) = (world.make_user(&tenant, "ada").await, world.make_user(&tenant, "beside").await);
    let full = sample::full_user(&*world.clock, &tenant, "Grace");
    let full = User { id: user.id, created_at: user.created_at, revision: 2, ..full };
    let plain = User { revision: 3, ..user.clone() };
    for changed in [full, plain] {
        world.update_user(&changed).await.unwrap();
        assert_eq!(found(world, &user).await.as_ref(), Some(&changed));
        assert_eq!(by_name(world, &user, &changed.name_key()).await.as_ref(), Some(&changed));
        let other = if changed.name_key() == "ada" { "grace" } else { "ada" };
        assert_eq!(by_name(world, &user, other).await, None, "the name before is free");
        assert_eq!(world.store().users_named(other, 10).await.unwrap(), []);
    }
    assert_eq!(found(world, &beside).await, Some(beside));
}

pub(super) async fn a_user_can_change_the_case_of_its_own_name(world: &mut World) {
    let user = world.make_owner("acme").await;
    let user = named(&user, "ＯWNER");
    world.update_user(&user).await.unwrap();
    assert_eq!(by_name(world, &user, "owner").await, Some(user.clone()));
    assert_eq!(world.store().users_named("owner", 10).await.unwrap(), [user]);
}

pub(super) async fn an_update_cannot_take_anothers_name(world: &mut World) {
    let (tenant, other) = (world.make_tenant("acme").await, world.make_tenant("other").await);
    let user = world.make_user(&tenant, "ada").await;
    world.make_user(&tenant, "Office").await;
    for name in ["office", "OFFICE", "oﬃce"] {
        refused!(world, world.update_user(&named(&user, name)), conflict!(UserName));
        assert_eq!(by_name(world, &user, "ada").await.as_ref(), Some(&user));
    }
    world.make_user(&other, "grace").await;
    world.update_user(&named(&user, "grace")).await.unwrap();
}

pub(super) async fn a_stale_update_changes_nothing(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let user = world.make_user(&tenant, "ada").await;
    let session = world.make_session(&user).await;
    let user = changed(&user, |user| user.role = Role::User);
    world.update_user(&user).await.unwrap();
    let hash = password_hash("new");
    for expected in [0, 1, 3] {
        let late = User { revision: expected + 1, ..named(&user, "late") };
        let ends = Some(EndedSessions::All);
        refused!(world, world.change_user(&late, PasswordChange::Set(&hash), ends), StoreError::Stale);
    }
    assert_eq!(by_name(world, &user, "late").await, None);
    assert!(world.store().session_by_digest(&session.digest).await.unwrap().is_some());
}

pub(super) async fn an_update_needs_the_user_in_its_tenant(world: &mut World) {
    let (user, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let changed = changed(&user, |user| user.role = Role::User);
    let strays = [
        User { id: UserId(world.clock.new_id()), ..changed.clone() },
        User { tenant_id: other.tenant_id, username: UserName::parse("new").unwrap(), ..changed.clone() },
        User { tenant_id: TenantId(user.id.0), ..changed },
    ];
    for stray in strays {
        refused!(world, world.update_user(&stray), StoreError::Missing);
    }
}

/// Two users with two and four sessions; those of the second.
async fn with_sessions(world: &World) -> (Session, User, Vec<Session>) {
    let (beside, user) = (world.make_owner("beside").await, world.make_owner("acme").await);
    let elsewhere = world.make_session(&beside).await;
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.insert(0, world.make_session(&user).await);
    }
    (elsewhere, user, sessions)
}

pub(super) async fn sessions_end_with_the_update_as_asked(world: &mut World) {
    let (elsewhere, mut user, mut left) = with_sessions(world).await;
    let steps = [
        None,
        Some(EndedSessions::One(SessionId(user.id.0))),
        Some(EndedSessions::One(elsewhere.id)),
        Some(EndedSessions::One(left[1].id)),
        Some(EndedSessions::AllBut(left[2].id)),
        Some(EndedSessions::All),
        Some(EndedSessions::All),
    ];
    for ends in steps {
        user = changed(&user, |_| ());
        let before = entries(world, &user).await;
        world.change_user(&user, PasswordChange::Keep, ends).await.unwrap();
        assert_eq!(entries(world, &user).await, before + 1, "one entry, whatever ends");
        left.retain(|session| ends.is_none_or(|ends| !ends.has(session.id)));
        assert_eq!(world.store().sessions(user.tenant_id, user.id).await.unwrap(), left, "{ends:?}");
    }
    assert_eq!(left, []);
    let holder = world.store().session_by_digest(&elsewhere.digest).await.unwrap();
    assert_eq!(holder.map(|holder| holder.session), Some(elsewhere), "another user's stays");
}

pub(super) async fn a_disabled_user_keeps_what_is_not_asked_to_end(world: &mut World) {
    let (_, user, sessions) = with_sessions(world).await;
    let key = world.make_key(&user, "ci").await;
    let user = changed(&user, |user| user.disabled = true);
    world.update_user(&user).await.unwrap();
    let holder = world.store().session_by_digest(&sessions[0].digest).await.unwrap().unwrap();
    assert_eq!((&holder.session, &holder.user), (&sessions[0], &user), "whoever checks it sees the user");
    let holder = world.store().key_by_digest(&key.digest).await.unwrap().unwrap();
    assert_eq!((holder.key, holder.owner), (key, user));
}
