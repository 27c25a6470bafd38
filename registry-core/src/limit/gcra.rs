//! GCRA on one number: governor decides, and the number is ours.
//!
//! governor's own state can only be taken from. A decision over several buckets must look before it takes, and
//! headers need what is left afterwards, so the state is a [`StateStore`] of our own. The number is the time at
//! which the bucket is full again. governor is told every time as seen from the decision's own time, which is
//! its zero: so it sees the bucket's debt, the time that is missing until it is full.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::RateLimiter;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};

use super::quota::Quota;

/// Whether a decision changes the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Only see whether a call would be allowed.
    Look,
    /// Take a call, if it is allowed.
    Take,
}

/// Makes one decision at the time `now`. Answers the debt afterwards in nanoseconds, as an error if the bucket
/// has no call left.
pub(super) fn decide(full_at: &AtomicU64, now: u64, quota: Quota, step: Step) -> Result<u64, u64> {
    let state = Debt { full_at, now, step, debt: Cell::new(0) };
    let limiter = RateLimiter::<_, _, _, NoOpMiddleware<Nanos>>::new(quota.governor(), state, Zero);
    let allowed = limiter.check().is_ok();
    let debt = limiter.into_state_store().debt.get();
    if allowed { Ok(debt) } else { Err(debt) }
}

/// The time of a decision as the decision sees it.
#[derive(Debug, Clone, Copy)]
struct Zero;

impl Clock for Zero {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(0)
    }
}

struct Debt<'a> {
    full_at: &'a AtomicU64,
    now: u64,
    step: Step,
    debt: Cell<u64>,
}

impl StateStore for Debt<'_> {
    type Key = NotKeyed;

    /// Relaxed: nothing else is read or written by the order of this number's changes.
    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut full_at = self.full_at.load(Ordering::Relaxed);
        loop {
            self.debt.set(full_at.saturating_sub(self.now));
            let (outcome, debt) = decide(Some(self.debt.get().into()))?;
            if self.step == Step::Look {
                return Ok(outcome);
            }
            let next = self.now.saturating_add(debt.as_u64());
            match self.full_at.compare_exchange_weak(full_at, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => {
                    self.debt.set(debt.as_u64());
                    return Ok(outcome);
                }
                Err(changed) => full_at = changed,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    /// One call a second, three at once.
    fn quota() -> Quota {
        Quota::new(60, 3).unwrap()
    }

    #[test]
    fn a_full_bucket_gives_its_burst_and_then_its_rate() {
        let bucket = AtomicU64::new(0);
        let take = |now| decide(&bucket, now, quota(), Step::Take);
        assert_eq!(take(0), Ok(SECOND));
        assert_eq!(take(0), Ok(2 * SECOND));
        assert_eq!(take(0), Ok(3 * SECOND));
        assert_eq!(take(SECOND - 1), Err(2 * SECOND + 1));
        assert_eq!(take(SECOND), Ok(3 * SECOND));
        assert_eq!(take(SECOND), Err(3 * SECOND));
        assert_eq!(take(100 * SECOND), Ok(SECOND));
    }

    #[test]
    fn looking_takes_nothing() {
        let bucket = AtomicU64::new(0);
        for _ in 0..10 {
            assert_eq!(decide(&bucket, 0, quota(), Step::Look), Ok(0));
        }
        assert_eq!(decide(&bucket, 0, quota(), Step::Take), Ok(SECOND));
    }

    #[test]
    fn a_late_thread_that_saw_an_earlier_time_gains_nothing() {
        let bucket = AtomicU64::new(0);
        for _ in 0..3 {
            decide(&bucket, 10 * SECOND, quota(), Step::Take).unwrap();
        }
        assert_eq!(decide(&bucket, 9 * SECOND, quota(), Step::Take), Err(4 * SECOND));
    }

    /// governor as it comes, with its own state and its clock for tests, is the measure.
    #[test]
    fn decisions_are_those_of_governor_with_its_own_state() {
        use governor::clock::FakeRelativeClock;
        use std::time::Duration;
        for (rpm, burst) in [(60, 3), (100, 100), (7, 1), (1, 1_000), (100_000_000, 5)] {
            let (quota, clock) = (Quota::new(rpm, burst).unwrap(), FakeRelativeClock::default());
            let theirs = RateLimiter::direct_with_clock(quota.governor(), clock.clone());
            let (ours, mut random) = (AtomicU64::new(0), u64::from(rpm) + 1);
            for _ in 0..2_000 {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                clock.advance(Duration::from_nanos((random >> 33) % (2 * quota.interval_nanos())));
                let allowed = decide(&ours, clock.now().as_u64(), quota, Step::Take).is_ok();
                assert_eq!(allowed, theirs.check().is_ok(), "{quota:?}");
            }
        }
    }
}
