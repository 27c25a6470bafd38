//! Places at one upstream: so many calls at once, so many that wait for one of them, so many streams that are listened on.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::super::Failure;
use super::GuardLimits;

/// The places at one upstream.
#[derive(Debug)]
pub(super) struct Seats {
    calls: Semaphore,
    waiting: Semaphore,
    streams: Semaphore,
    max_wait: Duration,
}

/// Which kind of place is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::proxy) enum Seat {
    /// That of a call.
    Call,
    /// That of a stream which is only listened on.
    Stream,
}

impl Seats {
    pub(super) fn new(limits: &GuardLimits) -> Self {
        Self {
            calls: Semaphore::new(limits.max_calls.min(Semaphore::MAX_PERMITS)),
            waiting: Semaphore::new(limits.max_waiting.min(Semaphore::MAX_PERMITS)),
            streams: Semaphore::new(limits.max_streams.min(Semaphore::MAX_PERMITS)),
            max_wait: limits.max_wait,
        }
    }

    /// Takes a place. A call waits for one, within the bounds and at most `patience`; a stream does not.
    pub(super) async fn take(&self, seat: Seat, patience: Duration) -> Result<(), Failure> {
        match self.take_at_once(seat) {
            Err(_) if seat == Seat::Call => self.wait(patience).await?.forget(),
            taken => taken?,
        }
        Ok(())
    }

    /// Takes a place that is free.
    pub(super) fn take_at_once(&self, seat: Seat) -> Result<(), Failure> {
        self.of(seat).try_acquire().map_err(|_| Failure::Busy)?.forget();
        Ok(())
    }

    /// Turns the place of a call into that of a stream.
    pub(super) fn exchange(&self) -> Result<(), Failure> {
        self.streams.try_acquire().map_err(|_| Failure::Busy)?.forget();
        self.give_back(Seat::Call);
        Ok(())
    }

    pub(super) fn give_back(&self, seat: Seat) {
        self.of(seat).add_permits(1);
    }

    async fn wait(&self, patience: Duration) -> Result<SemaphorePermit<'_>, Failure> {
        let _place_in_the_queue = self.waiting.try_acquire().map_err(|_| Failure::Busy)?;
        let wait = tokio::time::timeout(self.max_wait.min(patience), self.calls.acquire());
        wait.await.map_err(|_| Failure::Busy)?.map_err(|_| Failure::Internal)
    }

    fn of(&self, seat: Seat) -> &Semaphore {
        match seat {
            Seat::Call => &self.calls,
            Seat::Stream => &self.streams,
        }
    }
}
