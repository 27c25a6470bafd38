//! One node.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use registry_core::limit::{BucketName, Buckets, Decision, Limit, LimitKind, Limiter};
use registry_core::model::id::UserId;

use crate::world::{key, limiter, tenant, user};

fn take(limiter: &Limiter, buckets: &Buckets<'_>) -> Decision {
    limiter.try_take_local(buckets).expect("nobody else has a say")
}

#[test]
fn the_strictest_limit_wins_and_is_named() {
    let (limiter, _ticks) = limiter();
    let (key, user, tenant) = (key(&limiter, 60, 10), user(&limiter, 60, 2), tenant(&limiter, 60, 5));
    let buckets = Buckets::from([Some(&*key), Some(&*user), Some(&*tenant)]);
    for remaining in [1, 0] {
        let Decision::Allowed(standing) = take(&limiter, &buckets) else { panic!("it was denied") };
        assert_eq!((standing.kind(), standing.remaining()), (LimitKind::User, remaining));
    }
    let denied = take(&limiter, &buckets);
    assert!(!denied.is_allowed());
    assert_eq!(denied.standing().map(|standing| standing.kind()), Some(LimitKind::User));
    assert_eq!(denied.retry_after(), Some(1));
}

#[test]
fn a_denied_call_takes_from_no_bucket() {
    let (limiter, _ticks) = limiter();
    let (key, tenant) = (key(&limiter, 1, 10), tenant(&limiter, 1, 1));
    let both = Buckets::from([Some(&*key), Some(&*tenant)]);
    assert!(take(&limiter, &both).is_allowed());
    for _ in 0..50 {
        assert!(!take(&limiter, &both).is_allowed());
    }
    let alone = take(&limiter, &Buckets::from([Some(&*key)]));
    assert_eq!(alone.standing().map(|standing| standing.remaining()), Some(8));
}

#[test]
fn a_denial_names_the_longest_wait() {
    let (limiter, _ticks) = limiter();
    let (key, user) = (key(&limiter, 60, 1), user(&limiter, 20, 1));
    let both = Buckets::from([Some(&*key), Some(&*user)]);
    assert!(take(&limiter, &both).is_allowed());
    let denied = take(&limiter, &both);
    assert_eq!(denied.standing().map(|standing| standing.kind()), Some(LimitKind::User));
    assert_eq!(denied.retry_after(), Some(3));
}

#[test]
fn what_is_unlimited_is_allowed_and_has_no_bucket() {
    let (limiter, _ticks) = limiter();
    let name = BucketName::User(UserId(uuid::Uuid::nil()));
    assert!(limiter.bucket(name, Limit::Unlimited).is_none());
    assert_eq!(take(&limiter, &Buckets::from([None, None])), Decision::Unlimited);
}

#[test]
fn over_ten_minutes_the_burst_and_the_rate_are_allowed_and_no_call_more() {
    let (limiter, ticks) = limiter();
    let key = key(&limiter, 100, 20);
    let mut allowed = 0;
    for _ in 0..6_000 {
        allowed += u32::from(take(&limiter, &Buckets::from([Some(&*key)])).is_allowed());
        ticks.advance(Duration::from_millis(100));
    }
    // The last of the 1,000 comes with the last advance, after the last call.
    assert_eq!(allowed, 20 + 1_000 - 1);
}

#[test]
fn waiting_as_long_as_retry_after_says_is_enough() {
    let (limiter, ticks) = limiter();
    let (key, tenant) = (key(&limiter, 7, 3), tenant(&limiter, 100, 3));
    let buckets = Buckets::from([Some(&*key), Some(&*tenant)]);
    for _ in 0..100 {
        if let Some(seconds) = take(&limiter, &buckets).retry_after() {
            ticks.advance(Duration::from_secs(seconds));
            assert!(take(&limiter, &buckets).is_allowed());
        }
        ticks.advance(Duration::from_millis(700));
    }
}

#[test]
fn threads_together_are_allowed_exactly_the_burst() {
    for _ in 0..50 {
        let (limiter, _ticks) = limiter();
        let (key, tenant) = (key(&limiter, 1, 100), tenant(&limiter, 1, 100));
        let allowed = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let decision = take(&limiter, &Buckets::from([Some(&*key), Some(&*tenant)]));
                        allowed.fetch_add(u32::from(decision.is_allowed()), Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(allowed.into_inner(), 100);
    }
}
