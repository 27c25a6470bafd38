//! Cases of sessions: create, read, look up, use.

use std::cmp::Reverse;

use chrono::TimeDelta;

use super::account::changed;
use super::check::{conflict, refused};
use super::sample;
use super::world::World;
use crate::access::Reach;
use crate::clock::Clock;
use crate::model::id::{SessionId, TenantId, UserId};
use crate::model::role::Role;
use crate::model::session::{EndedSessions, Session, SessionDigest, SessionHolder, SignInMethod};
use crate::model::user::User;
use crate::store::StoreError;

async fn by_digest(world: &World, session: &Session) -> Option<Session> {
    world.store().session_by_digest(&session.digest).await.unwrap().map(|holder| holder.session)
}

async fn of(world: &World, user: &User) -> Vec<Session> {
    world.store().sessions(user.tenant_id, user.id).await.unwrap()
}

pub(super) async fn a_stored_session_is_read_back_as_it_was(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let user = world.make_user(&tenant, "ada").await;
    let mut sessions = vec![sample::full_session(&*world.clock, &user)];
    for method in SignInMethod::ALL {
        sessions.push(Session { method: *method, ..sample::session(&*world.clock, &user) });
    }
    for session in sessions {
        world.put_session(&session).await;
        let found = world.store().session_by_digest(&session.digest).await.unwrap();
        let holder = SessionHolder { session: session.clone(), user: user.clone(), tenant: tenant.clone() };
        assert_eq!(found, Some(holder));
        assert_eq!(of(world, &user).await[0], session);
    }
}

pub(super) async fn a_digest_leads_to_a_session_of_any_state(world: &mut World) {
    let user = world.make_owner("acme").await;
    let old = sample::at_us(1_000_000_000_000_001);
    let old = Session {
        created_at: old,
        last_seen_at: old,
        expires_at: old,
        ..sample::session(&*world.clock, &user)
    };
    world.put_session(&old).await;
    assert_eq!(by_digest(world, &old).await, Some(old));
}

pub(super) async fn a_digest_leads_to_the_user_as_it_is_now(world: &mut World) {
    let user = world.make_owner("acme").await;
    let session = world.make_session(&user).await;
    let user = changed(&user, |user| (user.role, user.disabled) = (Role::User, true));
    world.update_user(&user).await.unwrap();
    let holder = world.store().session_by_digest(&session.digest).await.unwrap().unwrap();
    assert_eq!((holder.session, holder.user), (session, user));
}

pub(super) async fn what_is_not_there_is_none(world: &mut World) {
    let user = world.make_owner("acme").await;
    let session = world.make_session(&user).await;
    let mut near = session.digest;
    near.0[31] ^= 1;
    for digest in [near, SessionDigest([0; 32]), SessionDigest([0xff; 32])] {
        assert_eq!(world.store().session_by_digest(&digest).await.unwrap(), None);
    }
    let other = world.make_owner("other").await;
    let strangers =
        [(user.tenant_id, UserId(user.tenant_id.0)), (other.tenant_id, user.id), (TenantId::SYSTEM, user.id)];
    for (tenant_id, id) in strangers {
        assert_eq!(world.store().sessions(tenant_id, id).await.unwrap(), []);
    }
}

pub(super) async fn a_users_sessions_are_listed_newest_first(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let users = [world.make_user(&tenant, "ada").await, world.make_user(&tenant, "bob").await];
    let mut expected = [Vec::new(), Vec::new()];
    for number in 0..60 {
        let which = (number % 3 / 2) as usize;
        let created_at = sample::at_us(1_700_000_000_000_000 + number * 7 % 23);
        let session = sample::session(&*world.clock, &users[which]);
        let session = Session { created_at, ..session };
        world.put_session(&session).await;
        expected[which].push(session);
    }
    for (user, mut expected) in users.iter().zip(expected) {
        expected.sort_by_key(|session| Reverse((session.created_at, session.id)));
        assert_eq!(of(world, user).await, expected);
    }
}

pub(super) async fn an_id_and_a_digest_are_given_once(world: &mut World) {
    let (user, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let session = world.make_session(&user).await;
    for user in [&user, &other] {
        let fresh = sample::session(&*world.clock, user);
        let twins =
            [Session { id: session.id, ..fresh.clone() }, Session { digest: session.digest, ..fresh }];
        for twin in twins {
            let write = world.store().create_session(&twin, world.event(user.tenant_id));
            refused!(world, write, conflict!(Id));
        }
    }
    assert_eq!(by_digest(world, &session).await, Some(session));
}

pub(super) async fn a_session_needs_its_user_in_its_tenant(world: &mut World) {
    let (user, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let session = sample::session(&*world.clock, &user);
    let strays = [
        Session { user_id: UserId(session.id.0), ..session.clone() },
        Session { user_id: other.id, ..session.clone() },
        Session { tenant_id: other.tenant_id, ..session.clone() },
        Session { tenant_id: TenantId(session.id.0), ..session.clone() },
    ];
    for stray in strays {
        let write = world.store().create_session(&stray, world.event(user.tenant_id));
        refused!(world, write, StoreError::Missing);
        assert_eq!(by_digest(world, &stray).await, None);
    }
    world.put_session(&session).await;
}

pub(super) async fn an_ended_session_leaves_its_id_and_digest_free(world: &mut World) {
    let user = world.make_owner("acme").await;
    let session = sample::session(&*world.clock, &user);
    for ends in [EndedSessions::All, EndedSessions::One(session.id)] {
        world.put_session(&session).await;
        let event = world.event(user.tenant_id);
        assert_eq!(world.store().end_sessions(user.tenant_id, user.id, ends, event).await.unwrap(), 1);
    }
    world.put_session(&Session { id: SessionId(world.clock.new_id()), ..session.clone() }).await;
    let digest = SessionDigest([7; 32]);
    world.put_session(&Session { digest, ..session }).await;
}

pub(super) async fn a_touch_moves_the_last_use_forward_only(world: &mut World) {
    let user = world.make_owner("acme").await;
    let (mut session, beside) = (world.make_session(&user).await, world.make_session(&user).await);
    let start = session.last_seen_at;
    for us in [1, 60_000_000, 59_999_999, 0, -1, 60_000_001, 60_000_001, -5_000_000] {
        let at = start + TimeDelta::microseconds(us);
        world.store().touch_session(&session.digest, at).await.unwrap();
        session.last_seen_at = session.last_seen_at.max(at);
        assert_eq!(by_digest(world, &session).await.as_ref(), Some(&session), "{us}");
        assert_eq!(of(world, &user).await, [beside.clone(), session.clone()], "nothing else changes: {us}");
    }
    assert_eq!(session.last_seen_at, start + TimeDelta::microseconds(60_000_001));
}

pub(super) async fn a_touch_is_no_change_of_a_record(world: &mut World) {
    let user = world.make_owner("acme").await;
    let session = world.make_session(&user).await;
    let head = world.store().audit_head(user.tenant_id).await.unwrap();
    world.store().touch_session(&session.digest, world.clock.now()).await.unwrap();
    assert_eq!(world.store().audit_head(user.tenant_id).await.unwrap(), head);
    assert_eq!(world.store().user(Reach::Tenant(user.tenant_id), user.id).await.unwrap(), Some(user.clone()));
    let late = changed(&user, |_| ());
    world.update_user(&late).await.unwrap();
}

pub(super) async fn a_touch_of_what_is_gone_is_passed_over(world: &mut World) {
    let user = world.make_owner("acme").await;
    let session = world.make_session(&user).await;
    world.make_session(&user).await;
    let (ends, event) = (EndedSessions::One(session.id), world.event(user.tenant_id));
    world.store().end_sessions(user.tenant_id, user.id, ends, event).await.unwrap();
    let before = world.everything().await;
    for digest in [session.digest, SessionDigest([0; 32])] {
        world.store().touch_session(&digest, world.clock.now()).await.unwrap();
        assert_eq!(world.store().session_by_digest(&digest).await.unwrap(), None);
    }
    assert_eq!(world.everything().await, before);
}
