//! Watches whether the shared limits answer, so that calls do not wait for what is away.
//!
//! After a failure nobody asks for a pause; then one call does. If it fails the pause is twice as long, up to a
//! bound; if it is answered, all ask again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::bucket::Buckets;
use super::count::SharedHealth;
use super::decision::Decision;
use super::shared::{SharedLimits, SharedLimitsError};
use super::ticks::Ticks;

/// The pause after the first failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How often the pause is doubled at most: 32 times the first is more than [`LONGEST_PAUSE`].
const MAX_DOUBLINGS: u32 = 5;
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// [`Watch::ask_at`] while the shared limits answer.
const NOW: u64 = 0;

/// What a call is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Ask: they answered before.
    Ask,
    /// Ask alone, after a pause.
    Probe,
    /// Do not wait for them.
    Pass,
}

/// The shared limits, and whether they answer.
pub(super) struct Watch {
    shared: Arc<dyn SharedLimits>,
    wait: Duration,
    ticks: Arc<dyn Ticks>,
    /// [`NOW`], or the time from which the next call probes.
    ask_at: AtomicU64,
    /// Failures since the last answer, as far as pauses count them.
    failures: AtomicU32,
    health: SharedHealth,
}

impl Watch {
    pub(super) fn new(shared: Arc<dyn SharedLimits>, wait: Duration, ticks: Arc<dyn Ticks>) -> Self {
        let (ask_at, failures) = (AtomicU64::new(NOW), AtomicU32::new(0));
        Self { shared, wait, ticks, ask_at, failures, health: SharedHealth::new() }
    }

    /// Their decision, or `None` if this node is to decide.
    pub(super) async fn take(&self, buckets: &Buckets<'_>) -> Option<Decision> {
        let turn = self.turn();
        if turn == Turn::Pass {
            return None;
        }
        let answer = tokio::time::timeout(self.wait, self.shared.take(buckets)).await;
        match answer.unwrap_or(Err(SharedLimitsError::Timeout)) {
            Ok(decision) => {
                self.answered(turn);
                Some(decision)
            }
            Err(error) => {
                self.failed(turn, &error);
                None
            }
        }
    }

    /// The prober claims its turn by setting the next one, so it may be dropped half-way without harm.
    fn turn(&self) -> Turn {
        let ask_at = self.ask_at.load(Ordering::Acquire);
        if ask_at == NOW {
            return Turn::Ask;
        }
        if self.ticks.nanos() < ask_at {
            return Turn::Pass;
        }
        let next = self.after_pause(self.failures.load(Ordering::Acquire));
        match self.ask_at.compare_exchange(ask_at, next, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Turn::Probe,
            Err(_) => Turn::Pass,
        }
    }

    fn answered(&self, turn: Turn) {
        if turn == Turn::Probe {
            self.failures.store(0, Ordering::Release);
            self.ask_at.store(NOW, Ordering::Release);
            self.health.up.set(1.0);
            tracing::info!("the shared rate limits answer again and decide for all nodes");
        }
    }

    /// Of many calls that fail together one starts the pause.
    fn failed(&self, turn: Turn, error: &SharedLimitsError) {
        self.health.errors.increment(1);
        if turn == Turn::Probe {
            let failures = self.failures.fetch_add(1, Ordering::AcqRel) + 1;
            self.ask_at.store(self.after_pause(failures), Ordering::Release);
        } else if self.stop_asking() {
            self.health.up.set(0.0);
            tracing::warn!(%error, "the shared rate limits are away: each node limits by itself until they are back");
        }
    }

    /// Whether this call was the one to do so.
    fn stop_asking(&self) -> bool {
        let next = self.after_pause(0);
        self.ask_at.compare_exchange(NOW, next, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The time after the pause that follows this many failed probes.
    fn after_pause(&self, failures: u32) -> u64 {
        let pause = (FIRST_PAUSE * (1 << failures.min(MAX_DOUBLINGS))).min(LONGEST_PAUSE);
        let pause = u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX);
        self.ticks.nanos().saturating_add(pause)
    }
}
