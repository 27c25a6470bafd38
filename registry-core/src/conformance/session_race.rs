//! Cases of sessions and preferences at the same time.

use std::future::Future;

use chrono::TimeDelta;

use super::concurrency::{ROUNDS, WRITERS, all_at_once, one_among};
use super::everything::verify_chains;
use super::preference::{of, of_many_servers};
use super::sample;
use super::world::World;
use crate::clock::Clock;
use crate::model::id::ServerId;
use crate::model::preference::MAX_PREFERENCES;
use crate::model::session::EndedSessions;
use crate::model::user::User;
use crate::store::StoreError;

async fn begin(world: &World, user: &User, count: u32) {
    let writes = (0..count).map(|_| {
        let session = sample::session(&*world.clock, user);
        let (store, event) = (world.handle(), world.event(user.tenant_id));
        async move { store.create_session(&session, event).await.unwrap() }
    });
    all_at_once(writes.collect::<Vec<_>>()).await;
}

pub(super) async fn sessions_that_begin_at_the_same_time_are_all_there(world: &mut World) {
    let user = world.make_owner("acme").await;
    begin(world, &user, 4 * WRITERS).await;
    let sessions = world.store().sessions(user.tenant_id, user.id).await.unwrap();
    assert_eq!(sessions.len(), 4 * WRITERS as usize);
    verify_chains(world.store()).await.unwrap();
}

pub(super) async fn sessions_that_end_at_the_same_time_are_counted_once(world: &mut World) {
    let user = world.make_owner("acme").await;
    for _ in 0..ROUNDS {
        begin(world, &user, 5).await;
        let before = world.store().audit_head(user.tenant_id).await.unwrap().seq;
        let ends = (0..WRITERS).map(|_| {
            let (store, event) = (world.handle(), world.event(user.tenant_id));
            let (tenant_id, id) = (user.tenant_id, user.id);
            async move { store.end_sessions(tenant_id, id, EndedSessions::All, event).await.unwrap() }
        });
        let ended = all_at_once(ends).await;
        assert_eq!(ended.iter().sum::<u64>(), 5, "{ended:?}");
        let entries = ended.iter().filter(|ended| **ended > 0).count() as u64;
        let after = world.store().audit_head(user.tenant_id).await.unwrap().seq;
        assert_eq!(after, before + entries, "an entry for each that ended some");
    }
}

pub(super) async fn the_latest_touch_stays(world: &mut World) {
    let user = world.make_owner("acme").await;
    let session = world.make_session(&user).await;
    let at = |number: u32| session.last_seen_at + TimeDelta::microseconds((number * 37 % 160).into());
    let writers = (0..WRITERS).map(|writer| {
        let times: Vec<_> = (0..20).map(|number| at(writer * 20 + number)).collect();
        let (store, digest) = (world.handle(), session.digest);
        async move {
            for at in times {
                store.touch_session(&digest, at).await.unwrap();
            }
        }
    });
    all_at_once(writers).await;
    let holder = world.store().session_by_digest(&session.digest).await.unwrap().unwrap();
    assert_eq!(holder.session.last_seen_at, session.last_seen_at + TimeDelta::microseconds(159));
}

pub(super) async fn a_touch_never_brings_an_ended_session_back(world: &mut World) {
    let user = world.make_owner("acme").await;
    for round in 0..ROUNDS {
        let session = world.make_session(&user).await;
        let touches = (0..WRITERS).map(|_| {
            let (store, digest, at) = (world.handle(), session.digest, world.clock.now());
            async move { store.touch_session(&digest, at).await.unwrap() }
        });
        let (which, event) = (EndedSessions::One(session.id), world.event(user.tenant_id));
        let (store, tenant_id, id) = (world.handle(), user.tenant_id, user.id);
        let end = async move { store.end_sessions(tenant_id, id, which, event).await.unwrap() };
        assert_eq!(one_among(touches.collect(), round, end).await.1, 1);
        assert_eq!(world.store().session_by_digest(&session.digest).await.unwrap(), None);
        assert_eq!(world.store().sessions(user.tenant_id, user.id).await.unwrap(), []);
    }
}

pub(super) async fn preferences_put_at_the_same_time_are_all_there_up_to_the_bound(world: &mut World) {
    let user = world.make_owner("acme").await;
    let count = MAX_PREFERENCES + WRITERS as usize / 2;
    let all = of_many_servers(world, &user, count).await;
    let (before, wanted) = all.split_at(MAX_PREFERENCES - WRITERS as usize / 2);
    world.prefer(&user, before).await.unwrap();
    let writes = wanted.iter().cloned().map(|preference| {
        let (store, event) = (world.handle(), world.event(user.tenant_id));
        let (tenant_id, id) = (user.tenant_id, user.id);
        async move {
            (store.put_preferences(tenant_id, id, std::slice::from_ref(&preference), event).await, preference)
        }
    });
    let mut expected = before.to_vec();
    for (result, preference) in all_at_once(writes.collect::<Vec<_>>()).await {
        match result {
            Ok(()) => expected.push(preference),
            Err(error) => assert!(matches!(error, StoreError::InUse(_)), "{error:?}"),
        }
    }
    expected.sort_by_key(|preference| preference.display_order);
    assert_eq!(expected.len(), MAX_PREFERENCES);
    assert!(of(world, &user).await == expected, "those that were accepted are there");
}

pub(super) async fn a_removed_server_leaves_no_preference_behind(world: &mut World) {
    let user = world.make_owner("acme").await;
    for round in 0..ROUNDS {
        let server = world.make_server(&user, "Weather").await;
        let (store, event, now) = (world.handle(), world.event(user.tenant_id), world.clock.now());
        let (tenant_id, id) = (server.tenant_id, server.id);
        let removal = async move { store.delete_server(tenant_id, id, 1, now, event).await };
        let (_, removed) = one_among(puts(world, &user, id), round, removal).await;
        removed.unwrap();
        world.put_server(&server).await;
        assert_eq!(of(world, &user).await, []);
        let (event, now) = (world.event(user.tenant_id), world.clock.now());
        world.store().delete_server(tenant_id, id, 1, now, event).await.unwrap();
    }
}

pub(super) async fn a_removed_user_leaves_no_preference_behind(world: &mut World) {
    let user = world.make_owner("acme").await;
    let owner = world.make_owner("other").await;
    let server = world.make_server(&owner, "Weather").await;
    for round in 0..ROUNDS {
        let (store, event) = (world.handle(), world.event(user.tenant_id));
        let (tenant_id, id) = (user.tenant_id, user.id);
        let removal = async move { store.delete_user(tenant_id, id, 1, event).await };
        let (_, removed) = one_among(puts(world, &user, server.id), round, removal).await;
        removed.unwrap();
        world.put_user(&user, None).await;
        assert_eq!(of(world, &user).await, []);
    }
}

/// Many writes of a preference for the server, which hold as long as it and the user are there.
fn puts(world: &World, user: &User, server_id: ServerId) -> Vec<impl Future<Output = ()> + Send + 'static> {
    let put = |_| {
        let preference = sample::preference(&*world.clock, server_id);
        let (store, event) = (world.handle(), world.event(user.tenant_id));
        let (tenant_id, id) = (user.tenant_id, user.id);
        async move {
            match store.put_preferences(tenant_id, id, &[preference], event).await {
                Ok(()) | Err(StoreError::Missing) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    };
    (0..WRITERS).map(put).collect()
}
