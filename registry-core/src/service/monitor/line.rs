//! Lines: checks that wait for their turn, one line for each host. Of a line one check is done at a time, and a long
//! line keeps no other waiting.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::job::{Host, Job};
use crate::model::watch::LEASE;

/// How many checks wait for one host at most. One more is left to who claims it later.
const MAX_LINE: u32 = 256;

/// The checks that wait.
#[derive(Default)]
pub(super) struct Lines {
    lines: HashMap<Host, Line>,
    /// The hosts that nobody is at and somebody waits for, in the order in which their turn comes.
    ready: VecDeque<Host>,
    waiting: usize,
}

/// The checks of a host.
#[derive(Default)]
struct Line {
    waiting: VecDeque<Job>,
    is_busy: bool,
    /// How long the last check took.
    took: Duration,
}

impl Line {
    /// How many may wait: as many as can be checked, one after the other, before their claims end.
    fn room(&self) -> usize {
        let lease = LEASE.to_std().unwrap_or_default();
        let room = lease.as_millis() / self.took.as_millis().max(1);
        usize::try_from(room.clamp(1, MAX_LINE.into())).unwrap_or(1)
    }
}

impl Lines {
    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many hosts could be gone to now.
    pub(super) fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Puts a check into its host's line; gives it back if that is too long.
    pub(super) fn push(&mut self, job: Job) -> Result<(), Box<Job>> {
        let host = job.host();
        let line = self.lines.entry(host.clone()).or_default();
        if line.waiting.len() >= line.room() {
            return Err(Box::new(job));
        }
        if !line.is_busy && line.waiting.is_empty() {
            self.ready.push_back(host);
        }
        line.waiting.push_back(job);
        self.waiting += 1;
        Ok(())
    }

    /// The next check, whose host is now busy until [`done`](Self::done).
    pub(super) fn next(&mut self) -> Option<Job> {
        let host = self.ready.pop_front()?;
        let line = self.lines.get_mut(&host)?;
        let job = line.waiting.pop_front()?;
        line.is_busy = true;
        self.waiting -= 1;
        Some(job)
    }

    /// Nobody is at the host any more; the last check took so long.
    pub(super) fn done(&mut self, host: &Host, took: Duration) {
        let Some(line) = self.lines.get_mut(host) else { return };
        (line.is_busy, line.took) = (false, took);
        if line.waiting.is_empty() {
            self.lines.remove(host);
        } else {
            self.ready.push_back(host.clone());
        }
    }

    /// All that wait.
    pub(super) fn drain(&mut self) -> Vec<Job> {
        (self.waiting, self.ready) = (0, VecDeque::new());
        std::mem::take(&mut self.lines).into_values().flat_map(|line| line.waiting).collect()
    }
}
