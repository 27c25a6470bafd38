//! Webhooks. What is delivered to them is in [`crate::delivery`].

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::audit::AuditEvent;
use registry_core::model::delivery::{Attempt, Delivery, DeliveryQuery};
use registry_core::model::id::{DeliveryId, TenantId, WebhookId};
use registry_core::model::page::Page;
use registry_core::model::server::Revision;
use registry_core::model::webhook::{MAX_WEBHOOKS, Webhook, WebhookState};
use registry_core::store::{StoreError, UniqueField, WebhookStore};

use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;
use crate::{SledStore, audit, delivery, tenant};

/// All webhooks, in the order of their ids.
pub(crate) fn all(draft: &Draft<'_>) -> Result<Vec<Webhook>, StoreError> {
    let rows = draft.stored(Table::Webhook, &[])?;
    rows.iter().map(|(key, _)| draft.indexed(Table::Webhook, key)).collect()
}

/// The webhook with this id.
pub(crate) fn find(read: &impl Read, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    read.record(Table::Webhook, id.0.as_bytes())
}

/// Stores a webhook.
pub(crate) fn put(draft: &mut Draft<'_>, webhook: &Webhook) -> Result<(), StoreError> {
    draft.put_record(Table::Webhook, webhook.id.0.as_bytes(), webhook)
}

fn create(draft: &mut Draft<'_>, webhook: &Webhook) -> Result<(), StoreError> {
    webhook.tenant_id.map_or(Ok(()), |id| tenant::require(draft, id))?;
    let webhooks = all(draft)?;
    if webhooks.iter().any(|other| other.id == webhook.id) {
        return Err(StoreError::Conflict(UniqueField::Id));
    }
    if webhooks.iter().filter(|other| other.tenant_id == webhook.tenant_id).count() >= MAX_WEBHOOKS {
        return Err(StoreError::InUse("there are as many webhooks as there may be"));
    }
    put(draft, webhook)
}

fn require_fresh(draft: &Draft<'_>, id: WebhookId, expected: Revision) -> Result<Webhook, StoreError> {
    let webhook = find(draft, id)?.ok_or(StoreError::Missing)?;
    if webhook.revision == expected { Ok(webhook) } else { Err(StoreError::Stale) }
}

fn update(draft: &mut Draft<'_>, webhook: Webhook, expected: Revision) -> Result<(), StoreError> {
    let old = require_fresh(draft, webhook.id, expected)?;
    put(draft, &Webhook { state: old.state_after_update(&webhook), ..webhook })
}

fn remove(draft: &mut Draft<'_>, id: WebhookId) -> Result<(), StoreError> {
    delivery::remove_all(draft, id)?;
    draft.remove_record(Table::Webhook, id.0.as_bytes())
}

/// Plans the removal of all webhooks of a tenant.
pub(crate) fn remove_all(draft: &mut Draft<'_>, tenant: TenantId) -> Result<(), StoreError> {
    let webhooks = all(draft)?.into_iter().filter(|webhook| webhook.tenant_id == Some(tenant));
    webhooks.into_iter().try_for_each(|webhook| remove(draft, webhook.id))
}

#[async_trait]
impl WebhookStore for SledStore {
    async fn create_webhook(&self, webhook: &Webhook, audit: AuditEvent) -> Result<(), StoreError> {
        let webhook = webhook.clone();
        self.write(audit, move |draft, _| create(draft, &webhook)).await
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        find(&self.core()?.view, id)
    }

    async fn webhooks(&self, tenant_id: Option<Option<TenantId>>) -> Result<Vec<Webhook>, StoreError> {
        let is_asked = move |webhook: &Webhook| tenant_id.is_none_or(|tenant| webhook.tenant_id == tenant);
        let list = move |core: &crate::core::Core| {
            let mut webhooks = Vec::new();
            for row in core.view.prefix(Table::Webhook, &[], false) {
                webhooks.extend(core.view.record::<Webhook>(Table::Webhook, &row?.0)?.filter(is_asked));
            }
            webhooks.sort_by_key(|webhook| (webhook.created_at, webhook.id));
            Ok(webhooks)
        };
        self.read(list).await
    }

    async fn update_webhook(
        &self,
        webhook: &Webhook,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let webhook = webhook.clone();
        self.write(audit, move |draft, _| update(draft, webhook, expected)).await
    }

    async fn delete_webhook(
        &self,
        id: WebhookId,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let plan = move |draft: &mut Draft<'_>, _: &mut AuditEvent| {
            require_fresh(draft, id, expected)?;
            remove(draft, id)
        };
        self.write(audit, plan).await
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        lost_at: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.write_unaudited(move |draft| delivery::claim(draft, now, lost_at, limit)).await
    }

    async fn finish_attempt(&self, attempt: &Attempt) -> Result<Option<WebhookState>, StoreError> {
        let attempt = attempt.clone();
        self.write_unaudited(move |draft| delivery::finish(draft, &attempt)).await
    }

    async fn retry_delivery(
        &self,
        webhook_id: WebhookId,
        id: DeliveryId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<Option<Delivery>, StoreError> {
        let plan = move |draft: &mut Draft<'_>| {
            let again = delivery::retry(draft, webhook_id, id, now)?;
            if again.is_some() {
                audit::append(draft, audit)?;
            }
            Ok(again)
        };
        self.write_unaudited(plan).await
    }

    async fn deliveries(&self, query: &DeliveryQuery) -> Result<Page<Delivery>, StoreError> {
        let query = *query;
        self.read(move |core| delivery::list(core, &query)).await
    }

    async fn due_deliveries(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.read(move |core| delivery::count_due(core, now)).await
    }

    async fn prune_deliveries(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut pruned = 0;
        loop {
            match self.write_unaudited(move |draft| delivery::prune(draft, before)).await? {
                0 => return Ok(pruned),
                more => pruned += more,
            }
        }
    }
}
