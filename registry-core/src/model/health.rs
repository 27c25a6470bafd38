//! Health check: one look at a server, and what it means for the server's state.

use serde::{Deserialize, Serialize};

use super::id::{HealthCheckId, ServerId, TenantId, UserId};
use super::role::spelled;
use super::server::{HealthStatus, ServerHealth};
use super::settings::HealthPolicy;
use crate::clock::Timestamp;
use crate::probe::SLOW;

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
        /// It would not be asked: it limits the rate of requests (HTTP 429), or this node was too busy to ask.
        Unknown = "unknown",
    }
}

impl CheckStatus {
    /// Whether the server is of use.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Healthy | Self::Degraded)
    }

    /// Whether something is wrong with the server.
    pub const fn is_failure(self) -> bool {
        !self.is_success() && !matches!(self, Self::Unknown)
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

impl CheckReport {
    /// As the policy sees it: a server that answers well, but later than it may, is degraded.
    #[must_use]
    pub fn judged(self, policy: &HealthPolicy) -> Self {
        let above_ms = u64::from(policy.degraded_above_ms);
        if self.status != CheckStatus::Healthy || self.response_time_us <= above_ms * 1_000 {
            return self;
        }
        let took_ms = self.response_time_us / 1_000;
        let message =
            format!("the server took {took_ms} ms to answer, and should take at most {above_ms} ms");
        let error = Some(CheckError { code: SLOW.to_owned(), message });
        Self { status: CheckStatus::Degraded, error, ..self }
    }
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
/// fewer make one that worked degraded. A check that found nothing out makes the state unknown; it counts neither as
/// a success nor as a failure, and ends no row of failures.
pub fn next_state(previous: &ServerHealth, check: &HealthCheck, alert_threshold: u32) -> ServerHealth {
    let mut next = previous.clone();
    next.last_check_at = Some(check.performed_at);
    if check.report.status == CheckStatus::Unknown {
        next.status = HealthStatus::Unknown;
        return next;
    }
    next.checks += 1;
    if check.report.status.is_success() {
        next.successes += 1;
        next.total_response_us += check.report.response_time_us;
        next.consecutive_failures = 0;
        next.last_deep_at = Some(check.performed_at).filter(|_| check.deep).or(next.last_deep_at);
    } else {
        next.consecutive_failures = next.consecutive_failures.saturating_add(1);
        next.last_error = check.report.error.as_ref().map(|error| error.message.clone());
        next.last_error_at = Some(check.performed_at);
    }
    next.impaired_checks = match check.report.status {
        CheckStatus::Healthy => 0,
        CheckStatus::Degraded => next.impaired_checks.saturating_add(1),
        _ => next.impaired_checks,
    };
    next.status = status_after(previous, check.report.status, next.consecutive_failures >= alert_threshold);
    next
}

fn status_after(previous: &ServerHealth, check: CheckStatus, over_threshold: bool) -> HealthStatus {
    let worked = match previous.status {
        HealthStatus::Healthy | HealthStatus::Degraded => true,
        HealthStatus::Unknown => previous.successes > 0,
        HealthStatus::Unhealthy => false,
    };
    match check {
        CheckStatus::Healthy => HealthStatus::Healthy,
        CheckStatus::Degraded => HealthStatus::Degraded,
        _ if worked && !over_threshold => HealthStatus::Degraded,
        _ => HealthStatus::Unhealthy,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn check(status: CheckStatus) -> HealthCheck {
        let error = CheckError { code: "X".to_owned(), message: "it said so".to_owned() };
        HealthCheck {
            id: HealthCheckId(Uuid::nil()),
            tenant_id: None,
            server_id: ServerId(Uuid::nil()),
            performed_at: Timestamp::UNIX_EPOCH,
            performed_by: None,
            check_type: CheckType::Scheduled,
            deep: false,
            report: CheckReport {
                status,
                response_time_us: 1_500,
                connectivity: true,
                authentication: true,
                capabilities: Vec::new(),
                protocol_version: None,
                tools_count: None,
                resources_count: None,
                prompts_count: None,
                error: status.is_failure().then_some(error),
            },
        }
    }

    /// The states after each of these checks of a server whose alert threshold is 3.
    fn states(checks: &[CheckStatus]) -> Vec<HealthStatus> {
        let mut health = ServerHealth::default();
        let step = |status: &CheckStatus| {
            health = next_state(&health, &check(*status), 3);
            health.status
        };
        checks.iter().map(step).collect()
    }

    #[test]
    fn failures_below_the_threshold_degrade_a_server_that_worked() {
        use HealthStatus::{Degraded, Healthy, Unhealthy};
        let checks = [CheckStatus::Healthy, CheckStatus::Timeout, CheckStatus::Error, CheckStatus::Unhealthy];
        assert_eq!(states(&checks), [Healthy, Degraded, Degraded, Unhealthy]);
        assert_eq!(states(&[CheckStatus::Timeout, CheckStatus::Healthy]), [Unhealthy, Healthy]);
        assert_eq!(states(&[CheckStatus::Degraded, CheckStatus::Healthy]), [Degraded, Healthy]);
    }

    #[test]
    fn a_server_that_would_not_be_asked_is_unknown_and_that_counts_for_nothing() {
        use HealthStatus::{Degraded, Healthy, Unhealthy, Unknown};
        let timeout = CheckStatus::Timeout;
        let checks = [CheckStatus::Healthy, CheckStatus::Unknown, timeout, CheckStatus::Unknown, timeout];
        assert_eq!(states(&checks), [Healthy, Unknown, Degraded, Unknown, Degraded]);
        let three = [CheckStatus::Healthy, timeout, timeout, CheckStatus::Unknown, timeout];
        assert_eq!(states(&three), [Healthy, Degraded, Degraded, Unknown, Unhealthy]);
        let before = next_state(&ServerHealth::default(), &check(timeout), 3);
        let after = next_state(&before, &check(CheckStatus::Unknown), 3);
        assert_eq!(ServerHealth { status: before.status, ..after }, before);
    }

    #[test]
    fn a_server_that_answers_late_is_degraded() {
        let policy = HealthPolicy { degraded_above_ms: 1, ..HealthPolicy::default() };
        let report = check(CheckStatus::Healthy).report;
        let slow = report.clone().judged(&policy);
        assert_eq!((slow.status, slow.error.unwrap().code.as_str()), (CheckStatus::Degraded, SLOW));
        let policy = HealthPolicy { degraded_above_ms: 2, ..policy };
        assert_eq!(report.clone().judged(&policy), report);
        let failed = check(CheckStatus::Timeout).report;
        assert_eq!(failed.clone().judged(&HealthPolicy { degraded_above_ms: 1, ..policy }), failed);
    }

    #[test]
    fn only_a_deep_check_that_succeeds_counts_as_one() {
        let deep =
            |status| next_state(&ServerHealth::default(), &HealthCheck { deep: true, ..check(status) }, 3);
        assert_eq!(deep(CheckStatus::Healthy).last_deep_at, Some(Timestamp::UNIX_EPOCH));
        assert_eq!(deep(CheckStatus::Timeout).last_deep_at, None);
        assert_eq!(
            next_state(&deep(CheckStatus::Healthy), &check(CheckStatus::Healthy), 3).last_deep_at,
            Some(Timestamp::UNIX_EPOCH)
        );
    }
}
