//! Health record: a check on its way into the store, and what follows from it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::alert::{AlertCause, AlertSubject, Severity};
use super::alert_step::{AlertEnd, AlertSignal, AlertStep, tidy};
use super::audit::{AuditEvent, AuditResult, EventType, Origin};
use super::check_rollup::{CheckTally, StatusChange};
use super::health::{HealthCheck, next_state};
use super::id::{AlertId, TenantId};
use super::server::{HealthStatus, ServerHealth};
use super::settings::HealthPolicy;
use super::watch::{Lease, next_due};
use crate::clock::Timestamp;

/// A check, with what a store needs besides to write all that follows from it at once.
#[derive(Debug, Clone)]
pub struct HealthRecord {
    /// The check.
    pub check: HealthCheck,
    /// The audit event of who asked for it; `None` if the service did.
    pub asked: Option<AuditEvent>,
    /// The claim under which the check was done; `None` if it was not one that was due.
    pub claim: Option<Lease>,
    /// The id of the audit event that tells of a change of the server's status, if there is one.
    pub transition_id: Uuid,
    /// Ids for the alerts that follow, and for their audit events.
    pub alert_ids: [AlertIds; 2],
}

/// Ids for an alert.
#[derive(Debug, Clone, Copy)]
pub struct AlertIds {
    /// Of the alert, if there is none yet.
    pub alert: AlertId,
    /// Of its audit event, if there is one.
    pub event: Uuid,
}

/// What a store knows of a server under the lock of the write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthBefore {
    /// What checks said so far.
    pub health: ServerHealth,
    /// How the server is watched, as it is now.
    pub policy: HealthPolicy,
}

/// A change of a server's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// What it was.
    pub from: HealthStatus,
    /// What it is.
    pub to: HealthStatus,
}

/// The end of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextDue {
    /// The claim. If it does not hold any more, the next check is somebody else's to say.
    pub claim: Lease,
    /// When the next check is due.
    pub at: Timestamp,
}

/// What follows from a check: a store writes it together with the check, or none of it.
#[derive(Debug, Clone)]
pub struct Conclusion {
    /// The server's new state.
    pub health: ServerHealth,
    /// The change of its status, if that is one.
    pub transition: Option<Transition>,
    /// When the next check is due, if the claim still holds when this is written.
    pub next_due: Option<NextDue>,
    /// What the check adds to the roll-ups of its hour and its day.
    pub tally: CheckTally,
    /// What the audit log is told, in this order.
    pub events: Vec<AuditEvent>,
    /// What happens to the server's alerts, each of another cause.
    pub alerts: Vec<AlertStep>,
}

impl HealthRecord {
    /// What follows from the check for a server of which this was known.
    pub fn conclude(&self, before: &HealthBefore) -> Conclusion {
        let health = next_state(&before.health, &self.check, before.policy.alert_threshold);
        let (from, to) = (before.health.status, health.status);
        let transition = (from != to).then_some(Transition { from, to });
        let changed = transition.map(|transition| self.changed(transition));
        let events = self.asked.clone().into_iter().chain(changed).collect();
        let next_due = self.claim.map(|claim| self.next_due(claim, before.policy.interval_seconds));
        let tally = CheckTally::of(&self.check.report);
        let alerts = self.alerts(before, &health);
        Conclusion { health, transition, next_due, tally, events, alerts }
    }

    /// The change of status as it is kept.
    pub fn status_change(&self, transition: Transition) -> StatusChange {
        let HealthCheck { id, server_id, performed_at, .. } = &self.check;
        StatusChange { server_id: *server_id, at: *performed_at, check_id: *id, transition }
    }

    /// Counted from when the check began, unless it took so long that this is over.
    fn next_due(&self, claim: Lease, interval_seconds: u32) -> NextDue {
        let check = &self.check;
        let after = |began| next_due(check.server_id, interval_seconds, began);
        let at = Some(after(claim.claimed_at)).filter(|at| *at > check.performed_at);
        NextDue { claim, at: at.unwrap_or_else(|| after(check.performed_at)) }
    }

    /// What the check means for the server's alerts.
    fn alerts(&self, before: &HealthBefore, health: &ServerHealth) -> Vec<AlertStep> {
        let threshold = before.policy.alert_threshold;
        let [failed, impaired] = self.alert_ids;
        let status = self.check.report.status;
        let is_success = status.is_success();
        let mut steps = Vec::new();
        if status.is_failure() && health.consecutive_failures >= threshold {
            let message = format!("{} failed: {}", in_a_row(health.consecutive_failures), self.reason());
            steps.push(self.raise(failed, AlertCause::ServerUnhealthy, Severity::High, message));
        } else if is_success && before.health.consecutive_failures > 0 {
            steps.push(self.end(failed, AlertCause::ServerUnhealthy));
        }
        if is_success && health.impaired_checks >= threshold {
            let message = format!(
                "{} found it slow or working in part: the last took {} ms",
                in_a_row(health.impaired_checks),
                self.check.report.response_time_us / 1_000
            );
            steps.push(self.raise(impaired, AlertCause::ServerDegraded, Severity::Medium, message));
        } else if health.impaired_checks == 0 && before.health.impaired_checks > 0 {
            steps.push(self.end(impaired, AlertCause::ServerDegraded));
        }
        steps
    }

    fn reason(&self) -> &str {
        self.check.report.error.as_ref().map_or("no reason was given", |error| &error.message)
    }

    fn raise(&self, ids: AlertIds, cause: AlertCause, severity: Severity, message: String) -> AlertStep {
        let check = &self.check;
        AlertStep::Raise(AlertSignal {
            id: ids.alert,
            event_id: ids.event,
            at: check.performed_at,
            tenant_id: check.tenant_id,
            cause,
            severity,
            subject: AlertSubject::Server(check.server_id),
            message: tidy(&message),
            count: 1,
        })
    }

    fn end(&self, ids: AlertIds, cause: AlertCause) -> AlertStep {
        AlertStep::End(AlertEnd {
            event_id: ids.event,
            at: self.check.performed_at,
            tenant_id: self.check.tenant_id,
            key: AlertSubject::Server(self.check.server_id).key(cause),
            quiet_since: None,
        })
    }

    fn changed(&self, Transition { from, to }: Transition) -> AuditEvent {
        let check = &self.check;
        let mut metadata = Map::new();
        metadata.insert("from".to_owned(), json!(from));
        metadata.insert("to".to_owned(), json!(to));
        metadata.insert("checkId".to_owned(), json!(check.id));
        if let Some(error) = &check.report.error {
            metadata.insert("error".to_owned(), Value::from(error.code.as_str()));
        }
        self.own_event(self.transition_id, EventType::HealthStatusChanged, metadata)
    }

    /// An event of the service itself about the server, at the time of the check.
    fn own_event(&self, id: Uuid, event_type: EventType, metadata: Map<String, Value>) -> AuditEvent {
        let (resource_type, action) = event_type.nature();
        AuditEvent {
            id,
            tenant_id: self.check.tenant_id.unwrap_or(TenantId::SYSTEM),
            event_type,
            actor_id: None,
            api_key_id: None,
            resource_type,
            resource_id: Some(self.check.server_id.0),
            action,
            result: AuditResult::Success,
            timestamp: self.check.performed_at,
            origin: Origin::default(),
            metadata,
        }
    }
}

/// So many checks, for people.
fn in_a_row(checks: u32) -> String {
    match checks {
        1 => "a check".to_owned(),
        checks => format!("{checks} checks in a row"),
    }
}
