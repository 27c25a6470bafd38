//! Webhooks, and what is delivered to them.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::page::page;
use super::{MemoryStore, State};
use crate::clock::Timestamp;
use crate::model::alert_step::AlertChange;
use crate::model::audit::AuditEvent;
use crate::model::delivery::{self, Attempt, Delivery, DeliveryQuery, DeliveryStatus};
use crate::model::id::{DeliveryId, TenantId, WebhookId};
use crate::model::page::Page;
use crate::model::server::Revision;
use crate::model::webhook::{MAX_WEBHOOKS, Webhook, WebhookState};
use crate::store::{StoreError, UniqueField, WebhookStore};

#[derive(Default)]
pub(super) struct Webhooks {
    by_id: BTreeMap<WebhookId, Webhook>,
    deliveries: BTreeMap<DeliveryId, Delivery>,
}

impl Webhooks {
    /// Stores what is to be delivered of these changes.
    pub(super) fn deliver(&mut self, changes: &[AlertChange]) {
        let webhooks: Vec<_> = self.by_id.values().cloned().collect();
        for AlertChange { alert, event } in changes {
            let Some(event) = event else { continue };
            for delivery in delivery::deliveries(&webhooks, alert, event) {
                self.deliveries.insert(delivery.id, delivery);
            }
        }
    }

    pub(super) fn remove_tenant(&mut self, tenant_id: TenantId) {
        self.by_id.retain(|_, webhook| webhook.tenant_id != Some(tenant_id));
        self.deliveries.retain(|_, delivery| delivery.tenant_id != Some(tenant_id));
    }

    fn require_fresh(&self, id: WebhookId, expected: Revision) -> Result<&Webhook, StoreError> {
        let webhook = self.by_id.get(&id).ok_or(StoreError::Missing)?;
        if webhook.revision == expected { Ok(webhook) } else { Err(StoreError::Stale) }
    }

    fn check_new(&self, webhook: &Webhook) -> Result<(), StoreError> {
        if self.by_id.contains_key(&webhook.id) {
            return Err(StoreError::Conflict(UniqueField::Id));
        }
        let others = self.by_id.values().filter(|other| other.tenant_id == webhook.tenant_id).count();
        if others >= MAX_WEBHOOKS {
            Err(StoreError::InUse("there are as many webhooks as there may be"))
        } else {
            Ok(())
        }
    }

    /// The deliveries that are due, those due longest first.
    fn due(&self, now: Timestamp) -> Vec<(Timestamp, DeliveryId)> {
        let enabled = |id| self.by_id.get(id).is_some_and(|webhook| webhook.enabled);
        let due = self.deliveries.values().filter(|delivery| {
            delivery.status == DeliveryStatus::Pending
                && delivery.next_attempt_at <= now
                && enabled(&delivery.webhook_id)
        });
        let mut due: Vec<_> = due.map(|delivery| (delivery.next_attempt_at, delivery.id)).collect();
        due.sort_unstable();
        due
    }

    fn claim(&mut self, now: Timestamp, lost_at: Timestamp, limit: u32) -> Vec<Delivery> {
        let mut claimed = Vec::new();
        for (_, id) in self.due(now).into_iter().take(limit as usize) {
            if let Some(delivery) = self.deliveries.get_mut(&id) {
                delivery.attempts += 1;
                delivery.next_attempt_at = lost_at;
                claimed.push(delivery.clone());
            }
        }
        claimed
    }

    fn finish(&mut self, attempt: &Attempt) -> Option<WebhookState> {
        let delivery = self.deliveries.get_mut(&attempt.id)?;
        *delivery = attempt.conclude(delivery)?;
        let webhook = self.by_id.get_mut(&delivery.webhook_id)?;
        webhook.state = webhook.state.after(attempt);
        Some(webhook.state)
    }

    fn prune(&mut self, before: Timestamp) -> u64 {
        let length = self.deliveries.len();
        let last = |delivery: &Delivery| delivery.finished_at.unwrap_or(delivery.next_attempt_at);
        self.deliveries.retain(|_, delivery| last(delivery) >= before);
        (length - self.deliveries.len()) as u64
    }
}

fn unaudited<P>(plan: P) -> Result<(P, Option<AuditEvent>), StoreError> {
    Ok((plan, None))
}

#[async_trait]
impl WebhookStore for MemoryStore {
    async fn create_webhook(&self, webhook: &Webhook, audit: AuditEvent) -> Result<(), StoreError> {
        let plan = |state: &State| {
            webhook.tenant_id.map_or(Ok(()), |tenant| state.tenants.require(tenant).map(drop))?;
            state.webhooks.check_new(webhook)
        };
        let apply = |state: &mut State, ()| drop(state.webhooks.by_id.insert(webhook.id, webhook.clone()));
        self.change(audit, plan, apply)
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        Ok(self.read()?.webhooks.by_id.get(&id).cloned())
    }

    async fn webhooks(&self, tenant_id: Option<Option<TenantId>>) -> Result<Vec<Webhook>, StoreError> {
        let state = self.read()?;
        let webhooks = state.webhooks.by_id.values();
        let is_asked = |webhook: &&Webhook| tenant_id.is_none_or(|tenant| webhook.tenant_id == tenant);
        let mut webhooks: Vec<_> = webhooks.filter(is_asked).cloned().collect();
        webhooks.sort_by_key(|webhook| (webhook.created_at, webhook.id));
        Ok(webhooks)
    }

    async fn update_webhook(
        &self,
        webhook: &Webhook,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let plan = |state: &State| {
            let old = state.webhooks.require_fresh(webhook.id, expected)?;
            Ok(Webhook { state: old.state_after_update(webhook), ..webhook.clone() })
        };
        let apply = |state: &mut State, webhook: Webhook| {
            state.webhooks.by_id.insert(webhook.id, webhook);
        };
        self.change(audit, plan, apply)
    }

    async fn delete_webhook(
        &self,
        id: WebhookId,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let plan = |state: &State| state.webhooks.require_fresh(id, expected).map(drop);
        let apply = |state: &mut State, ()| {
            state.webhooks.by_id.remove(&id);
            state.webhooks.deliveries.retain(|_, delivery| delivery.webhook_id != id);
        };
        self.change(audit, plan, apply)
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        lost_at: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.change_with(|_| unaudited(()), |state, ()| state.webhooks.claim(now, lost_at, limit))
    }

    async fn finish_attempt(&self, attempt: &Attempt) -> Result<Option<WebhookState>, StoreError> {
        self.change_with(|_| unaudited(()), |state, ()| state.webhooks.finish(attempt))
    }

    async fn retry_delivery(
        &self,
        webhook_id: WebhookId,
        id: DeliveryId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<Option<Delivery>, StoreError> {
        let plan = |state: &State| {
            let delivery = state.webhooks.deliveries.get(&id);
            let delivery = delivery.filter(|delivery| delivery.webhook_id == webhook_id);
            let again = delivery.and_then(|delivery| delivery.again(now));
            let event = again.is_some().then_some(audit);
            Ok((again, event))
        };
        let apply = |state: &mut State, again: Option<Delivery>| {
            let put = |delivery: &Delivery| state.webhooks.deliveries.insert(delivery.id, delivery.clone());
            again.as_ref().and_then(put);
            again
        };
        self.change_with(plan, apply)
    }

    async fn deliveries(&self, query: &DeliveryQuery) -> Result<Page<Delivery>, StoreError> {
        let state = self.read()?;
        let mut deliveries: Vec<_> =
            state.webhooks.deliveries.values().filter(|delivery| query.matches(delivery)).collect();
        deliveries.sort_by_key(|delivery| std::cmp::Reverse((delivery.created_at, delivery.id)));
        Ok(page(deliveries.into_iter(), query.page))
    }

    async fn due_deliveries(&self, now: Timestamp) -> Result<u64, StoreError> {
        Ok(self.read()?.webhooks.due(now).len() as u64)
    }

    async fn prune_deliveries(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.change_with(|_| unaudited(()), |state, ()| state.webhooks.prune(before))
    }
}
