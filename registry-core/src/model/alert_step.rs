//! What happens to alerts: a step, and what follows from it. Stores find the alert that a step is about, under their
//! lock, and write what [`AlertStep::conclude`] says in the same write.

use chrono::SecondsFormat;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::alert::{Alert, AlertCause, AlertKey, AlertSubject, KeySubject, MAX_MESSAGE, Severity};
use super::audit::{AuditEvent, AuditResult, EventType, Origin};
use super::id::{AlertId, ServerId, TenantId, UserId, derived_id};
use super::key::ApiKey;
use crate::clock::{Clock, Timestamp};

/// Something happened that is worth an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertSignal {
    /// The id of the alert, if there is none yet.
    pub id: AlertId,
    /// The id of the audit event, if there is one.
    pub event_id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// Whose the subject is; `None` for nobody's.
    pub tenant_id: Option<TenantId>,
    /// What happened.
    pub cause: AlertCause,
    /// How bad it is.
    pub severity: Severity,
    /// To what.
    pub subject: AlertSubject,
    /// See [`Alert::message`].
    pub message: String,
    /// How often it happened; 0 says that it still is so, which changes nothing unless it is worse than before.
    pub count: u64,
}

impl AlertSignal {
    /// A signal of now, that counts once. The message is cut to [`MAX_MESSAGE`] characters and rid of control characters.
    pub fn new(
        clock: &dyn Clock,
        tenant_id: Option<TenantId>,
        subject: AlertSubject,
        cause: AlertCause,
        severity: Severity,
        message: &str,
    ) -> Self {
        let message = tidy(message);
        let (id, event_id, at) = (AlertId(clock.new_id()), clock.new_id(), clock.now());
        Self { id, event_id, at, tenant_id, cause, severity, subject, message, count: 1 }
    }
}

/// A message as an alert has it.
pub(super) fn tidy(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_MESSAGE).collect()
}

/// What raised an alert is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertEnd {
    /// The id of the audit event, if there is one.
    pub event_id: Uuid,
    /// When it was found to be over.
    pub at: Timestamp,
    /// Whose the subject is.
    pub tenant_id: Option<TenantId>,
    /// Which alert.
    pub key: AlertKey,
    /// Only if it did not happen at this time or later.
    pub quiet_since: Option<Timestamp>,
}

/// What a person says of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertDecision {
    /// That they know of it.
    Acknowledge,
    /// That it is over.
    Resolve,
}

/// A person says something of an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct DecidedAlert {
    /// Which alert.
    pub id: AlertId,
    /// Whose it is.
    pub tenant_id: Option<TenantId>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: UserId,
    /// What.
    pub decision: AlertDecision,
    /// The audit event, but for its type, resource and metadata.
    pub event: AuditEvent,
}

/// What happens to an alert.
#[derive(Debug, Clone, PartialEq)]
pub enum AlertStep {
    /// It is raised, or happens again.
    Raise(AlertSignal),
    /// It is over.
    End(AlertEnd),
    /// A person says something of it.
    Decide(Box<DecidedAlert>),
}

/// Which alert a step is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertTarget {
    /// The unresolved one with this key.
    Unresolved(AlertKey),
    /// The one with this id.
    Id(AlertId),
}

/// What follows from a step.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertChange {
    /// The alert as it is now.
    pub alert: Alert,
    /// What the audit log is told; `None` for what only counts.
    pub event: Option<AuditEvent>,
}

impl AlertStep {
    /// Which alert it is about.
    pub fn target(&self) -> AlertTarget {
        match self {
            Self::Raise(signal) => AlertTarget::Unresolved(signal.subject.key(signal.cause)),
            Self::End(end) => AlertTarget::Unresolved(end.key.clone()),
            Self::Decide(decided) => AlertTarget::Id(decided.id),
        }
    }

    /// Whose alert it is about.
    pub fn tenant_id(&self) -> Option<TenantId> {
        match self {
            Self::Raise(signal) => signal.tenant_id,
            Self::End(end) => end.tenant_id,
            Self::Decide(decided) => decided.tenant_id,
        }
    }

    /// What follows, if the alert that it is about is `current`; `None` if nothing does.
    pub fn conclude(&self, current: Option<&Alert>) -> Option<AlertChange> {
        match (self, current) {
            (Self::Raise(signal), None) => Some(raise(signal)),
            (Self::Raise(signal), Some(open)) => again(signal, open),
            (Self::End(end), Some(open)) if open.resolved_at.is_none() => over(end, open),
            (Self::Decide(decided), Some(alert)) if alert.resolved_at.is_none() => decide(decided, alert),
            _ => None,
        }
    }
}

fn raise(signal: &AlertSignal) -> AlertChange {
    let alert = Alert {
        id: signal.id,
        tenant_id: signal.tenant_id,
        cause: signal.cause,
        severity: signal.severity,
        subject: signal.subject.clone(),
        message: signal.message.clone(),
        occurrences: signal.count.max(1),
        triggered_at: signal.at,
        last_seen_at: signal.at,
        acknowledged_at: None,
        acknowledged_by: None,
        resolved_at: None,
        resolved_by: None,
    };
    told(alert, EventType::AlertRaised, signal.event_id, signal.at)
}

/// It happened again: worse than before, it is told again, and whoever knew of it does not know this.
fn again(signal: &AlertSignal, open: &Alert) -> Option<AlertChange> {
    let is_worse = signal.severity > open.severity;
    if !is_worse && signal.count == 0 {
        return None;
    }
    let mut alert = Alert {
        message: signal.message.clone(),
        occurrences: open.occurrences.saturating_add(signal.count),
        last_seen_at: open.last_seen_at.max(signal.at),
        ..open.clone()
    };
    if !is_worse {
        return Some(AlertChange { alert, event: None });
    }
    alert.severity = signal.severity;
    (alert.acknowledged_at, alert.acknowledged_by) = (None, None);
    Some(told(alert, EventType::AlertRaised, signal.event_id, signal.at))
}

fn over(end: &AlertEnd, open: &Alert) -> Option<AlertChange> {
    let was_seen = end.quiet_since.is_some_and(|since| open.last_seen_at >= since);
    let alert = Alert { resolved_at: Some(end.at), ..open.clone() };
    (!was_seen).then(|| told(alert, EventType::AlertResolved, end.event_id, end.at))
}

fn decide(decided: &DecidedAlert, alert: &Alert) -> Option<AlertChange> {
    let (at, by) = (Some(decided.at), Some(decided.by));
    let (alert, event_type) = match decided.decision {
        AlertDecision::Acknowledge if alert.acknowledged_at.is_some() => return None,
        AlertDecision::Acknowledge => (
            Alert { acknowledged_at: at, acknowledged_by: by, ..alert.clone() },
            EventType::AlertAcknowledged,
        ),
        AlertDecision::Resolve => {
            (Alert { resolved_at: at, resolved_by: by, ..alert.clone() }, EventType::AlertResolved)
        }
    };
    let event = of_alert(decided.event.clone(), event_type, &alert);
    Some(AlertChange { alert, event: Some(event) })
}

fn told(alert: Alert, event_type: EventType, id: Uuid, timestamp: Timestamp) -> AlertChange {
    let (resource_type, action) = event_type.nature();
    let event = AuditEvent {
        id,
        tenant_id: alert.tenant_id.unwrap_or(TenantId::SYSTEM),
        event_type,
        actor_id: None,
        api_key_id: None,
        resource_type,
        resource_id: None,
        action,
        result: AuditResult::Success,
        timestamp,
        origin: Origin::default(),
        metadata: Map::new(),
    };
    let event = of_alert(event, event_type, &alert);
    AlertChange { alert, event: Some(event) }
}

fn of_alert(event: AuditEvent, event_type: EventType, alert: &Alert) -> AuditEvent {
    let (resource_type, action) = event_type.nature();
    let metadata = metadata(alert);
    AuditEvent { event_type, resource_type, action, resource_id: Some(alert.id.0), metadata, ..event }
}

/// What the audit log is told of an alert. It names a server only if the alert is about that: live events that do are shown
/// to all who see the server, and a key's alert is for those who manage the key.
fn metadata(alert: &Alert) -> Map<String, Value> {
    let server_id = match alert.subject {
        AlertSubject::Server(id) => Some(id),
        _ => None,
    };
    let told = json!({
        "type": alert.alert_type(), "cause": alert.cause, "severity": alert.severity,
        "status": alert.status(), "message": alert.message, "occurrences": alert.occurrences,
        "subjectType": alert.subject.kind(), "subjectId": alert.subject.id(),
        "serverId": server_id,
    });
    match told {
        Value::Object(metadata) => metadata,
        _ => Map::new(),
    }
}

/// What the removal of a server, which `event` tells of, means for its alerts: all that is not over is.
pub fn after_removal(id: ServerId, tenant_id: Option<TenantId>, event: &AuditEvent) -> Vec<AlertStep> {
    let subject = AlertSubject::Server(id);
    AlertCause::OF_SERVERS.map(|cause| end(&subject, cause, tenant_id, event)).to_vec()
}

/// What the approval of the last tool that was withheld, which `event` tells of, means for the server's alerts.
pub fn after_approval(id: ServerId, tenant_id: Option<TenantId>, event: &AuditEvent) -> AlertStep {
    end(&AlertSubject::Server(id), AlertCause::CapabilitiesChanged, tenant_id, event)
}

/// What a change of a key, which `event` tells of, means for its alerts: a revoked key needs no attention, one with a new
/// lifetime does not expire soon, and one whose new secret waits for its owner does.
pub fn after_key_change(old: &ApiKey, new: &ApiKey, event: &AuditEvent) -> Vec<AlertStep> {
    let subject = AlertSubject::Key(KeySubject::of(new));
    let is_over = |cause: &&AlertCause| match cause {
        AlertCause::LimitExceeded => new.revoked_at.is_some(),
        AlertCause::KeyExpiring => new.revoked_at.is_some() || new.expires_at > old.expires_at,
        AlertCause::KeyUnclaimed => {
            old.unclaimed_until.is_some() && (new.revoked_at.is_some() || new.unclaimed_until.is_none())
        }
        _ => false,
    };
    let over = AlertCause::ALL.iter().filter(is_over);
    let over = over.map(|cause| end(&subject, *cause, Some(new.tenant_id), event));
    let waits = new.unclaimed_until.filter(|_| new.digest != old.digest);
    let waits = waits.map(|until| AlertStep::Raise(unclaimed(new, until, event)));
    over.chain(waits).collect()
}

/// That a key was rotated without being asked, and its new secret waits.
fn unclaimed(key: &ApiKey, until: Timestamp, event: &AuditEvent) -> AlertSignal {
    let cause = AlertCause::KeyUnclaimed;
    AlertSignal {
        id: AlertId(derived_id(event.id, "alert")),
        event_id: derived_id(event.id, cause.as_str()),
        at: event.timestamp,
        tenant_id: Some(key.tenant_id),
        cause,
        severity: Severity::Medium,
        subject: AlertSubject::Key(KeySubject::of(key)),
        message: unclaimed_message(key, until),
        count: 1,
    }
}

/// What is said of a key whose new secret waits.
pub fn unclaimed_message(key: &ApiKey, until: Timestamp) -> String {
    let until = until.to_rfc3339_opts(SecondsFormat::Secs, true);
    tidy(&format!("the key {} was rotated: its owner has until {until} to fetch the new secret", key.name))
}

/// An end that follows from what `event` tells of.
fn end(
    subject: &AlertSubject,
    cause: AlertCause,
    tenant_id: Option<TenantId>,
    event: &AuditEvent,
) -> AlertStep {
    let event_id = derived_id(event.id, cause.as_str());
    let (at, key) = (event.timestamp, subject.key(cause));
    AlertStep::End(AlertEnd { event_id, at, tenant_id, key, quiet_since: None })
}
