//! Roll-ups of health checks: what the checks of an hour or of a day came to.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::health::{CheckReport, CheckStatus};
use super::health_record::Transition;
use super::id::{HealthCheckId, ServerId};
use super::latency::Latencies;
use super::period::Period;
use super::rollup::{Rollup, Tally};
use crate::access::Reach;
use crate::clock::Timestamp;

/// What some checks came to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CheckTally {
    /// How many there were.
    pub checks: u64,
    /// In how many the server was of use.
    pub successes: u64,
    /// In how many of those not all of it worked.
    pub degraded: u64,
    /// How many failed.
    pub failures: u64,
    /// How long the successful ones took.
    pub response_times: Latencies,
}

impl CheckTally {
    /// What one check comes to.
    pub fn of(report: &CheckReport) -> Self {
        let success = report.status.is_success();
        let took = || Latencies::one(Duration::from_micros(report.response_time_us));
        Self {
            checks: 1,
            successes: u64::from(success),
            degraded: u64::from(report.status == CheckStatus::Degraded),
            failures: u64::from(report.status.is_failure()),
            response_times: if success { took() } else { Latencies::default() },
        }
    }

    /// How many of the checks that said something succeeded, in percent: see [`uptime_percent`].
    pub fn uptime_percent(&self) -> Option<f64> {
        uptime_percent(self.successes, self.failures)
    }
}

/// How many of these checks succeeded, in percent to three decimals, rounded down: it is 100 only if none failed. `None`
/// without checks.
pub fn uptime_percent(successes: u64, failures: u64) -> Option<f64> {
    let known = u128::from(successes) + u128::from(failures);
    let thousandths = (u128::from(successes) * 100_000).checked_div(known)?;
    Some(f64::from(u32::try_from(thousandths).ok()?) / 1_000.0)
}

impl Tally for CheckTally {
    fn add(&mut self, other: &Self) {
        let counters = [
            (&mut self.checks, other.checks),
            (&mut self.successes, other.successes),
            (&mut self.degraded, other.degraded),
            (&mut self.failures, other.failures),
        ];
        for (counter, more) in counters {
            *counter = counter.saturating_add(more);
        }
        self.response_times.add(&other.response_times);
    }
}

/// What the checks of one hour or day came to.
pub type CheckRollup = Rollup<CheckTally>;

/// A change of a server's status, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    /// The server.
    pub server_id: ServerId,
    /// When.
    pub at: Timestamp,
    /// The check that found it.
    pub check_id: HealthCheckId,
    /// What it was, and what it is since.
    pub transition: Transition,
}

/// Which changes of status are read, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusChangeQuery {
    /// Whose servers can be seen at all.
    pub reach: Reach,
    /// Only this server's.
    pub server_id: Option<ServerId>,
    /// Leave out those of servers that are not active.
    pub active_only: bool,
    /// Only those of this time.
    pub period: Period,
    /// The most.
    pub limit: u32,
}

/// Up to when health history is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthPrune {
    /// The time now: a store may prepare for what comes.
    pub now: Timestamp,
    /// Checks before this time go, some of them up to a day later.
    pub checks_before: Timestamp,
    /// Roll-ups of hours, and changes of status, before this time go.
    pub hours_before: Timestamp,
    /// Roll-ups of days before this time go.
    pub days_before: Timestamp,
    /// The most rows that are removed one by one.
    pub limit: u32,
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HealthPruned {
    /// Checks. A store that drops many at once may tell about how many.
    pub checks: u64,
    /// Roll-ups, of hours and of days.
    pub rollups: u64,
    /// Changes of status.
    pub changes: u64,
    /// Whether there is more to forget.
    pub more: bool,
}

#[cfg(test)]
mod tests {
    use super::CheckTally;

    fn tally(successes: u64, failures: u64) -> CheckTally {
        CheckTally { successes, failures, ..CheckTally::default() }
    }

    #[test]
    fn uptime_is_whole_only_if_nothing_failed() {
        assert_eq!(tally(0, 0).uptime_percent(), None);
        assert_eq!(tally(7, 0).uptime_percent(), Some(100.0));
        assert_eq!(tally(10_000_000, 1).uptime_percent(), Some(99.999));
        assert_eq!(tally(2, 1).uptime_percent(), Some(66.666));
        assert_eq!(tally(0, 3).uptime_percent(), Some(0.0));
        assert_eq!(tally(u64::MAX, u64::MAX).uptime_percent(), Some(50.0));
    }
}
