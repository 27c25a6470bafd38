//! What the monitor does, as metrics.

use std::time::Duration;

use metrics::{Gauge, Histogram, Unit};

use crate::clock::Timestamp;
use crate::model::health::CheckStatus;

const LATE: &str = "mcp_registry_health_check_late_seconds";
const BEHIND: &str = "mcp_registry_health_queue_late_seconds";
const CHECKS: &str = "mcp_registry_health_checks_total";
const IN_FLIGHT: &str = "mcp_registry_health_checks_in_flight";
const WAITING: &str = "mcp_registry_health_checks_waiting";
const LAPSED: &str = "mcp_registry_health_checks_lapsed_total";
const DURATION: &str = "mcp_registry_health_check_duration_seconds";

/// The metrics of one monitor.
pub(super) struct Meter {
    late: Histogram,
    duration: Histogram,
    behind: Gauge,
    in_flight: Gauge,
    waiting: Gauge,
}

impl Meter {
    pub(super) fn new() -> Self {
        describe();
        Self {
            late: metrics::histogram!(LATE),
            duration: metrics::histogram!(DURATION),
            behind: metrics::gauge!(BEHIND),
            in_flight: metrics::gauge!(IN_FLIGHT),
            waiting: metrics::gauge!(WAITING),
        }
    }

    /// A check that was due then begins now.
    pub(super) fn begins(&self, due_at: Timestamp, now: Timestamp) {
        self.late.record(seconds(due_at, now));
    }

    /// A check that took so long is over.
    pub(super) fn ends(&self, status: Option<CheckStatus>, took: Duration) {
        self.duration.record(took.as_secs_f64());
        let status = status.map_or("unrecorded", CheckStatus::as_str);
        metrics::counter!(CHECKS, "status" => status).increment(1);
    }

    /// Checks were not begun, and are somebody else's.
    pub(super) fn lapsed(&self, checks: u64) {
        metrics::counter!(LAPSED).increment(checks);
    }

    /// So many checks are being done, and so many are claimed and wait.
    pub(super) fn load(&self, in_flight: usize, waiting: usize) {
        self.in_flight.set(count(in_flight));
        self.waiting.set(count(waiting));
    }

    /// The first check in the queue is due then.
    pub(super) fn queue(&self, earliest: Option<Timestamp>, now: Timestamp) {
        self.behind.set(earliest.map_or(0.0, |due_at| seconds(due_at, now)));
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    (to - from).to_std().unwrap_or_default().as_secs_f64()
}

fn count(number: usize) -> f64 {
    u32::try_from(number).unwrap_or(u32::MAX).into()
}

fn describe() {
    metrics::describe_histogram!(LATE, Unit::Seconds, "How late a scheduled health check began on this node");
    metrics::describe_histogram!(
        DURATION,
        Unit::Seconds,
        "How long a scheduled check took, retries included"
    );
    metrics::describe_gauge!(BEHIND, Unit::Seconds, "How long the first server in the queue has been due");
    metrics::describe_counter!(CHECKS, "Scheduled health checks of this node by what came of them");
    metrics::describe_gauge!(IN_FLIGHT, "Scheduled health checks that this node is doing");
    metrics::describe_gauge!(WAITING, "Health checks that this node has claimed and not begun");
    metrics::describe_counter!(
        LAPSED,
        "Health checks that this node claimed and left to others, because of a slow host"
    );
}
