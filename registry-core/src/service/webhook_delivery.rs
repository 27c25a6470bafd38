//! Delivery to webhooks: what is due is claimed, sent, and noted.
//!
//! An attempt is counted when it is claimed, so one whose node dies counts too, and is due again when it counts as lost.
//! So each message arrives at least once while the receiver lives; it has the same id each time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::json;

use super::event::What;
use super::webhook::{WebhookService, require_manage};
use crate::access::Caller;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::model::alert::{AlertCause, AlertSubject, Severity};
use crate::model::alert_step::{AlertSignal, AlertStep};
use crate::model::audit::EventType;
use crate::model::delivery::{Attempt, Delivery, RetryPolicy};
use crate::model::id::{TenantId, WebhookId};
use crate::model::webhook::{Webhook, WebhookState};
use crate::store::StoreError;
use crate::webhook::{SendError, WebhookMessage, WebhookSecret, WebhookSender};

/// How many deliveries a node sends at once.
pub const DELIVERIES_AT_ONCE: u32 = 64;
/// How long after it was claimed an attempt counts as lost; longer than one may take.
pub const ATTEMPT_LOST_AFTER: TimeDelta = TimeDelta::seconds(60);
/// How long deliveries are kept after they were taken or given up.
pub const DELIVERY_RETENTION: TimeDelta = TimeDelta::days(30);

/// How webhooks are delivered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookPolicy {
    /// When a delivery is sent again.
    pub retry: RetryPolicy,
    /// For how long a webhook may only fail before it is switched off, in hours.
    pub disable_after_hours: u32,
}

impl Default for WebhookPolicy {
    /// See [`RetryPolicy`]; 3 days.
    fn default() -> Self {
        Self { retry: RetryPolicy::default(), disable_after_hours: 72 }
    }
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookTest {
    /// The HTTP status that the receiver took it with, or why it did not.
    pub outcome: Result<u16, SendError>,
    /// How long it took.
    pub took: Duration,
}

impl WebhookService {
    /// From now on messages are sent by `sender`; the first that is named does.
    pub fn send_by(&self, sender: Arc<dyn WebhookSender>) {
        let _ = self.context.webhook_sender.set(sender);
    }

    /// Claims what is due, at most `limit`, for this node to send; nothing if nothing can be sent here.
    ///
    /// # Errors
    /// [`Error`] if the store refuses.
    pub async fn claim(&self, limit: u32) -> Result<Vec<Delivery>, Error> {
        if self.context.webhook_sender.get().is_none() || limit == 0 {
            return Ok(Vec::new());
        }
        let now = self.context.clock.now();
        Ok(self.context.store.claim_deliveries(now, now + ATTEMPT_LOST_AFTER, limit).await?)
    }

    /// Sends a delivery that was claimed, and notes how it went.
    ///
    /// # Errors
    /// [`Error`] if the store refuses; the delivery is due again when the attempt counts as lost.
    pub async fn attempt(&self, delivery: &Delivery) -> Result<(), Error> {
        let Some(sender) = self.context.webhook_sender.get() else { return Ok(()) };
        let Some(webhook) = self.context.store.webhook(delivery.webhook_id).await? else { return Ok(()) };
        let message = self.message(&webhook, &delivery.id.to_string(), &delivery.body)?;
        let outcome = sender.send(&webhook.endpoint, &message).await;
        let attempt = self.concluded(delivery, outcome);
        match self.context.store.finish_attempt(&attempt).await? {
            Some(state) if attempt.error.is_some() => self.judge(&webhook, state, attempt.at).await,
            Some(state) if webhook.state.failing_since.is_some() => self.recovered(&webhook, state).await,
            _ => Ok(()),
        }
    }

    /// How many deliveries are due.
    ///
    /// # Errors
    /// [`Error`] if the store cannot be read.
    pub async fn due(&self) -> Result<u64, Error> {
        Ok(self.context.store.due_deliveries(self.context.clock.now()).await?)
    }

    /// Forgets deliveries that were over [`DELIVERY_RETENTION`] ago. To be called each minute.
    ///
    /// # Errors
    /// [`Error`] if the store refuses.
    pub async fn prune(&self) -> Result<(), Error> {
        let before = self.context.clock.now() - DELIVERY_RETENTION;
        Ok(self.context.store.prune_deliveries(before).await.map(drop)?)
    }

    /// Sends a message of the type `webhook.test` now, once, whether the webhook is enabled or not.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Busy`] if nothing can be sent here.
    pub async fn test(&self, caller: &Caller, id: WebhookId) -> Result<WebhookTest, Error> {
        require_manage(caller)?;
        let webhook = self.get(caller, id).await?;
        let sender = self.context.webhook_sender.get().ok_or(Error::Busy)?;
        let body = json!({ "type": "webhook.test", "timestamp": self.context.clock.now(),
            "data": { "webhookId": webhook.id, "name": webhook.name } });
        let message = self.message(&webhook, &self.context.clock.new_id().to_string(), &body.to_string())?;
        let started = Instant::now();
        let outcome = sender.send(&webhook.endpoint, &message).await;
        Ok(WebhookTest { outcome, took: started.elapsed() })
    }

    /// The message, signed with the webhook's secrets that sign now.
    fn message(&self, webhook: &Webhook, id: &str, body: &str) -> Result<WebhookMessage, Error> {
        let now = self.context.clock.now();
        let previous = webhook.previous.as_ref().filter(|previous| now < previous.valid_until);
        let sealed = [&webhook.secret].into_iter().chain(previous.map(|previous| &previous.secret));
        let context = Webhook::secret_context(webhook.id, webhook.tenant_id);
        let open = |sealed| self.context.keyring.open_text(context, sealed).map(WebhookSecret::from_stored);
        let secrets = sealed.map(open).collect::<Result<Vec<_>, _>>()?;
        Ok(WebhookMessage::signed(id, now, body, &secrets))
    }

    fn concluded(&self, delivery: &Delivery, outcome: Result<u16, SendError>) -> Attempt {
        let (at, number) = (self.context.clock.now(), delivery.attempts);
        let mut jitter = [0];
        self.context.clock.fill_random(&mut jitter);
        let retry_at = self.context.policy.webhooks.retry.retry_at(number, at, jitter[0]);
        let (status, error) = match outcome {
            Ok(status) => (Some(status), None),
            Err(error) => (error.status, Some(format!("{}: {}", error.code, error.message))),
        };
        Attempt { id: delivery.id, number, at, status, error, retry_at }
    }

    /// Switches a webhook off that has only failed for long.
    async fn judge(&self, webhook: &Webhook, state: WebhookState, now: Timestamp) -> Result<(), Error> {
        let longest = TimeDelta::hours(self.context.policy.webhooks.disable_after_hours.into());
        if state.failing_since.is_none_or(|since| now - since < longest) {
            return Ok(());
        }
        let new =
            Webhook { enabled: false, revision: webhook.revision + 1, updated_at: now, ..webhook.clone() };
        let what = What::of(EventType::WebhookUpdated, webhook.id.0, TenantId::SYSTEM);
        let what = What { tenant_id: webhook.tenant_id, ..what };
        let metadata = json!({ "enabled": false, "failingSince": state.failing_since });
        let event = self.context.own_event(what, metadata);
        // The alert comes first: if the rest is lost, the next failure makes up for it.
        self.raise_failing(webhook).await?;
        match self.context.store.update_webhook(&new, webhook.revision, event).await {
            // Somebody changed it, or another delivery's failure did this.
            Err(StoreError::Stale | StoreError::Missing) => Ok(()),
            other => Ok(other?),
        }
    }

    async fn raise_failing(&self, webhook: &Webhook) -> Result<(), Error> {
        let message = format!("the webhook {} was switched off: its deliveries only failed", webhook.name);
        let signal = AlertSignal::new(
            self.context.clock.as_ref(),
            webhook.tenant_id,
            AlertSubject::Webhook(webhook.id),
            AlertCause::WebhookFailing,
            Severity::High,
            &message,
        );
        self.context.step_alert(AlertStep::Raise(AlertSignal { count: 0, ..signal })).await
    }

    /// It works again: what was said of it is over.
    async fn recovered(&self, webhook: &Webhook, state: WebhookState) -> Result<(), Error> {
        let at = state.last_success_at.unwrap_or_else(|| self.context.clock.now());
        let key = AlertSubject::Webhook(webhook.id).key(AlertCause::WebhookFailing);
        let end = self.context.alert_end_of(webhook.tenant_id, key, at);
        self.context.step_alert(AlertStep::End(end)).await
    }
}
