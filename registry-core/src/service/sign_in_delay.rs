//! Delay of sign-ins by source: who guesses wrong waits, the account that is guessed at does not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;

use crate::clock::Timestamp;
use crate::limit::AddressKey;

/// How many wrong guesses are free.
const FREE_FAILURES: u32 = 3;
/// The first delay; each further failure doubles it.
const FIRST_DELAY: Duration = Duration::from_millis(250);
/// The longest delay.
const MAX_DELAY: Duration = Duration::from_secs(8);
/// After how long without a failure a source starts anew.
const FORGET_AFTER: TimeDelta = TimeDelta::minutes(15);
/// How many sources are remembered. Beyond that the oldest are forgotten.
const MAX_SOURCES: usize = 8_192;

/// The failures of a source.
#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// The sources that failed lately. Only sign-ins look here, so one lock will do.
#[derive(Debug, Default)]
pub(super) struct SignInDelay(Mutex<HashMap<AddressKey, Failures>>);

impl SignInDelay {
    /// How long the next sign-in from there is to wait.
    pub(super) fn of(&self, source: Option<AddressKey>, now: Timestamp) -> Duration {
        let sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = source.and_then(|source| sources.get(&source));
        match failures.filter(|failures| now - failures.last < FORGET_AFTER) {
            Some(failures) => delay(failures.count),
            None => Duration::ZERO,
        }
    }

    /// Notes a failure.
    pub(super) fn failed(&self, source: Option<AddressKey>, now: Timestamp) {
        let Some(source) = source else { return };
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.len() >= MAX_SOURCES && !sources.contains_key(&source) {
            forget(&mut sources, now);
        }
        let failures = sources.entry(source).or_insert(Failures { count: 0, last: now });
        let forgotten = now - failures.last >= FORGET_AFTER;
        failures.count = if forgotten { 1 } else { failures.count.saturating_add(1) };
        failures.last = now;
    }
}

fn delay(failures: u32) -> Duration {
    match failures.checked_sub(FREE_FAILURES) {
        None => Duration::ZERO,
        Some(more) => FIRST_DELAY.saturating_mul(1_u32.checked_shl(more).unwrap_or(u32::MAX)).min(MAX_DELAY),
    }
}

/// Makes room: what is old goes; if nothing is, the older half.
fn forget(sources: &mut HashMap<AddressKey, Failures>, now: Timestamp) {
    sources.retain(|_, failures| now - failures.last < FORGET_AFTER);
    if sources.len() >= MAX_SOURCES {
        let mut times: Vec<_> = sources.values().map(|failures| failures.last).collect();
        let middle = times.len() / 2;
        let (_, middle, _) = times.select_nth_unstable(middle);
        let middle = *middle;
        sources.retain(|_, failures| failures.last > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn source(number: u32) -> Option<AddressKey> {
        Some(std::net::IpAddr::from(number.to_be_bytes()).into())
    }

    #[test]
    fn the_delay_doubles_with_each_failure_up_to_a_bound_and_is_forgotten() {
        let delays = SignInDelay::default();
        let mut seen = Vec::new();
        for _ in 0..12 {
            delays.failed(source(1), at(0));
            seen.push(delays.of(source(1), at(1)).as_millis());
        }
        assert_eq!(seen, [0, 0, 250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000, 8_000, 8_000]);
        assert_eq!(delays.of(source(2), at(1)), Duration::ZERO, "another source does not wait");
        assert_eq!(delays.of(source(1), at(900)), Duration::ZERO);
        delays.failed(source(1), at(900));
        assert_eq!(delays.of(source(1), at(900)), Duration::ZERO, "it starts anew");
    }

    #[test]
    fn a_flood_of_sources_is_bounded() {
        let delays = SignInDelay::default();
        for number in 0..50_000 {
            delays.failed(source(number), at(i64::from(number) / 1_000));
        }
        assert!(delays.0.lock().unwrap().len() <= MAX_SOURCES);
    }
}
