//! Cases of the end of sessions: by somebody, and by themselves.

use chrono::TimeDelta;

use super::everything::chain_of;
use super::sample;
use super::world::World;
use crate::model::audit::EventType;
use crate::model::id::{SessionId, TenantId};
use crate::model::session::{EndedSessions, Session};
use crate::model::user::User;

async fn of(world: &World, user: &User) -> Vec<Session> {
    world.store().sessions(user.tenant_id, user.id).await.unwrap()
}

async fn end(world: &World, user: &User, which: EndedSessions) -> u64 {
    let event = world.event(user.tenant_id);
    world.store().end_sessions(user.tenant_id, user.id, which, event).await.unwrap()
}

/// This many sessions of the user, newest first.
async fn begin(world: &World, user: &User, count: usize) -> Vec<Session> {
    let mut sessions = Vec::new();
    for _ in 0..count {
        sessions.insert(0, world.make_session(user).await);
    }
    sessions
}

async fn is_there(world: &World, session: &Session) -> bool {
    world.store().session_by_digest(&session.digest).await.unwrap().is_some()
}

pub(super) async fn those_asked_for_end_and_are_counted(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let (user, beside) = (world.make_user(&tenant, "ada").await, world.make_user(&tenant, "beside").await);
    let kept = begin(world, &beside, 2).await;
    let mut left = begin(world, &user, 7).await;
    let unknown = SessionId(user.id.0);
    let steps = [
        (EndedSessions::One(left[3].id), 1),
        (EndedSessions::AllBut(left[4].id), 5),
        (EndedSessions::All, 1),
    ];
    for (which, count) in steps {
        assert_eq!(end(world, &user, which).await, count, "{which:?}");
        for session in left.extract_if(.., |session| which.has(session.id)) {
            assert!(!is_there(world, &session).await);
        }
        assert_eq!(of(world, &user).await, left, "{which:?}");
    }
    begin(world, &user, 3).await;
    assert_eq!(end(world, &user, EndedSessions::AllBut(unknown)).await, 3);
    assert_eq!(of(world, &beside).await, kept, "no other user's");
}

pub(super) async fn it_brings_one_entry_however_many_end(world: &mut World) {
    let user = world.make_owner("acme").await;
    begin(world, &user, 3).await;
    let before = world.store().audit_head(user.tenant_id).await.unwrap().seq;
    let event = sample::event(&*world.clock, user.tenant_id, EventType::SessionsEnded, Some(user.id.0));
    let which = EndedSessions::All;
    let ended = world.store().end_sessions(user.tenant_id, user.id, which, event.clone()).await.unwrap();
    assert_eq!(ended, 3);
    let entries = world.store().audit_after(user.tenant_id, before, 10).await.unwrap();
    assert_eq!(entries.into_iter().map(|entry| entry.event).collect::<Vec<_>>(), [event]);
}

pub(super) async fn nothing_is_written_when_nothing_ends(world: &mut World) {
    let tenant = world.make_tenant("acme").await;
    let (user, beside) = (world.make_user(&tenant, "ada").await, world.make_user(&tenant, "beside").await);
    let other = world.make_owner("other").await;
    let (own, theirs) = (world.make_session(&user).await, world.make_session(&beside).await);
    let before = world.everything().await;
    let steps = [
        (&user, EndedSessions::AllBut(own.id)),
        (&user, EndedSessions::One(theirs.id)),
        (&user, EndedSessions::One(SessionId(user.id.0))),
        (&other, EndedSessions::All),
        (&other, EndedSessions::One(own.id)),
    ];
    for (user, which) in steps {
        assert_eq!(end(world, user, which).await, 0, "{which:?}");
        assert_eq!(world.everything().await, before, "{which:?}");
    }
    for tenant_id in [other.tenant_id, TenantId::SYSTEM] {
        let event = world.event(tenant_id);
        let ended = world.store().end_sessions(tenant_id, user.id, EndedSessions::All, event).await;
        assert_eq!(ended.unwrap(), 0, "it is a user of another tenant");
        assert_eq!(world.everything().await, before);
    }
}

pub(super) async fn pruning_forgets_those_whose_time_is_over(world: &mut World) {
    let (user, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let now = sample::at_us(1_800_000_000_000_000);
    let mut sessions = Vec::new();
    for (user, us) in [(&user, -1), (&other, 0), (&user, 1), (&other, 1_000_000)] {
        let expires_at = now + TimeDelta::microseconds(us);
        let session = Session { expires_at, ..sample::session(&*world.clock, user) };
        world.put_session(&session).await;
        sessions.push(session);
    }
    let long_ago = sample::at_us(0);
    assert_eq!(world.store().prune_sessions(now, long_ago).await.unwrap(), 2);
    for (session, left) in sessions.iter().zip([false, false, true, true]) {
        assert_eq!(is_there(world, session).await, left, "it ends at {}", session.expires_at);
    }
    assert_eq!(of(world, &user).await, sessions[2..3]);
    assert_eq!(of(world, &other).await, sessions[3..]);
    assert_eq!(world.store().prune_sessions(now, long_ago).await.unwrap(), 0);
}

pub(super) async fn pruning_forgets_those_not_seen_for_long(world: &mut World) {
    let (user, other) = (world.make_owner("acme").await, world.make_owner("other").await);
    let seen_before = sample::at_us(1_800_000_000_000_000);
    let mut sessions = Vec::new();
    for (user, us) in [(&user, -1_000_000), (&other, -1), (&user, 0), (&other, 1)] {
        let last_seen_at = seen_before + TimeDelta::microseconds(us);
        let expires_at = seen_before + TimeDelta::days(1);
        let session = Session { expires_at, ..sample::session(&*world.clock, user) };
        world.put_session(&session).await;
        world.store().touch_session(&session.digest, last_seen_at).await.unwrap();
        sessions.push(session);
    }
    let now = seen_before + TimeDelta::hours(1);
    assert_eq!(world.store().prune_sessions(now, seen_before).await.unwrap(), 2);
    for (session, left) in sessions.iter().zip([false, false, true, true]) {
        assert_eq!(is_there(world, session).await, left, "number {:?}", session.id);
    }
    world.store().touch_session(&sessions[2].digest, seen_before + TimeDelta::hours(1)).await.unwrap();
    let later = seen_before + TimeDelta::microseconds(2);
    assert_eq!(world.store().prune_sessions(now, later).await.unwrap(), 1, "a touch keeps the other");
    assert_eq!(of(world, &user).await.len(), 1);
}

pub(super) async fn one_that_ended_both_ways_is_counted_once(world: &mut World) {
    let user = world.make_owner("acme").await;
    begin(world, &user, 3).await;
    let end = sample::at_us(2_000_000_000_000_000);
    assert_eq!(world.store().prune_sessions(end, end).await.unwrap(), 3);
    assert_eq!(of(world, &user).await, []);
}

pub(super) async fn pruning_is_not_audited(world: &mut World) {
    let user = world.make_owner("acme").await;
    begin(world, &user, 3).await;
    let before = chain_of(world.store(), user.tenant_id).await;
    let end = sample::at_us(2_000_000_000_000_000);
    world.store().prune_sessions(end, end).await.unwrap();
    assert_eq!(chain_of(world.store(), user.tenant_id).await, before);
    assert_eq!(world.store().audit_chains().await.unwrap(), [user.tenant_id]);
}
