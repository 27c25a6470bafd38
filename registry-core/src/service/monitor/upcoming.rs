//! Upcoming: checks that are claimed and due in a moment. Each is begun at its own moment, not all that were claimed at once:
//! a burst of them would keep whoever else needs the store waiting.

use std::collections::BTreeMap;

use tokio::time::{Instant, sleep_until};

use super::job::Job;

/// The checks, by the moment and the order in which they came.
#[derive(Default)]
pub(super) struct Upcoming {
    jobs: BTreeMap<(Instant, u64), Job>,
    came: u64,
}

impl Upcoming {
    /// How many there are.
    pub(super) fn waiting(&self) -> usize {
        self.jobs.len()
    }

    /// Keeps a check until `at`.
    pub(super) fn put(&mut self, at: Instant, job: Job) {
        self.came += 1;
        self.jobs.insert((at, self.came), job);
    }

    /// Ends when there is one to begin.
    pub(super) async fn due(&self) {
        match self.jobs.first_key_value() {
            Some(((at, _), _)) => sleep_until(*at).await,
            None => std::future::pending().await,
        }
    }

    /// One whose moment has come by `now`.
    pub(super) fn take(&mut self, now: Instant) -> Option<Job> {
        let first = self.jobs.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }

    /// All that wait.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Job> {
        std::mem::take(&mut self.jobs).into_values()
    }
}
