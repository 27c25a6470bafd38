//! The one source of time, ids and randomness, so that tests can stand in for all three.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use uuid::Uuid;

/// A point in time, UTC, to the microsecond: the precision that every store keeps.
pub type Timestamp = DateTime<Utc>;

/// Tells the time and makes ids and random bytes. Everything else in the project asks a `Clock`.
pub trait Clock: Send + Sync {
    /// The time now, to the microsecond.
    fn now(&self) -> Timestamp;

    /// A fresh id: a UUID of version 7 (RFC 9562 section 5.7), so ids sort by age.
    fn new_id(&self) -> Uuid;

    /// Fills `bytes` from a cryptographically secure generator.
    fn fill_random(&self, bytes: &mut [u8]);
}

/// The operating system's clock and random generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
    fn now(&self) -> Timestamp {
        truncate(Utc::now())
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }

    #[expect(clippy::expect_used, reason = "without randomness no key may be made: there is no way on")]
    fn fill_random(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system's random generator answers");
    }
}

/// Cuts `time` to the microsecond.
fn truncate(time: Timestamp) -> Timestamp {
    time.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(time)
}
