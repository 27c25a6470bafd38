//! Storage of webhooks. What is delivered to them is in `delivery`.

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::audit::AuditEvent;
use registry_core::model::delivery::{Attempt, Delivery, DeliveryQuery};
use registry_core::model::id::{DeliveryId, TenantId, WebhookId};
use registry_core::model::page::Page;
use registry_core::model::server::Revision;
use registry_core::model::webhook::{MAX_WEBHOOKS, Webhook, WebhookState};
use registry_core::store::{StoreError, WebhookStore};
use sqlx::PgConnection;

use crate::PostgresStore;
use crate::delivery;
use crate::error::Failure;
use crate::row::Columns;
use crate::scope::Scope;
use crate::webhook_row::{bind_webhook, webhook, webhook_columns};

#[async_trait]
impl WebhookStore for PostgresStore {
    async fn create_webhook(&self, webhook: &Webhook, audit: AuditEvent) -> Result<(), StoreError> {
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                require_room(write.connection(), webhook.tenant_id).await?;
                insert(write.connection(), webhook).await?;
                write.commit(audit).await
            })
            .await
    }

    async fn webhook(&self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        const SELECT: &str = concat!("SELECT ", webhook_columns!(), " FROM webhook w WHERE w.id = $1");
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                let row = sqlx::query(SELECT).bind(id.0).fetch_optional(&mut *connection).await?;
                row.map(|row| webhook(&mut Columns::from(&row, 0))).transpose()
            })
            .await
    }

    async fn webhooks(&self, tenant_id: Option<Option<TenantId>>) -> Result<Vec<Webhook>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            webhook_columns!(),
            " FROM webhook w WHERE $1 OR w.tenant_id IS NOT DISTINCT FROM $2 ORDER BY w.created_at, w.id"
        );
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                let tenant = tenant_id.flatten().map(|tenant| tenant.0);
                let select = sqlx::query(SELECT).bind(tenant_id.is_none()).bind(tenant);
                let rows = select.fetch_all(&mut *connection).await?;
                rows.iter().map(|row| webhook(&mut Columns::from(row, 0))).collect()
            })
            .await
    }

    async fn update_webhook(
        &self,
        webhook: &Webhook,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let old = lock(write.connection(), LOCK_TO_UPDATE, webhook.id, expected).await?;
                let new = Webhook { state: old.state_after_update(webhook), ..webhook.clone() };
                update(write.connection(), &new).await?;
                write.commit(audit).await
            })
            .await
    }

    async fn delete_webhook(
        &self,
        id: WebhookId,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        const DELETE: &str = "DELETE FROM webhook WHERE id = $1";
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                lock(write.connection(), LOCK_TO_DELETE, id, expected).await?;
                sqlx::query(DELETE).bind(id.0).execute(write.connection()).await?;
                write.commit(audit).await
            })
            .await
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        lost_at: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let claimed = delivery::claim(write.connection(), now, lost_at, limit).await?;
                write.commit_unaudited().await?;
                Ok(claimed)
            })
            .await
    }

    async fn finish_attempt(&self, attempt: &Attempt) -> Result<Option<WebhookState>, StoreError> {
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let state = delivery::finish(write.connection(), attempt).await?;
                write.commit_unaudited().await?;
                Ok(state)
            })
            .await
    }

    async fn retry_delivery(
        &self,
        webhook_id: WebhookId,
        id: DeliveryId,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<Option<Delivery>, StoreError> {
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let again = delivery::retry(write.connection(), webhook_id, id, now).await?;
                if again.is_some() {
                    write.commit(audit).await?;
                }
                Ok(again)
            })
            .await
    }

    async fn deliveries(&self, query: &DeliveryQuery) -> Result<Page<Delivery>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                delivery::list(&mut connection, query).await
            })
            .await
    }

    async fn due_deliveries(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                delivery::count_due(&mut connection, now).await
            })
            .await
    }

    async fn prune_deliveries(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut pruned = 0;
        loop {
            let more = self.database.writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let more = delivery::prune(write.connection(), before).await?;
                write.commit_unaudited().await?;
                Ok(more)
            });
            match more.await? {
                0 => return Ok(pruned),
                more => pruned += more,
            }
        }
    }
}

/// Deliveries may be stored for it meanwhile.
const LOCK_TO_UPDATE: &str =
    concat!("SELECT ", webhook_columns!(), " FROM webhook w WHERE w.id = $1 FOR NO KEY UPDATE");
/// This waits for whoever stores a delivery for it, and then they for this.
const LOCK_TO_DELETE: &str =
    concat!("SELECT ", webhook_columns!(), " FROM webhook w WHERE w.id = $1 FOR UPDATE");

/// Locks the webhook, if it is there and has the revision that is expected, and reads it.
async fn lock(
    connection: &mut PgConnection,
    statement: &'static str,
    id: WebhookId,
    expected: Revision,
) -> Result<Webhook, Failure> {
    let row = sqlx::query(statement).bind(id.0).fetch_optional(connection).await?;
    let current = webhook(&mut Columns::from(&row.ok_or(StoreError::Missing)?, 0))?;
    if current.revision == expected { Ok(current) } else { Err(StoreError::Stale.into()) }
}

/// Fails if the tenant, or who has none, has as many as it may. Nobody else makes one until this is committed.
async fn require_room(connection: &mut PgConnection, tenant_id: Option<TenantId>) -> Result<(), Failure> {
    const LOCK: &str = "LOCK TABLE webhook IN SHARE ROW EXCLUSIVE MODE";
    const COUNT: &str = "SELECT count(*) FROM webhook WHERE tenant_id IS NOT DISTINCT FROM $1";
    sqlx::query(LOCK).execute(&mut *connection).await?;
    let tenant = tenant_id.map(|tenant| tenant.0);
    let count: i64 = sqlx::query_scalar(COUNT).bind(tenant).fetch_one(connection).await?;
    match usize::try_from(count).is_ok_and(|count| count < MAX_WEBHOOKS) {
        true => Ok(()),
        false => Err(StoreError::InUse("there are as many webhooks as there may be").into()),
    }
}

async fn insert(connection: &mut PgConnection, webhook: &Webhook) -> Result<(), Failure> {
    const INSERT: &str =
        "INSERT INTO webhook (id, tenant_id, name, url, alert_types, min_severity, enabled, secret,
            previous_secret, previous_valid_until, failing_since, last_success_at, created_by, created_at,
            updated_at, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    bind_webhook(sqlx::query(INSERT), webhook)?.execute(connection).await?;
    Ok(())
}

async fn update(connection: &mut PgConnection, webhook: &Webhook) -> Result<(), Failure> {
    const UPDATE: &str =
        "UPDATE webhook SET tenant_id = $2, name = $3, url = $4, alert_types = $5, min_severity = $6,
            enabled = $7, secret = $8, previous_secret = $9, previous_valid_until = $10, failing_since = $11,
            last_success_at = $12, created_by = $13, created_at = $14, updated_at = $15, revision = $16
        WHERE id = $1";
    bind_webhook(sqlx::query(UPDATE), webhook)?.execute(connection).await?;
    Ok(())
}
