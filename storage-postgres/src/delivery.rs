//! Deliveries to webhooks.

use registry_core::clock::Timestamp;
use registry_core::model::alert::Alert;
use registry_core::model::audit::AuditEvent;
use registry_core::model::delivery::{Attempt, Delivery, DeliveryQuery, deliveries};
use registry_core::model::id::{DeliveryId, WebhookId};
use registry_core::model::page::Page;
use registry_core::model::webhook::{Webhook, WebhookState};
use sqlx::PgConnection;

use crate::error::Failure;
use crate::row::{Columns, bigint, page_of};
use crate::scope::Write;
use crate::webhook_row::{bind_delivery, delivery, delivery_columns, webhook, webhook_columns};

/// How many deliveries one write prunes at most.
const PRUNED_AT_ONCE: i64 = 1_000;

/// Stores what is to be delivered of a change of an alert. The write sees all tenants' from here on: webhooks may be of
/// none.
pub(crate) async fn deliver(write: &mut Write, alert: &Alert, event: &AuditEvent) -> Result<(), Failure> {
    write.widen().await?;
    let webhooks = listeners(write.connection(), alert).await?;
    for delivery in deliveries(&webhooks, alert, event) {
        insert(write.connection(), &delivery).await?;
    }
    Ok(())
}

/// The webhooks that may be told of the alert. Whoever removes one waits.
async fn listeners(connection: &mut PgConnection, alert: &Alert) -> Result<Vec<Webhook>, Failure> {
    const SELECT: &str = concat!(
        "SELECT ",
        webhook_columns!(),
        " FROM webhook w WHERE w.enabled AND (w.tenant_id IS NULL OR w.tenant_id = $1) ORDER BY w.id FOR KEY SHARE"
    );
    let select = sqlx::query(SELECT).bind(alert.tenant_id.map(|tenant| tenant.0));
    let rows = select.fetch_all(connection).await?;
    rows.iter().map(|row| webhook(&mut Columns::from(row, 0))).collect()
}

async fn insert(connection: &mut PgConnection, delivery: &Delivery) -> Result<(), Failure> {
    const INSERT: &str =
        "INSERT INTO webhook_delivery (id, webhook_id, tenant_id, event, alert_id, body, status,
            attempts, next_attempt_at, last_status, last_error, created_at, finished_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    bind_delivery(sqlx::query(INSERT), delivery).execute(connection).await?;
    Ok(())
}

async fn update(connection: &mut PgConnection, delivery: &Delivery) -> Result<(), Failure> {
    const UPDATE: &str =
        "UPDATE webhook_delivery SET webhook_id = $2, tenant_id = $3, event = $4, alert_id = $5,
            body = $6, status = $7, attempts = $8, next_attempt_at = $9, last_status = $10, last_error = $11,
            created_at = $12, finished_at = $13
        WHERE id = $1";
    bind_delivery(sqlx::query(UPDATE), delivery).execute(connection).await?;
    Ok(())
}

/// See `WebhookStore::claim_deliveries`. What another node claims at this moment is passed over.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    now: Timestamp,
    lost_at: Timestamp,
    limit: u32,
) -> Result<Vec<Delivery>, Failure> {
    const CLAIM: &str = concat!(
        "WITH due AS (
            SELECT p.id, p.next_attempt_at FROM webhook_delivery p JOIN webhook w ON w.id = p.webhook_id
            WHERE p.status = 'pending' AND p.next_attempt_at <= $1 AND w.enabled
            ORDER BY p.next_attempt_at, p.id LIMIT $3 FOR UPDATE OF p SKIP LOCKED)
        UPDATE webhook_delivery d SET attempts = d.attempts + 1, next_attempt_at = $2 FROM due
        WHERE d.id = due.id RETURNING ",
        delivery_columns!(),
        ", due.next_attempt_at"
    );
    let claim = sqlx::query(CLAIM).bind(now).bind(lost_at).bind(i64::from(limit));
    let rows = claim.fetch_all(connection).await?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut columns = Columns::from(row, 0);
        let delivery = delivery(&mut columns)?;
        claimed.push((columns.take::<Timestamp>()?, delivery));
    }
    claimed.sort_by_key(|(due, delivery)| (*due, delivery.id));
    Ok(claimed.into_iter().map(|(_, delivery)| delivery).collect())
}

/// See `WebhookStore::finish_attempt`. The webhook is locked before its delivery, as by whoever removes it.
pub(crate) async fn finish(
    connection: &mut PgConnection,
    attempt: &Attempt,
) -> Result<Option<WebhookState>, Failure> {
    const LOCK: &str = concat!(
        "SELECT ",
        webhook_columns!(),
        " FROM webhook w WHERE w.id = (SELECT webhook_id FROM webhook_delivery WHERE id = $1) FOR NO KEY UPDATE"
    );
    const UPDATE: &str = "UPDATE webhook SET failing_since = $2, last_success_at = $3 WHERE id = $1";
    let row = sqlx::query(LOCK).bind(attempt.id.0).fetch_optional(&mut *connection).await?;
    let Some(row) = row else { return Ok(None) };
    let webhook = webhook(&mut Columns::from(&row, 0))?;
    let current = lock(&mut *connection, attempt.id).await?;
    let Some(delivery) = current.and_then(|delivery| attempt.conclude(&delivery)) else { return Ok(None) };
    update(&mut *connection, &delivery).await?;
    let state = webhook.state.after(attempt);
    let note = sqlx::query(UPDATE).bind(webhook.id.0).bind(state.failing_since).bind(state.last_success_at);
    note.execute(connection).await?;
    Ok(Some(state))
}

/// See `WebhookStore::retry_delivery`.
pub(crate) async fn retry(
    connection: &mut PgConnection,
    webhook_id: WebhookId,
    id: DeliveryId,
    now: Timestamp,
) -> Result<Option<Delivery>, Failure> {
    let current = lock(&mut *connection, id).await?.filter(|current| current.webhook_id == webhook_id);
    let Some(again) = current.and_then(|current| current.again(now)) else { return Ok(None) };
    update(connection, &again).await?;
    Ok(Some(again))
}

/// Locks the delivery, and reads it.
async fn lock(connection: &mut PgConnection, id: DeliveryId) -> Result<Option<Delivery>, Failure> {
    const LOCK: &str =
        concat!("SELECT ", delivery_columns!(), " FROM webhook_delivery d WHERE d.id = $1 FOR UPDATE");
    let row = sqlx::query(LOCK).bind(id.0).fetch_optional(connection).await?;
    row.map(|row| delivery(&mut Columns::from(&row, 0))).transpose()
}

/// The page that `query` asks for.
pub(crate) async fn list(
    connection: &mut PgConnection,
    query: &DeliveryQuery,
) -> Result<Page<Delivery>, Failure> {
    const SELECT: &str = concat!(
        "WITH matching AS (SELECT * FROM webhook_delivery WHERE webhook_id = $1 AND ($2::text IS NULL OR status = $2)),
        total AS (SELECT count(*) AS number FROM matching),
        page AS (SELECT * FROM matching ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4)
        SELECT total.number, ",
        delivery_columns!(),
        " FROM total LEFT JOIN page d ON true ORDER BY d.created_at DESC, d.id DESC"
    );
    let select =
        sqlx::query(SELECT).bind(query.webhook_id.0).bind(query.status.map(|status| status.as_str()));
    let select = select.bind(i64::from(query.page.limit())).bind(bigint(query.page.offset())?);
    page_of(&select.fetch_all(connection).await?, query.page, delivery)
}

/// How many deliveries to webhooks that are enabled are due.
pub(crate) async fn count_due(connection: &mut PgConnection, now: Timestamp) -> Result<u64, Failure> {
    const COUNT: &str = "SELECT count(*) FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id
        WHERE d.status = 'pending' AND d.next_attempt_at <= $1 AND w.enabled";
    let row = sqlx::query(COUNT).bind(now).fetch_one(connection).await?;
    Columns::from(&row, 0).number()
}

/// Removes some of the deliveries that are over, or were not sent for as long; how many.
pub(crate) async fn prune(connection: &mut PgConnection, before: Timestamp) -> Result<u64, Failure> {
    const PRUNE: &str = "DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery
        WHERE coalesce(finished_at, next_attempt_at) < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";
    let prune = sqlx::query(PRUNE).bind(before).bind(PRUNED_AT_ONCE);
    Ok(prune.execute(connection).await?.rows_affected())
}
