//! Health check: one look at a server, and what it means for the server's state.

use serde::{Deserialize, Serialize};

use super::id::{HealthCheckId, ServerId, TenantId, UserId};
use super::role::spelled;
use super::server::{HealthStatus, ServerHealth};
use crate::clock::Timestamp;

spelled! {
    /// Who or what asked for a check.
    CheckType {
        /// A person, or a key, did.
        Manual = "manual",
        /// The registration or a change of the server did.
        Automatic = "automatic",
        /// The scheduler did.
        Scheduled = "scheduled",
    }
}

spelled! {
    /// What came of a check.
    CheckStatus {
        /// The server answered well.
        Healthy = "healthy",
        /// It answered, but not all of it works.
        Degraded = "degraded",
        /// It answered wrongly, or asked for other credentials.
        Unhealthy = "unhealthy",
        /// It did not answer in time.
        Timeout = "timeout",
        /// It could not be reached.
        Error = "error",
    }
}

impl CheckStatus {
    /// Whether the server is of use.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Healthy | Self::Degraded)
    }
}

/// Why a check failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckError {
    /// A stable code: `REFUSED_ADDRESS`, `TIMEOUT`, `UNAUTHORIZED` ... (see [`crate::probe`]).
    pub code: String,
    /// A sentence without secrets.
    pub message: String,
}

/// What a check found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// What came of it.
    pub status: CheckStatus,
    /// How long it took, in microseconds.
    pub response_time_us: u64,
    /// Whether the server was reached.
    pub connectivity: bool,
    /// Whether it accepted the credentials.
    pub authentication: bool,
    /// The capabilities that it declares: `tools`, `resources`, `prompts` ...
    pub capabilities: Vec<String>,
    /// The MCP version that was agreed.
    pub protocol_version: Option<String>,
    /// How many tools it lists (deep checks only).
    pub tools_count: Option<u32>,
    /// How many resources it lists (deep checks only).
    pub resources_count: Option<u32>,
    /// How many prompts it lists (deep checks only).
    pub prompts_count: Option<u32>,
    /// Why it failed.
    pub error: Option<CheckError>,
}

/// One row of a server's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// Its id.
    pub id: HealthCheckId,
    /// The server's tenant.
    pub tenant_id: Option<TenantId>,
    /// The server.
    pub server_id: ServerId,
    /// When.
    pub performed_at: Timestamp,
    /// By whom; `None` for the service itself.
    pub performed_by: Option<UserId>,
    /// Who or what asked.
    pub check_type: CheckType,
    /// Whether tools, resources and prompts were listed.
    pub deep: bool,
    /// What it found out.
    pub report: CheckReport,
}

/// The state after a check: one success heals, `alert_threshold` failures in a row make a server unhealthy,
/// fewer make one that worked degraded.
pub fn next_state(previous: &ServerHealth, check: &HealthCheck, alert_threshold: u32) -> ServerHealth {
    let mut next = previous.clone();
    next.last_check_at = Some(check.performed_at);
    next.checks += 1;
    if check.report.status.is_success() {
        next.successes += 1;
        next.total_response_us += check.report.response_time_us;
        next.consecutive_failures = 0;
    } else {
        next.consecutive_failures = next.consecutive_failures.saturating_add(1);
        next.last_error = check.report.error.as_ref().map(|error| error.message.clone());
        next.last_error_at = Some(check.performed_at);
    }
    next.status = status_after(previous, check.report.status, next.consecutive_failures >= alert_threshold);
    next
}

fn status_after(previous: &ServerHealth, check: CheckStatus, over_threshold: bool) -> HealthStatus {
    let worked = matches!(previous.status, HealthStatus::Healthy | HealthStatus::Degraded);
    match check {
        CheckStatus::Healthy => HealthStatus::Healthy,
        CheckStatus::Degraded => HealthStatus::Degraded,
        _ if worked && !over_threshold => HealthStatus::Degraded,
        _ => HealthStatus::Unhealthy,
    }
}
