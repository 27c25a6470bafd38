//! Metrics of decisions.

use metrics::{Counter, Gauge};

use super::decision::Decision;
use super::name::LimitKind;

const DECISIONS: &str = "mcp_registry_rate_limit_decisions_total";
const SHARED_UP: &str = "mcp_registry_rate_limit_shared_up";
const SHARED_ERRORS: &str = "mcp_registry_rate_limit_shared_errors_total";

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// This node.
    Local,
    /// All nodes together.
    Shared,
}

/// Counters of one kind of limit, held so that counting is one atomic addition.
struct OfKind {
    allowed: [Counter; 2],
    denied: [Counter; 2],
}

impl OfKind {
    fn new(kind: LimitKind) -> Self {
        let of = |outcome: &'static str| {
            ["local", "shared"].map(|source| {
                metrics::counter!(DECISIONS, "limit" => kind.as_str(), "outcome" => outcome, "source" => source)
            })
        };
        Self { allowed: of("allowed"), denied: of("denied") }
    }
}

/// Counts decisions by the limit that was the strictest. A call without limits is not counted.
pub(super) struct Decisions(Vec<OfKind>);

impl Decisions {
    pub(super) fn new() -> Self {
        metrics::describe_counter!(
            DECISIONS,
            "Calls that a rate limit allowed or denied, by the strictest limit"
        );
        Self(LimitKind::ALL.iter().map(|kind| OfKind::new(*kind)).collect())
    }

    pub(super) fn add(&self, decision: &Decision, source: Source) {
        let Some(standing) = decision.standing() else { return };
        let Some(counters) = self.0.get(standing.kind() as usize) else { return };
        let counters = if decision.is_allowed() { &counters.allowed } else { &counters.denied };
        counters[source as usize].increment(1);
    }
}

/// Metrics of the shared limits.
pub(super) struct SharedHealth {
    pub(super) up: Gauge,
    pub(super) errors: Counter,
}

impl SharedHealth {
    /// Up until shown otherwise.
    pub(super) fn new() -> Self {
        metrics::describe_gauge!(SHARED_UP, "1 while the shared rate limits decide, 0 while each node does");
        metrics::describe_counter!(SHARED_ERRORS, "Decisions that the shared rate limits failed to make");
        let health = Self { up: metrics::gauge!(SHARED_UP), errors: metrics::counter!(SHARED_ERRORS) };
        health.up.set(1.0);
        health
    }
}
