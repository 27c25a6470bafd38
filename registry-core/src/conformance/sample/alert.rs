//! Sample steps of alerts.

use crate::clock::Clock;
use crate::model::alert::{Alert, AlertCause, AlertSubject, Severity};
use crate::model::alert_step::{AlertDecision, AlertEnd, AlertSignal, AlertStep, DecidedAlert};
use crate::model::audit::EventType;
use crate::model::id::{TenantId, UserId};
use crate::model::server::Server;

/// A signal that counts once.
pub fn alert_signal(
    clock: &dyn Clock,
    tenant_id: Option<TenantId>,
    subject: AlertSubject,
    cause: AlertCause,
    severity: Severity,
) -> AlertSignal {
    AlertSignal::new(clock, tenant_id, subject, cause, severity, "something happened")
}

/// The signal that a server does not answer.
pub fn server_alert(clock: &dyn Clock, server: &Server) -> AlertSignal {
    let subject = AlertSubject::Server(server.id);
    alert_signal(clock, server.tenant_id, subject, AlertCause::ServerUnhealthy, Severity::High)
}

/// The end of this alert.
pub fn alert_end(clock: &dyn Clock, alert: &Alert) -> AlertEnd {
    let (event_id, at) = (clock.new_id(), clock.now());
    AlertEnd { event_id, at, tenant_id: alert.tenant_id, key: alert.key(), quiet_since: None }
}

/// Somebody's decision on this alert.
pub fn decided(clock: &dyn Clock, alert: &Alert, decision: AlertDecision) -> AlertStep {
    let tenant = alert.tenant_id.unwrap_or(TenantId::SYSTEM);
    let by = UserId(clock.new_id());
    let mut event = super::event(clock, tenant, EventType::AlertAcknowledged, None);
    event.actor_id = Some(by);
    let (id, tenant_id, at) = (alert.id, alert.tenant_id, event.timestamp);
    AlertStep::Decide(Box::new(DecidedAlert { id, tenant_id, at, by, decision, event }))
}
