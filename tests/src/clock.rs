//! A clock that a test can stop and set.

use std::sync::{Mutex, PoisonError};

use registry_core::clock::{Clock, SystemClock, Timestamp};
use uuid::Uuid;

/// The system's clock until it is set; then it stands still at what it was set to.
#[derive(Debug, Default)]
pub struct ManualClock(Mutex<Option<Timestamp>>);

impl ManualClock {
    /// Stops the clock at `time`.
    pub fn set(&self, time: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(time);
    }

    /// Lets it run again.
    pub fn release(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(|| SystemClock.now())
    }

    fn new_id(&self) -> Uuid {
        SystemClock.new_id()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        SystemClock.fill_random(bytes);
    }
}
