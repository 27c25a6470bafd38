//! Delivery: a message to a webhook, and how far it is.

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::alert::Alert;
use super::audit::{AuditEvent, EventType};
use super::id::{AlertId, DeliveryId, TenantId, WebhookId, derived_id};
use super::page::PageRequest;
use super::role::spelled;
use super::webhook::Webhook;
use crate::clock::Timestamp;

spelled! {
    /// How far a delivery is.
    DeliveryStatus {
        /// It is to be sent, again if it was sent before.
        Pending = "pending",
        /// The receiver took it.
        Delivered = "delivered",
        /// It was sent as often as it is, and never taken. A person may have it sent again.
        Dead = "dead",
    }
}

/// A message to a webhook. What is sent is fixed when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id, by which a receiver knows it again: the same at each attempt.
    pub id: DeliveryId,
    /// To which webhook.
    pub webhook_id: WebhookId,
    /// Whose webhook that is.
    pub tenant_id: Option<TenantId>,
    /// What the message tells.
    pub event: EventType,
    /// Of which alert.
    pub alert_id: AlertId,
    /// The message, as JSON.
    pub body: String,
    /// How far it is.
    pub status: DeliveryStatus,
    /// How often it was sent, an attempt under way included. Who sends it names the number.
    pub attempts: u32,
    /// When it is to be sent next; for an attempt under way, when it counts as lost. Of no meaning when it is not pending.
    pub next_attempt_at: Timestamp,
    /// The HTTP status of the last attempt, if it was answered.
    pub last_status: Option<u16>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was taken, or given up.
    pub finished_at: Option<Timestamp>,
}

impl Delivery {
    /// The delivery to be sent again at `now`, as if never sent; `None` unless it was given up.
    pub fn again(&self, now: Timestamp) -> Option<Self> {
        let again = || Self {
            status: DeliveryStatus::Pending,
            attempts: 0,
            next_attempt_at: now,
            finished_at: None,
            ..self.clone()
        };
        (self.status == DeliveryStatus::Dead).then(again)
    }
}

/// How an attempt went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which delivery.
    pub id: DeliveryId,
    /// Its number: [`Delivery::attempts`] when it was claimed.
    pub number: u32,
    /// When it was over.
    pub at: Timestamp,
    /// The HTTP status, if it was answered.
    pub status: Option<u16>,
    /// Why it failed; `None` if it succeeded.
    pub error: Option<String>,
    /// When to try again; `None` to give up.
    pub retry_at: Option<Timestamp>,
}

impl Attempt {
    /// The delivery after this attempt; `None` if another attempt has begun since, or it is over.
    pub fn conclude(&self, delivery: &Delivery) -> Option<Delivery> {
        if delivery.status != DeliveryStatus::Pending || delivery.attempts != self.number {
            return None;
        }
        let status = match (&self.error, self.retry_at) {
            (None, _) => DeliveryStatus::Delivered,
            (Some(_), Some(_)) => DeliveryStatus::Pending,
            (Some(_), None) => DeliveryStatus::Dead,
        };
        Some(Delivery {
            status,
            next_attempt_at: self.retry_at.unwrap_or(delivery.next_attempt_at),
            last_status: self.status,
            last_error: self.error.clone(),
            finished_at: (status != DeliveryStatus::Pending).then_some(self.at),
            ..delivery.clone()
        })
    }
}

/// What the audit event of an alert's change has to be delivered to these webhooks.
pub fn deliveries(webhooks: &[Webhook], alert: &Alert, event: &AuditEvent) -> Vec<Delivery> {
    let told = webhooks.iter().filter(|webhook| webhook.takes(alert));
    told.map(|webhook| delivery(webhook, alert, event)).collect()
}

fn delivery(webhook: &Webhook, alert: &Alert, event: &AuditEvent) -> Delivery {
    Delivery {
        id: DeliveryId(derived_id(event.id, &webhook.id.to_string())),
        webhook_id: webhook.id,
        tenant_id: webhook.tenant_id,
        event: event.event_type,
        alert_id: alert.id,
        body: body(event, alert).to_string(),
        status: DeliveryStatus::Pending,
        attempts: 0,
        next_attempt_at: event.timestamp,
        last_status: None,
        last_error: None,
        created_at: event.timestamp,
        finished_at: None,
    }
}

/// The message, as Standard Webhooks has it: type, timestamp, data.
fn body(event: &AuditEvent, alert: &Alert) -> Value {
    json!({ "type": message_type(event.event_type), "timestamp": event.timestamp, "data": {
        "id": alert.id, "tenantId": alert.tenant_id, "type": alert.alert_type(), "cause": alert.cause,
        "severity": alert.severity, "status": alert.status(), "message": alert.message,
        "subjectType": alert.subject.kind(), "subjectId": alert.subject.id(),
        "serverId": alert.subject.server_id(), "occurrences": alert.occurrences,
        "triggeredAt": alert.triggered_at, "acknowledgedAt": alert.acknowledged_at,
        "resolvedAt": alert.resolved_at } })
}

/// The type of the message that tells of this event: `alert.raised`.
pub fn message_type(event: EventType) -> String {
    event.as_str().replacen('_', ".", 1)
}

/// How long to wait after the attempt of this number, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// After the first attempt; each wait is twice the one before.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// How often a delivery is sent at most.
    pub attempts: u32,
}

impl Default for RetryPolicy {
    /// 30 seconds at first, 3 hours at most, 16 attempts: about 22 hours.
    fn default() -> Self {
        Self { first: Duration::from_secs(30), longest: Duration::from_secs(3 * 60 * 60), attempts: 16 }
    }
}

impl RetryPolicy {
    /// When to send again what was sent for the `number`th time (from 1) at `at`; `None` to give up. `jitter` (0 to 255)
    /// takes up to a quarter off, so that what failed together does not come back together.
    pub fn retry_at(&self, number: u32, at: Timestamp, jitter: u8) -> Option<Timestamp> {
        if number >= self.attempts {
            return None;
        }
        let doublings = number.saturating_sub(1).min(31);
        let wait = self.first.saturating_mul(1 << doublings).min(self.longest);
        let wait = wait - wait * u32::from(jitter) / 1_024;
        TimeDelta::from_std(wait).ok().and_then(|wait| at.checked_add_signed(wait))
    }
}

/// Which deliveries of a webhook a list has; newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryQuery {
    /// Of which webhook.
    pub webhook_id: WebhookId,
    /// Only those that are so far.
    pub status: Option<DeliveryStatus>,
    /// Which page.
    pub page: PageRequest,
}

impl DeliveryQuery {
    /// Whether `delivery` belongs in the list.
    pub fn matches(&self, delivery: &Delivery) -> bool {
        delivery.webhook_id == self.webhook_id && self.status.is_none_or(|status| delivery.status == status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};

    #[test]
    fn waits_double_up_to_the_longest_and_end_within_a_day() {
        let (policy, start) = (RetryPolicy::default(), SystemClock.now());
        let mut waits = Vec::new();
        let mut at = start;
        for number in 1.. {
            let Some(next) = policy.retry_at(number, at, 0) else { break };
            waits.push((next - at).num_seconds());
            at = next;
        }
        assert_eq!(&waits[..4], [30, 60, 120, 240]);
        assert_eq!((waits.len(), waits[14]), (15, 10_800));
        assert!((at - start) > TimeDelta::hours(20) && (at - start) < TimeDelta::hours(24));
    }

    #[test]
    fn jitter_takes_up_to_a_quarter_off() {
        let (policy, at) = (RetryPolicy::default(), SystemClock.now());
        let wait = |jitter| (policy.retry_at(5, at, jitter).unwrap() - at).num_milliseconds();
        assert_eq!(wait(0), 480_000);
        assert!((360_000..361_000).contains(&wait(255)), "{}", wait(255));
    }

    #[test]
    fn the_message_is_named_after_the_event() {
        assert_eq!(message_type(EventType::AlertRaised), "alert.raised");
    }
}
