//! Sample steps of alerts, and webhooks.

use crate::clock::{Clock, Timestamp};
use crate::model::alert::{Alert, AlertCause, AlertSubject, AlertType, Severity};
use crate::model::alert_query::{AlertQuery, AlertViewer};
use crate::model::alert_step::{AlertDecision, AlertEnd, AlertSignal, AlertStep, DecidedAlert};
use crate::model::audit::EventType;
use crate::model::delivery::{Attempt, Delivery};
use crate::model::endpoint::{Endpoint, Transport};
use crate::model::id::{TenantId, UserId, WebhookId};
use crate::model::server::Server;
use crate::model::text::WebhookName;
use crate::model::webhook::{PreviousSecret, Webhook, WebhookFilter, WebhookState};
use crate::secret::Sealed;

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

/// All alerts, as the service sees them.
pub fn all_alerts() -> AlertQuery {
    AlertQuery::new(AlertViewer::SERVICE)
}

/// A webhook of this tenant, or of none, that is told of everything.
pub fn webhook(clock: &dyn Clock, tenant_id: Option<TenantId>) -> Webhook {
    let now = clock.now();
    Webhook {
        id: WebhookId(clock.new_id()),
        tenant_id,
        name: WebhookName::parse("on call").expect("a name"),
        endpoint: Endpoint::parse(Transport::Http, "https://hooks.example.com/a").expect("a URL"),
        filter: WebhookFilter { alert_types: Vec::new(), min_severity: Severity::Low },
        enabled: true,
        secret: Sealed::from_text("v1.k1.AAAAAAAAAAAAAAAA.b25l".to_owned()),
        previous: None,
        state: WebhookState::default(),
        created_by: UserId(clock.new_id()),
        created_at: now,
        updated_at: now,
        revision: 1,
    }
}

/// A webhook with something in every field, of no tenant.
pub fn full_webhook(clock: &dyn Clock) -> Webhook {
    let secret = Sealed::from_text("v1.k1.AAAAAAAAAAAAAAAA.dHdv".to_owned());
    Webhook {
        name: WebhookName::parse("Büro ☂ \"100%\"").expect("a name"),
        endpoint: Endpoint::parse(Transport::Http, "http://127.0.0.1:8080/a?b=%20c").expect("a URL"),
        filter: WebhookFilter { alert_types: AlertType::ALL.to_vec(), min_severity: Severity::Critical },
        enabled: false,
        previous: Some(PreviousSecret { secret, valid_until: clock.now() }),
        state: WebhookState { failing_since: Some(clock.now()), last_success_at: Some(clock.now()) },
        revision: 9,
        ..webhook(clock, None)
    }
}

/// How an attempt went that was claimed so: well, unless there is an error.
pub fn attempt(
    clock: &dyn Clock,
    claimed: &Delivery,
    error: Option<&str>,
    retry_at: Option<Timestamp>,
) -> Attempt {
    let (id, number) = (claimed.id, claimed.attempts);
    Attempt { id, number, at: clock.now(), status: None, error: error.map(str::to_owned), retry_at }
}
