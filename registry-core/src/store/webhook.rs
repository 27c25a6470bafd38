//! Storage of webhooks and of what is delivered to them.

use async_trait::async_trait;

use super::StoreError;
use crate::clock::Timestamp;
use crate::model::audit::AuditEvent;
use crate::model::delivery::{Attempt, Delivery, DeliveryQuery};
use crate::model::id::{DeliveryId, TenantId, WebhookId};
use crate::model::page::Page;
use crate::model::server::Revision;
use crate::model::webhook::{Webhook, WebhookState};

/// Storage of webhooks and of what is delivered to them.
///
/// Whoever stores an alert's change that is told to the audit log stores, in the same write, its
/// [`deliveries`](crate::model::delivery::deliveries) to the webhooks that there are. Deliveries are no records of people:
/// what happens to them is not audited.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Stores a new webhook.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with `Id`; [`StoreError::Missing`] if the tenant is not there; [`StoreError::InUse`] if
    /// there are [`MAX_WEBHOOKS`](crate::model::webhook::MAX_WEBHOOKS) of it.
    async fn create_webhook(&self, webhook: &Webhook, audit: AuditEvent) -> Result<(), StoreError>;

    /// The webhook with this id.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>, StoreError>;

    /// All webhooks, oldest first; only the tenant's, if one is named (`Some(None)`: those of no tenant).
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn webhooks(&self, tenant_id: Option<Option<TenantId>>) -> Result<Vec<Webhook>, StoreError>;

    /// Replaces the webhook with the same id and tenant, if it still has the revision `expected`. Its state stays; when that
    /// switches it on, it begins anew as not failing.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Stale`].
    async fn update_webhook(
        &self,
        webhook: &Webhook,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError>;

    /// Removes a webhook, and all deliveries to it.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Stale`].
    async fn delete_webhook(
        &self,
        id: WebhookId,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError>;

    /// Claims up to `limit` deliveries to webhooks that are enabled, which are due at `now`, those due longest first: each
    /// counts an attempt, and is due again at `lost_at`, in case whoever claimed it does not say how it went. Of those who
    /// claim at the same time each gets others.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn claim_deliveries(
        &self,
        now: Timestamp,
        lost_at: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// Stores what [`conclude`](Attempt::conclude) makes of an attempt, and what it says of the webhook's state. Answers
    /// with that state; `None` if the attempt is not the delivery's last one any more.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn finish_attempt(&self, attempt: &Attempt) -> Result<Option<WebhookState>, StoreError>;

    /// Has a delivery that was given up sent again at `now`, as if never sent before. Answers with it; `None` if it is not
    /// there, not this webhook's, or was not given up.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn retry_delivery(
        &self,
        webhook_id: WebhookId,
        id: DeliveryId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<Option<Delivery>, StoreError>;

    /// A page of the deliveries that `query` names, newest first (by when they were made, then by id).
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn deliveries(&self, query: &DeliveryQuery) -> Result<Page<Delivery>, StoreError>;

    /// How many deliveries to webhooks that are enabled are due at `now`.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn due_deliveries(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Forgets deliveries that were finished before `before`, or were due before it and not sent since, because the webhook
    /// is not enabled; how many.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn prune_deliveries(&self, before: Timestamp) -> Result<u64, StoreError>;
}
