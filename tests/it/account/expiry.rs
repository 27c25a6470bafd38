//! When a session ends by itself: to the second, and not while it is used.

use black_box_tests::{Service, SignedIn, on_every_store};
use chrono::{DateTime, TimeDelta, Utc};
use registry_core::clock::{Clock, SystemClock};
use registry_core::service::SessionPolicy;

use super::kit::{PASSWORD, olga};

on_every_store!(
    a_session_that_is_not_used_ends_after_thirty_minutes_to_the_microsecond,
    a_session_that_is_used_goes_on,
    a_session_ends_after_twelve_hours_however_much_it_is_used,
    sessions_that_are_over_are_forgotten,
);

const TICK: TimeDelta = TimeDelta::microseconds(1);

struct Scene<'a> {
    service: &'a Service,
    start: DateTime<Utc>,
    session: SignedIn,
    policy: SessionPolicy,
}

impl<'a> Scene<'a> {
    async fn new(service: &'a Service) -> Self {
        let admin = service.admin().await;
        olga(&admin).await;
        let start = SystemClock.now();
        service.clock.set(start);
        let session = service.client().sign_in("olga", PASSWORD).await;
        Self { service, start, session, policy: SessionPolicy::default() }
    }

    /// Whether the session is accepted this long after it began.
    async fn is_in_at(&self, after: TimeDelta) -> bool {
        self.service.clock.set(self.start + after);
        self.session.client.get("/api/users/me").await.status == 200
    }
}

async fn a_session_that_is_not_used_ends_after_thirty_minutes_to_the_microsecond(service: &Service) {
    let scene = Scene::new(service).await;
    let idle = scene.policy.idle;
    assert!(!scene.is_in_at(idle).await);
    assert!(!scene.is_in_at(idle + TimeDelta::hours(3)).await);
    assert!(scene.is_in_at(idle - TICK).await);
    let again = idle - TICK + idle;
    assert!(!scene.is_in_at(again).await);
    assert!(scene.is_in_at(again - TICK).await, "the last use counted");
}

/// Each use counts, also the first one in a while, which a cached session would answer.
async fn a_session_that_is_used_goes_on(service: &Service) {
    let scene = Scene::new(service).await;
    let mut after = TimeDelta::zero();
    for minutes in [1, 29, 29, 2, 29, 1, 29] {
        after += TimeDelta::minutes(minutes);
        assert!(scene.is_in_at(after).await, "{minutes} minutes after the last use");
    }
    assert!(!scene.is_in_at(after + scene.policy.idle).await);
}

async fn a_session_ends_after_twelve_hours_however_much_it_is_used(service: &Service) {
    let scene = Scene::new(service).await;
    let end = scene.policy.absolute;
    let mut after = TimeDelta::zero();
    while after + TimeDelta::minutes(20) < end {
        after += TimeDelta::minutes(20);
        assert!(scene.is_in_at(after).await, "{after}");
    }
    assert!(scene.is_in_at(end - TICK).await);
    assert!(!scene.is_in_at(end).await);
}

async fn sessions_that_are_over_are_forgotten(service: &Service) {
    let scene = Scene::new(service).await;
    service.clock.set(scene.start + scene.policy.idle - TICK);
    assert_eq!(service.registry.sessions.prune().await.unwrap(), 0);
    service.clock.set(scene.start + scene.policy.idle + TICK);
    assert_eq!(service.registry.sessions.prune().await.unwrap(), 1);
    service.clock.set(scene.start);
    assert_eq!(scene.session.client.get("/api/users/me").await.status, 401);
}
