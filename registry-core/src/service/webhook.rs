//! Webhooks: make, see, change, remove; what was delivered to them. For administrators.

use std::sync::Arc;

use serde_json::{Value, json};

use super::context::Context;
use super::event::What;
use super::server::TenantChoice;
use crate::access::{Caller, Permission};
use crate::error::Error;
use crate::model::audit::{AuditEvent, EventType};
use crate::model::delivery::{Delivery, DeliveryQuery, DeliveryStatus};
use crate::model::field::FieldErrors;
use crate::model::id::{DeliveryId, TenantId, WebhookId};
use crate::model::page::{Page, PageRequest};
use crate::model::server::Revision;
use crate::model::webhook::{PreviousSecret, SECRET_OVERLAP, Webhook, WebhookInput, WebhookState};
use crate::secret::Sealed;
use crate::store::StoreError;
use crate::webhook::WebhookSecret;

/// A webhook with its secret, to be shown once.
#[derive(Debug, Clone)]
pub struct IssuedWebhook {
    /// The record.
    pub webhook: Webhook,
    /// What its deliveries are signed with. In clear it is nowhere else.
    pub secret: WebhookSecret,
}

/// Webhooks.
pub struct WebhookService {
    pub(super) context: Arc<Context>,
}

impl WebhookService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Makes a webhook, which is told of a tenant's alerts, or of all.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`]; [`Error::Unreachable`] if its address is refused; [`Error::Conflict`] if
    /// there are as many as there may be.
    pub async fn create(
        &self,
        caller: &Caller,
        tenant: TenantChoice,
        input: WebhookInput,
    ) -> Result<IssuedWebhook, Error> {
        require_manage(caller)?;
        let draft = input.validate(None)?;
        self.context.probe.admit(&draft.endpoint).await.map_err(Error::Unreachable)?;
        let tenant_id = match tenant {
            TenantChoice::Own => Some(caller.tenant_id()),
            TenantChoice::Global => None,
            TenantChoice::Tenant(tenant) => Some(tenant),
        };
        let (clock, now) = (&self.context.clock, self.context.clock.now());
        let id = WebhookId(clock.new_id());
        let secret = WebhookSecret::generate(clock.as_ref());
        let webhook = Webhook {
            id,
            tenant_id,
            name: draft.name,
            endpoint: draft.endpoint,
            filter: draft.filter,
            enabled: draft.enabled,
            secret: self.seal(id, tenant_id, &secret)?,
            previous: None,
            state: WebhookState::default(),
            created_by: caller.user_id(),
            created_at: now,
            updated_at: now,
            revision: 1,
        };
        let event = self.context.webhook_event(caller, EventType::WebhookCreated, &webhook, shown(&webhook));
        self.context.store.create_webhook(&webhook, event).await.map_err(no_tenant)?;
        Ok(IssuedWebhook { webhook, secret })
    }

    /// All webhooks, oldest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Webhook>, Error> {
        require_manage(caller)?;
        Ok(self.context.store.webhooks(None).await?)
    }

    /// One webhook.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn get(&self, caller: &Caller, id: WebhookId) -> Result<Webhook, Error> {
        require_manage(caller)?;
        self.context.store.webhook(id).await?.ok_or(Error::NotFound)
    }

    /// Changes a webhook. One that is switched on begins anew as not failing.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Stale`]; [`Error::Unreachable`] if its address
    /// is refused.
    pub async fn update(
        &self,
        caller: &Caller,
        id: WebhookId,
        change: WebhookInput,
        expected: Option<Revision>,
    ) -> Result<Webhook, Error> {
        let old = self.fresh(caller, id, expected).await?;
        let draft = change.validate(Some(&old))?;
        self.context.probe.admit(&draft.endpoint).await.map_err(Error::Unreachable)?;
        let new = Webhook {
            name: draft.name,
            endpoint: draft.endpoint,
            filter: draft.filter,
            enabled: draft.enabled,
            ..old.clone()
        };
        let metadata = json!({ "before": shown(&old), "after": shown(&new) });
        self.store(caller, &old, new, EventType::WebhookUpdated, metadata).await
    }

    /// Gives a webhook a new secret. The old one signs too for [`SECRET_OVERLAP`].
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Stale`].
    pub async fn rotate_secret(
        &self,
        caller: &Caller,
        id: WebhookId,
        expected: Option<Revision>,
    ) -> Result<IssuedWebhook, Error> {
        let old = self.fresh(caller, id, expected).await?;
        let secret = WebhookSecret::generate(self.context.clock.as_ref());
        let valid_until = self.context.clock.now() + SECRET_OVERLAP;
        let new = Webhook {
            secret: self.seal(id, old.tenant_id, &secret)?,
            previous: Some(PreviousSecret { secret: old.secret.clone(), valid_until }),
            ..old.clone()
        };
        let metadata = json!({ "name": old.name, "previousValidUntil": valid_until });
        let webhook = self.store(caller, &old, new, EventType::WebhookSecretRotated, metadata).await?;
        Ok(IssuedWebhook { webhook, secret })
    }

    /// Removes a webhook, and all deliveries to it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Stale`].
    pub async fn delete(
        &self,
        caller: &Caller,
        id: WebhookId,
        expected: Option<Revision>,
    ) -> Result<(), Error> {
        let old = self.fresh(caller, id, expected).await?;
        let event = self.context.webhook_event(caller, EventType::WebhookDeleted, &old, shown(&old));
        Ok(self.context.store.delete_webhook(id, old.revision, event).await?)
    }

    /// A page of what was delivered to a webhook, or is to be, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn deliveries(
        &self,
        caller: &Caller,
        id: WebhookId,
        status: Option<DeliveryStatus>,
        page: PageRequest,
    ) -> Result<Page<Delivery>, Error> {
        let webhook_id = self.get(caller, id).await?.id;
        Ok(self.context.store.deliveries(&DeliveryQuery { webhook_id, status, page }).await?)
    }

    /// Has a delivery that was given up sent again, as often as a new one.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Conflict`] unless it was given up.
    pub async fn retry(
        &self,
        caller: &Caller,
        id: WebhookId,
        delivery: DeliveryId,
    ) -> Result<Delivery, Error> {
        let webhook = self.get(caller, id).await?;
        let metadata = json!({ "deliveryId": delivery });
        let event = self.context.webhook_event(caller, EventType::WebhookDeliveryRetried, &webhook, metadata);
        let now = self.context.clock.now();
        let again = self.context.store.retry_delivery(id, delivery, now, event).await?;
        again.ok_or_else(|| Error::Conflict {
            field: "id",
            message: "there is no such delivery, or it was not given up".to_owned(),
        })
    }

    async fn fresh(
        &self,
        caller: &Caller,
        id: WebhookId,
        expected: Option<Revision>,
    ) -> Result<Webhook, Error> {
        let webhook = self.get(caller, id).await?;
        match expected.is_some_and(|expected| expected != webhook.revision) {
            true => Err(Error::Stale),
            false => Ok(webhook),
        }
    }

    async fn store(
        &self,
        caller: &Caller,
        old: &Webhook,
        new: Webhook,
        event_type: EventType,
        metadata: Value,
    ) -> Result<Webhook, Error> {
        let new = Webhook { revision: old.revision + 1, updated_at: self.context.clock.now(), ..new };
        let event = self.context.webhook_event(caller, event_type, &new, metadata);
        self.context.store.update_webhook(&new, old.revision, event).await?;
        Ok(Webhook { state: old.state_after_update(&new), ..new })
    }

    fn seal(&self, id: WebhookId, tenant: Option<TenantId>, secret: &WebhookSecret) -> Result<Sealed, Error> {
        let context = Webhook::secret_context(id, tenant);
        Ok(self.context.keyring.seal(self.context.clock.as_ref(), context, secret.expose().as_bytes())?)
    }
}

impl Context {
    fn webhook_event(
        &self,
        caller: &Caller,
        event_type: EventType,
        webhook: &Webhook,
        metadata: Value,
    ) -> AuditEvent {
        let what = What::of(event_type, webhook.id.0, caller.tenant_id());
        self.event(caller, What { tenant_id: webhook.tenant_id, ..what }, metadata)
    }
}

/// Who makes a webhook has alerts sent away, of servers and keys alike.
pub(super) fn require_manage(caller: &Caller) -> Result<(), Error> {
    caller.require(Permission::WebhookManage)?;
    if caller.linked_server().is_some() || caller.tools().is_some() {
        return Err(Error::Forbidden("the key is for one server or some tools only".to_owned()));
    }
    Ok(())
}

fn no_tenant(error: StoreError) -> Error {
    match error {
        StoreError::Missing => FieldErrors::one("tenantId", "there is no such tenant").into(),
        error => error.into(),
    }
}

/// What the audit log is told of a webhook. A URL may hold a secret of the receiver's: only its origin is told.
fn shown(webhook: &Webhook) -> Value {
    let origin = webhook.endpoint.url().origin().ascii_serialization();
    json!({ "name": webhook.name, "origin": origin, "enabled": webhook.enabled, "filter": webhook.filter })
}
