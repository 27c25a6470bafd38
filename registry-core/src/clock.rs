//! The one source of time, ids and randomness, so that tests can stand in for all three.

use std::cell::RefCell;

use chrono::{DateTime, Timelike, Utc};
use uuid::{Builder, Uuid};

/// A point in time, UTC, to the microsecond: the precision that every store keeps.
pub type Timestamp = DateTime<Utc>;

/// Tells the time and makes ids and random bytes. Everything else in the project asks a `Clock`.
pub trait Clock: Send + Sync {
    /// The time now, to the microsecond.
    fn now(&self) -> Timestamp;

    /// A fresh id: a UUID of version 7 (RFC 9562 section 5.7), so ids sort by age.
    fn new_id(&self) -> Uuid;

    /// A fresh id for what comes often and is not kept, such as a request: a UUID of version 7 too, but of two ids of the
    /// same millisecond either may sort first.
    fn new_passing_id(&self) -> Uuid {
        self.new_id()
    }

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

    fn new_passing_id(&self) -> Uuid {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(millis, &random_bytes(self)).into_uuid()
    }

    #[expect(clippy::expect_used, reason = "without randomness no key may be made: there is no way on")]
    fn fill_random(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system's random generator answers");
    }
}

/// Cuts `time` to the microsecond.
fn truncate(time: Timestamp) -> Timestamp {
    time.with_nanosecond(time.nanosecond() / 1_000 * 1_000).unwrap_or(time)
}

/// How many ids' random bytes are fetched at once: asking the operating system for each would be a system call.
const BYTES_AT_ONCE: usize = 64 * ID_BYTES;
/// The random bytes of an id.
const ID_BYTES: usize = 10;

/// The next of this thread's random bytes; each is used once.
fn random_bytes(clock: &impl Clock) -> [u8; ID_BYTES] {
    thread_local! {
        static UNUSED: RefCell<(usize, [u8; BYTES_AT_ONCE])> = const { RefCell::new((0, [0; BYTES_AT_ONCE])) };
    }
    UNUSED.with_borrow_mut(|(left, bytes)| {
        if *left < ID_BYTES {
            clock.fill_random(bytes);
            *left = BYTES_AT_ONCE;
        }
        *left -= ID_BYTES;
        let mut next = [0; ID_BYTES];
        next.copy_from_slice(&bytes[*left..*left + ID_BYTES]);
        next
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{BYTES_AT_ONCE, Clock, ID_BYTES, SystemClock};

    #[test]
    fn passing_ids_are_uuids_of_version_7_with_the_time_and_no_two_are_the_same() {
        let before = SystemClock.now().timestamp_millis();
        let ids: Vec<_> = (0..3 * BYTES_AT_ONCE / ID_BYTES).map(|_| SystemClock.new_passing_id()).collect();
        let after = SystemClock.now().timestamp_millis();
        for id in &ids {
            let millis = i64::try_from(id.as_u128() >> 80).unwrap();
            assert!(id.get_version_num() == 7 && (before..=after).contains(&millis), "{id}");
        }
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        let tails: HashSet<_> = ids.iter().map(|id| id.as_u128() as u64).collect();
        assert_eq!(tails.len(), ids.len(), "the random bytes are used once");
    }

    #[test]
    fn the_time_is_cut_to_the_microsecond() {
        assert!((0..1_000).all(|_| SystemClock.now().timestamp_subsec_nanos().is_multiple_of(1_000)));
    }
}
