//! Deliveries to webhooks. A tree by time says which are due, and another one which are over.

use std::collections::HashSet;

use registry_core::clock::Timestamp;
use registry_core::model::alert_step::AlertChange;
use registry_core::model::delivery::{self, Attempt, Delivery, DeliveryQuery};
use registry_core::model::id::{DeliveryId, WebhookId};
use registry_core::model::page::Page;
use registry_core::model::webhook::{Webhook, WebhookState};
use registry_core::store::StoreError;

use crate::codec;
use crate::core::Core;
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;
use crate::webhook;

/// How many deliveries one write prunes at most, so that no other write waits for long.
const PRUNED_AT_ONCE: usize = 500;
/// The bytes of a row by time before the delivery's key.
const TIME: usize = 8;

/// The key of a delivery's record.
fn key_of(delivery: &Delivery) -> Vec<u8> {
    let webhook = delivery.webhook_id.0.as_bytes();
    [&webhook[..], &codec::time(delivery.created_at), delivery.id.0.as_bytes()].concat()
}

/// The delivery's row in a tree by time: what is due, or what is over.
fn time_row(delivery: &Delivery) -> (Table, Vec<u8>) {
    let (table, at) = match delivery.finished_at {
        Some(at) => (Table::DeliveryEnd, at),
        None => (Table::DeliveryDue, delivery.next_attempt_at),
    };
    (table, [&codec::time(at)[..], &key_of(delivery)].concat())
}

/// Stores a delivery in the place of the old one.
fn replace(draft: &mut Draft<'_>, old: Option<&Delivery>, delivery: &Delivery) -> Result<(), StoreError> {
    if let Some((table, row)) = old.map(time_row) {
        draft.remove(table, row);
    }
    let (table, row) = time_row(delivery);
    draft.put(table, row, Vec::new());
    draft.put(Table::DeliveryId, delivery.id.0.as_bytes().to_vec(), key_of(delivery));
    draft.put_record(Table::Delivery, &key_of(delivery), delivery)
}

fn remove(draft: &mut Draft<'_>, delivery: &Delivery) -> Result<(), StoreError> {
    let (table, row) = time_row(delivery);
    draft.remove(table, row);
    draft.remove(Table::DeliveryId, delivery.id.0.as_bytes().to_vec());
    draft.remove_record(Table::Delivery, &key_of(delivery))
}

/// Plans the removal of all deliveries to a webhook.
pub(crate) fn remove_all(draft: &mut Draft<'_>, id: WebhookId) -> Result<(), StoreError> {
    for (key, _) in draft.stored(Table::Delivery, id.0.as_bytes())? {
        let delivery: Delivery = draft.indexed(Table::Delivery, &key)?;
        remove(draft, &delivery)?;
    }
    Ok(())
}

/// Plans what is to be delivered of a change.
pub(crate) fn deliver(draft: &mut Draft<'_>, change: &AlertChange) -> Result<(), StoreError> {
    let Some(event) = &change.event else { return Ok(()) };
    let webhooks = webhook::all(draft)?;
    let deliveries = delivery::deliveries(&webhooks, &change.alert, event);
    deliveries.iter().try_for_each(|delivery| replace(draft, None, delivery))
}

fn find(read: &impl Read, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    let key = read.get(Table::DeliveryId, id.0.as_bytes())?;
    key.map_or(Ok(None), |key| read.record(Table::Delivery, &key))
}

/// The webhook in a row of what is due.
fn webhook_of(row: &[u8]) -> Result<WebhookId, StoreError> {
    codec::uuid_at(row, TIME).map(WebhookId)
}

fn enabled(webhooks: impl IntoIterator<Item = Webhook>) -> HashSet<WebhookId> {
    webhooks.into_iter().filter(|webhook| webhook.enabled).map(|webhook| webhook.id).collect()
}

/// See [`WebhookStore::claim_deliveries`](registry_core::store::WebhookStore::claim_deliveries).
pub(crate) fn claim(
    draft: &mut Draft<'_>,
    now: Timestamp,
    lost_at: Timestamp,
    limit: u32,
) -> Result<Vec<Delivery>, StoreError> {
    let enabled = enabled(webhook::all(draft)?);
    let end = codec::after_time(now);
    let mut due = Vec::new();
    for row in draft.keys(Table::DeliveryDue, Some(&end)) {
        let row = row?;
        if enabled.contains(&webhook_of(&row)?) {
            due.push(row[TIME..].to_vec());
        }
        if due.len() >= limit as usize {
            break;
        }
    }
    due.iter().map(|key| claim_one(draft, key, lost_at)).collect()
}

fn claim_one(draft: &mut Draft<'_>, key: &[u8], lost_at: Timestamp) -> Result<Delivery, StoreError> {
    let old: Delivery = draft.indexed(Table::Delivery, key)?;
    let claimed = Delivery { attempts: old.attempts + 1, next_attempt_at: lost_at, ..old.clone() };
    replace(draft, Some(&old), &claimed)?;
    Ok(claimed)
}

/// See [`WebhookStore::finish_attempt`](registry_core::store::WebhookStore::finish_attempt).
pub(crate) fn finish(draft: &mut Draft<'_>, attempt: &Attempt) -> Result<Option<WebhookState>, StoreError> {
    let Some(old) = find(draft, attempt.id)? else { return Ok(None) };
    let Some(delivery) = attempt.conclude(&old) else { return Ok(None) };
    replace(draft, Some(&old), &delivery)?;
    let Some(webhook) = webhook::find(draft, delivery.webhook_id)? else { return Ok(None) };
    let state = webhook.state.after(attempt);
    webhook::put(draft, &Webhook { state, ..webhook })?;
    Ok(Some(state))
}

/// See [`WebhookStore::retry_delivery`](registry_core::store::WebhookStore::retry_delivery).
pub(crate) fn retry(
    draft: &mut Draft<'_>,
    webhook_id: WebhookId,
    id: DeliveryId,
    now: Timestamp,
) -> Result<Option<Delivery>, StoreError> {
    let Some(old) = find(draft, id)?.filter(|old| old.webhook_id == webhook_id) else { return Ok(None) };
    let again = old.again(now);
    again.as_ref().map_or(Ok(()), |again| replace(draft, Some(&old), again))?;
    Ok(again)
}

/// The page that `query` asks for.
pub(crate) fn list(core: &Core, query: &DeliveryQuery) -> Result<Page<Delivery>, StoreError> {
    let view = &core.view;
    let mut page = Page::empty(query.page);
    for row in view.prefix(Table::Delivery, query.webhook_id.0.as_bytes(), true) {
        let delivery = view.record::<Delivery>(Table::Delivery, &row?.0)?;
        let Some(delivery) = delivery.filter(|delivery| query.matches(delivery)) else { continue };
        page.count(|| delivery);
    }
    Ok(page)
}

/// How many deliveries to webhooks that are enabled are due.
pub(crate) fn count_due(core: &Core, now: Timestamp) -> Result<u64, StoreError> {
    let view = &core.view;
    let mut webhooks = Vec::new();
    for row in view.prefix(Table::Webhook, &[], false) {
        webhooks.extend(view.record::<Webhook>(Table::Webhook, &row?.0)?);
    }
    let enabled = enabled(webhooks);
    let mut count = 0;
    for row in view.scan(Table::DeliveryDue, Vec::new(), Some(codec::after_time(now).to_vec()), false) {
        count += u64::from(enabled.contains(&webhook_of(&row?.0)?));
    }
    Ok(count)
}

/// Plans the removal of deliveries that are over, or were not sent for as long. Answers with how many.
pub(crate) fn prune(draft: &mut Draft<'_>, before: Timestamp) -> Result<u64, StoreError> {
    let mut pruned = 0;
    let end = codec::time(before);
    for table in [Table::DeliveryEnd, Table::DeliveryDue] {
        let rows = draft.keys(table, Some(&end)).take(PRUNED_AT_ONCE).collect::<Result<Vec<_>, _>>()?;
        for row in rows {
            let delivery: Delivery = draft.indexed(Table::Delivery, &row[TIME..])?;
            remove(draft, &delivery)?;
            pruned += 1;
        }
    }
    Ok(pruned)
}
