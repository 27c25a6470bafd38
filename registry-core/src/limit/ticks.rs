//! The limiter's own time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::{Clock, QuantaClock, QuantaInstant, Reference};

/// Time that never goes back, for limits and pauses. It is no date: see [`crate::clock::Clock`].
pub trait Ticks: Send + Sync {
    /// Nanoseconds since some moment that stays the same.
    fn nanos(&self) -> u64;
}

/// The processor's time, read without a system call where that can be.
#[derive(Debug)]
pub struct SystemTicks {
    clock: QuantaClock,
    start: QuantaInstant,
}

impl Default for SystemTicks {
    fn default() -> Self {
        let clock = QuantaClock::default();
        let start = clock.now();
        Self { clock, start }
    }
}

impl Ticks for SystemTicks {
    fn nanos(&self) -> u64 {
        self.clock.now().duration_since(self.start).as_u64()
    }
}

/// Time that passes when it is told to, for tests.
#[derive(Debug, Default)]
pub struct ManualTicks(AtomicU64);

impl ManualTicks {
    /// Lets this much pass.
    pub fn advance(&self, by: Duration) {
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(nanos, Ordering::Relaxed);
    }
}

impl Ticks for ManualTicks {
    fn nanos(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
