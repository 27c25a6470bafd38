//! Storage of the audit log.
//!
//! An entry is stored field by field, and read from those fields: what a list filters by is what the hash was
//! made of, so neither can be changed without breaking the chain.

use async_trait::async_trait;
use registry_core::chain;
use registry_core::model::audit::{
    Action, AuditEntry, AuditEvent, AuditHead, AuditQuery, AuditResult, EventType, Origin, ResourceType,
};
use registry_core::model::event::LiveEvent;
use registry_core::model::id::{ApiKeyId, TenantId, UserId};
use registry_core::model::page::Page;
use registry_core::store::{AuditStore, StoreError};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::Failure;
use crate::row::{Columns, bigint, cannot_be_stored, json, page_of};
use crate::scope::Scope;
use crate::server::tenant_of;

/// What [`entry`] reads, of a table `e`.
macro_rules! entry_columns {
    () => {
        "e.id, e.tenant_id, e.event_type, e.actor_id, e.api_key_id, e.resource_type, e.resource_id, e.action,
        e.result, e.occurred_at, e.ip_address, e.user_agent, e.request_id, e.metadata::text, e.seq,
        e.previous_hash, e.hash"
    };
}

#[async_trait]
impl AuditStore for PostgresStore {
    async fn append_audit(&self, event: AuditEvent) -> Result<(), StoreError> {
        self.database
            .writing(async {
                let write = self.database.write(Scope::Tenant(event.tenant_id)).await?;
                write.commit(event).await
            })
            .await
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>, StoreError> {
        if query.request_id.as_deref().is_some_and(cannot_be_stored) {
            return Ok(Page::empty(query.page));
        }
        self.database
            .reading(async {
                let mut connection = self.database.read(query.reach.into()).await?;
                let rows = list(query)?.build().fetch_all(&mut *connection).await?;
                page_of(&rows, query.page, entry)
            })
            .await
    }

    async fn audit_after(
        &self,
        tenant_id: TenantId,
        seq: u64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            entry_columns!(),
            " FROM audit_entry e WHERE e.tenant_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3"
        );
        // No chain is longer than the largest number that the database has.
        let Ok(seq) = i64::try_from(seq) else { return Ok(Vec::new()) };
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::Tenant(tenant_id)).await?;
                let select = sqlx::query(SELECT).bind(tenant_id.0).bind(seq).bind(i64::from(limit));
                readable(&select.fetch_all(&mut *connection).await?)
            })
            .await
    }

    async fn audit_head(&self, tenant_id: TenantId) -> Result<AuditHead, StoreError> {
        const SELECT: &str = "SELECT seq, hash FROM audit_head WHERE tenant_id = $1";
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::Tenant(tenant_id)).await?;
                let row = sqlx::query(SELECT).bind(tenant_id.0).fetch_optional(&mut *connection).await?;
                row.map_or(Ok(AuditHead::empty(tenant_id)), |row| head(tenant_id, &row))
            })
            .await
    }

    async fn audit_chains(&self) -> Result<Vec<TenantId>, StoreError> {
        const SELECT: &str = "SELECT tenant_id FROM audit_head WHERE seq > 0
            UNION SELECT DISTINCT tenant_id FROM audit_entry ORDER BY tenant_id";
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                let ids = sqlx::query_scalar::<_, Uuid>(SELECT).fetch_all(&mut *connection).await?;
                Ok(ids.into_iter().map(TenantId).collect())
            })
            .await
    }
}

/// Entries up to the first that cannot be read, which is an error only if it is the first of all.
fn readable(rows: &[PgRow]) -> Result<Vec<AuditEntry>, Failure> {
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        match entry(&mut Columns::from(row, 0)) {
            Ok(entry) => entries.push(entry),
            Err(failure) if entries.is_empty() => return Err(failure),
            Err(_) => break,
        }
    }
    Ok(entries)
}

/// Stores `event` as the next entry of its tenant's chain. Until the transaction ends, other writers of the
/// chain wait.
///
/// The live event goes with it, as of this node; it gets its position later ([`crate::event`]).
pub(crate) async fn append(
    connection: &mut PgConnection,
    event: AuditEvent,
    node: Uuid,
) -> Result<(), Failure> {
    const INSERT: &str = "WITH new AS (
        INSERT INTO audit_entry (id, tenant_id, event_type, actor_id, api_key_id, resource_type, resource_id, action,
            result, occurred_at, ip_address, user_agent, request_id, metadata, seq, previous_hash, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14::json, $15, $16, $17)),
        live AS (INSERT INTO event (tenant_id, node, occurred_at, event) VALUES ($2, $18, $10, $19::json))
        UPDATE audit_head SET seq = $15, hash = $17 WHERE tenant_id = $2";
    let head = lock_head(connection, event.tenant_id).await?;
    let AuditEntry { seq, previous_hash, hash, event } = chain::next(head, event)?;
    let insert = sqlx::query(INSERT)
        .bind(event.id)
        .bind(event.tenant_id.0)
        .bind(event.event_type.as_str())
        .bind(event.actor_id.map(|user| user.0))
        .bind(event.api_key_id.map(|key| key.0))
        .bind(event.resource_type.as_str())
        .bind(event.resource_id)
        .bind(event.action.as_str())
        .bind(event.result.as_str())
        .bind(event.timestamp)
        .bind(event.origin.ip_address.map(|address| address.to_string()))
        .bind(&event.origin.user_agent)
        .bind(&event.origin.request_id)
        .bind(json(&event.metadata)?)
        .bind(bigint(seq)?)
        .bind(&previous_hash[..])
        .bind(&hash[..])
        .bind(node)
        .bind(json(&LiveEvent::of(&event))?);
    insert.execute(connection).await?;
    Ok(())
}

/// Locks the head of a chain, which the first entry of a tenant makes.
async fn lock_head(connection: &mut PgConnection, tenant_id: TenantId) -> Result<AuditHead, Failure> {
    const LOCK: &str = "SELECT seq, hash FROM audit_head WHERE tenant_id = $1 FOR UPDATE";
    const MAKE: &str =
        "INSERT INTO audit_head (tenant_id, seq, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING";
    let lock = || sqlx::query(LOCK).bind(tenant_id.0);
    if let Some(row) = lock().fetch_optional(&mut *connection).await? {
        return head(tenant_id, &row);
    }
    let empty = AuditHead::empty(tenant_id);
    sqlx::query(MAKE).bind(tenant_id.0).bind(&empty.hash[..]).execute(&mut *connection).await?;
    head(tenant_id, &lock().fetch_one(connection).await?)
}

fn head(tenant_id: TenantId, row: &PgRow) -> Result<AuditHead, Failure> {
    let mut columns = Columns::from(row, 0);
    Ok(AuditHead { tenant_id, seq: columns.number()?, hash: columns.hash()? })
}

fn entry(columns: &mut Columns<'_>) -> Result<AuditEntry, Failure> {
    let event = AuditEvent {
        id: columns.take()?,
        tenant_id: columns.id(TenantId)?,
        event_type: columns.parsed(EventType::parse)?,
        actor_id: columns.id_opt(UserId)?,
        api_key_id: columns.id_opt(ApiKeyId)?,
        resource_type: columns.parsed(ResourceType::parse)?,
        resource_id: columns.take()?,
        action: columns.parsed(Action::parse)?,
        result: columns.parsed(AuditResult::parse)?,
        timestamp: columns.take()?,
        origin: Origin {
            ip_address: columns.address_opt()?,
            user_agent: columns.take()?,
            request_id: columns.take()?,
        },
        metadata: columns.json()?,
    };
    Ok(AuditEntry { event, seq: columns.number()?, previous_hash: columns.hash()?, hash: columns.hash()? })
}

fn list(query: &AuditQuery) -> Result<QueryBuilder<Postgres>, Failure> {
    let mut sql = QueryBuilder::new("WITH total AS (SELECT ");
    if is_whole(query) {
        // Chains have no gaps: their heads tell how many entries there are.
        sql.push("coalesce(sum(seq), 0)::bigint AS number FROM audit_head e WHERE true");
    } else {
        sql.push("count(*) AS number FROM audit_entry e WHERE true");
    }
    push_filters(&mut sql, query);
    sql.push("), page AS (SELECT * FROM audit_entry e WHERE true");
    push_filters(&mut sql, query);
    sql.push(" ORDER BY occurred_at DESC, id DESC LIMIT ").push_bind(i64::from(query.page.limit()));
    sql.push(" OFFSET ").push_bind(bigint(query.page.offset())?);
    sql.push(concat!(
        ") SELECT total.number, ",
        entry_columns!(),
        " FROM total LEFT JOIN page e ON true ORDER BY e.occurred_at DESC, e.id DESC"
    ));
    Ok(sql)
}

/// Whether nothing but the tenant narrows the list.
fn is_whole(query: &AuditQuery) -> bool {
    let plain = AuditQuery { tenant_id: query.tenant_id, page: query.page, ..AuditQuery::new(query.reach) };
    *query == plain
}

fn push_filters(sql: &mut QueryBuilder<Postgres>, query: &AuditQuery) {
    let reach = tenant_of(query.reach);
    for tenant in reach.into_iter().chain(query.tenant_id.map(|tenant| tenant.0)) {
        sql.push(" AND e.tenant_id = ").push_bind(tenant);
    }
    if let Some(event_type) = query.event_type {
        sql.push(" AND e.event_type = ").push_bind(event_type.as_str());
    }
    if let Some(actor) = query.actor_id {
        sql.push(" AND e.actor_id = ").push_bind(actor.0);
    }
    if let Some(resource_type) = query.resource_type {
        sql.push(" AND e.resource_type = ").push_bind(resource_type.as_str());
    }
    if let Some(resource) = query.resource_id {
        sql.push(" AND e.resource_id = ").push_bind(resource);
    }
    if let Some(request) = &query.request_id {
        sql.push(" AND e.request_id = ").push_bind(request.clone());
    }
    if let Some(from) = query.from {
        sql.push(" AND e.occurred_at >= ").push_bind(from);
    }
    if let Some(to) = query.to {
        sql.push(" AND e.occurred_at < ").push_bind(to);
    }
}
