//! Storage of API keys.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::alert_step::after_key_change;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::ApiKeyId;
use registry_core::model::key::{ApiKey, KeyDigest, KeyHolder, KeyQuery};
use registry_core::model::page::Page;
use registry_core::model::server::Revision;
use registry_core::store::{KeyStore, StoreError};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::PostgresStore;
use crate::alert;
use crate::error::Failure;
use crate::key_row::{bind_key, key, key_columns};
use crate::row::{Columns, bigint, page_of};
use crate::scope::Scope;
use crate::server::tenant_of;
use crate::tenant_row::{tenant, tenant_columns};
use crate::user_row::{user, user_columns};

#[async_trait]
impl KeyStore for PostgresStore {
    async fn create_key(&self, key: &ApiKey, audit: AuditEvent) -> Result<(), StoreError> {
        let scope = Scope::of([Some(key.tenant_id), Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                insert(write.connection(), key).await?;
                write.commit(audit).await
            })
            .await
    }

    async fn key(&self, reach: Reach, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            key_columns!(),
            " FROM api_key k WHERE k.id = $1 AND ($2::uuid IS NULL OR k.tenant_id = $2)"
        );
        self.database
            .reading(async {
                let mut connection = self.database.read(reach.into()).await?;
                let select = sqlx::query(SELECT).bind(id.0).bind(tenant_of(reach));
                let row = select.fetch_optional(&mut *connection).await?;
                row.map(|row| key(&mut Columns::from(&row, 0))).transpose()
            })
            .await
    }

    async fn key_by_digest(&self, digest: &KeyDigest) -> Result<Option<KeyHolder>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            key_columns!(),
            ", ",
            user_columns!(),
            ", ",
            tenant_columns!(),
            " FROM api_key_digest d JOIN api_key k ON k.id = d.api_key_id JOIN app_user u
                ON u.id = k.owner_id AND u.tenant_id = k.tenant_id JOIN tenant t ON t.id = u.tenant_id WHERE d.digest = $1"
        );
        self.database
            .reading(async {
                // The digest proves the tenant; before it is found there is none to narrow the scope to.
                let mut connection = self.database.read(Scope::All).await?;
                let row = sqlx::query(SELECT).bind(&digest.0[..]).fetch_optional(&mut *connection).await?;
                row.as_ref().map(holder).transpose()
            })
            .await
    }

    async fn keys(&self, query: &KeyQuery) -> Result<Page<ApiKey>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(query.reach.into()).await?;
                let rows = list(query)?.build().fetch_all(&mut *connection).await?;
                page_of(&rows, query.page, key)
            })
            .await
    }

    async fn expiring_keys(
        &self,
        query: &KeyQuery,
        now: Timestamp,
        by: Timestamp,
    ) -> Result<Page<ApiKey>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(query.reach.into()).await?;
                let rows = expiring(query, now, by)?.build().fetch_all(&mut *connection).await?;
                page_of(&rows, query.page, key)
            })
            .await
    }

    async fn keys_in_need(
        &self,
        now: Timestamp,
        expires_by: Timestamp,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            key_columns!(),
            " FROM api_key k WHERE k.revoked_at IS NULL AND k.expires_at > $1
                AND (k.unclaimed_until IS NULL OR k.unclaimed_until > $1)
                AND (k.expires_at <= $2 OR k.unclaimed_until IS NOT NULL OR (k.auto_rotate
                    AND coalesce(k.last_rotated_at, k.created_at) + make_interval(hours => 24 * k.rotation_days) <= $1))
                AND ($3::uuid IS NULL OR k.id > $3)
            ORDER BY k.id LIMIT $4"
        );
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                let select = sqlx::query(SELECT).bind(now).bind(expires_by);
                let select = select.bind(after.map(|after| after.0)).bind(i64::from(limit));
                let rows = select.fetch_all(&mut *connection).await?;
                rows.iter().map(|row| key(&mut Columns::from(row, 0))).collect()
            })
            .await
    }

    async fn update_key(
        &self,
        key: &ApiKey,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let scope = Scope::of([Some(key.tenant_id), Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                let old = lock(write.connection(), key, expected).await?;
                update(write.connection(), key).await?;
                let steps = after_key_change(&old, key, &audit);
                let (_, mut events) = alert::take(&mut write, &steps).await?;
                events.insert(0, audit);
                write.commit_all(events).await
            })
            .await
    }
}

fn holder(row: &PgRow) -> Result<KeyHolder, Failure> {
    let mut columns = Columns::from(row, 0);
    Ok(KeyHolder { key: key(&mut columns)?, owner: user(&mut columns)?, tenant: tenant(&mut columns)? })
}

fn digests(key: &ApiKey) -> Vec<&[u8]> {
    let previous = key.previous.as_ref().map(|previous| &previous.digest.0[..]);
    previous.into_iter().chain([&key.digest.0[..]]).collect()
}

/// Inserts a key with its digests.
pub(crate) async fn insert(connection: &mut PgConnection, key: &ApiKey) -> Result<(), Failure> {
    const INSERT: &str = "WITH new AS (
        INSERT INTO api_key (id, tenant_id, owner_id, created_by, name, description, digest, prefix, previous_digest,
            previous_valid_until, scopes, server_id, expires_at, rotation_days, auto_rotate, last_rotated_at,
            rotation_count, rate_rpm, rate_burst, created_ip, revoked_at, created_at, updated_at, revision,
            tools, unclaimed_until, live_server_id, live_owner_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $12, $3)
        RETURNING id, tenant_id)
        INSERT INTO api_key_digest (digest, api_key_id, tenant_id) SELECT unnest($27::bytea[]), id, tenant_id FROM new";
    bind_key(sqlx::query(INSERT), key)?.bind(digests(key)).execute(connection).await?;
    Ok(())
}

/// Replaces a key. Its owner, and the server that it is linked to, have to be there only if they are new.
async fn update(connection: &mut PgConnection, key: &ApiKey) -> Result<(), Failure> {
    const UPDATE: &str = "WITH forgotten AS (
            DELETE FROM api_key_digest WHERE api_key_id = $1 AND digest <> ALL ($27::bytea[])),
        learnt AS (
            INSERT INTO api_key_digest (digest, api_key_id, tenant_id)
            SELECT digest, $1, $2 FROM unnest($27::bytea[]) AS digest WHERE NOT EXISTS (
                SELECT FROM api_key_digest known WHERE known.digest = digest.digest AND known.api_key_id = $1))
        UPDATE api_key SET owner_id = $3, created_by = $4, name = $5, description = $6, digest = $7, prefix = $8,
            previous_digest = $9, previous_valid_until = $10, scopes = $11, server_id = $12, expires_at = $13,
            rotation_days = $14, auto_rotate = $15, last_rotated_at = $16, rotation_count = $17, rate_rpm = $18,
            rate_burst = $19, created_ip = $20, revoked_at = $21, created_at = $22, updated_at = $23, revision = $24,
            tools = $25, unclaimed_until = $26, live_server_id = CASE WHEN server_id IS NOT DISTINCT FROM $12 THEN live_server_id ELSE $12 END,
            live_owner_id = CASE WHEN owner_id = $3 THEN live_owner_id ELSE $3 END
        WHERE id = $1 AND tenant_id = $2";
    bind_key(sqlx::query(UPDATE), key)?.bind(digests(key)).execute(connection).await?;
    Ok(())
}

/// Locks the key, if it is there and has the revision that is expected, and reads it.
async fn lock(connection: &mut PgConnection, wanted: &ApiKey, expected: Revision) -> Result<ApiKey, Failure> {
    const LOCK: &str =
        concat!("SELECT ", key_columns!(), " FROM api_key k WHERE k.id = $1 AND k.tenant_id = $2 FOR UPDATE");
    let lock = sqlx::query(LOCK).bind(wanted.id.0).bind(wanted.tenant_id.0);
    let row = lock.fetch_optional(connection).await?.ok_or(StoreError::Missing)?;
    let current = key(&mut Columns::from(&row, 0))?;
    if current.revision == expected { Ok(current) } else { Err(StoreError::Stale.into()) }
}

fn list(query: &KeyQuery) -> Result<QueryBuilder<Postgres>, Failure> {
    let mut sql = QueryBuilder::new("WITH total AS (SELECT count(*) AS number FROM api_key k WHERE true");
    push_filters(&mut sql, query);
    sql.push("), page AS (SELECT * FROM api_key k WHERE true");
    push_filters(&mut sql, query);
    sql.push(" ORDER BY created_at DESC, id DESC LIMIT ").push_bind(i64::from(query.page.limit()));
    sql.push(" OFFSET ").push_bind(bigint(query.page.offset())?);
    sql.push(concat!(
        ") SELECT total.number, ",
        key_columns!(),
        " FROM total LEFT JOIN page k ON true ORDER BY k.created_at DESC, k.id DESC"
    ));
    Ok(sql)
}

/// The keys that expire soon; an index has the active ones by their end.
fn expiring(query: &KeyQuery, now: Timestamp, by: Timestamp) -> Result<QueryBuilder<Postgres>, Failure> {
    let mut sql = QueryBuilder::new("WITH hit AS MATERIALIZED (SELECT id, expires_at FROM api_key k WHERE ");
    sql.push("k.revoked_at IS NULL AND k.expires_at > ").push_bind(now);
    sql.push(" AND k.expires_at < ").push_bind(by);
    sql.push(" AND (k.unclaimed_until IS NULL OR k.unclaimed_until > ").push_bind(now).push(")");
    push_filters(&mut sql, query);
    sql.push("), page AS (SELECT id FROM hit ORDER BY expires_at, id LIMIT ");
    sql.push_bind(i64::from(query.page.limit())).push(" OFFSET ").push_bind(bigint(query.page.offset())?);
    sql.push(concat!(
        ") SELECT total.number, ",
        key_columns!(),
        " FROM (SELECT count(*) AS number FROM hit) total
        LEFT JOIN (page JOIN api_key k ON k.id = page.id) ON true ORDER BY k.expires_at, k.id"
    ));
    Ok(sql)
}

fn push_filters(sql: &mut QueryBuilder<Postgres>, query: &KeyQuery) {
    let reach = tenant_of(query.reach);
    for tenant in reach.into_iter().chain(query.tenant_id.map(|tenant| tenant.0)) {
        sql.push(" AND k.tenant_id = ").push_bind(tenant);
    }
    if let Some(user) = query.managed_by {
        sql.push(" AND (k.owner_id = ")
            .push_bind(user.0)
            .push(" OR k.created_by = ")
            .push_bind(user.0)
            .push(")");
    }
    if let Some(owner) = query.owner_id {
        sql.push(" AND k.owner_id = ").push_bind(owner.0);
    }
    if let Some(server) = query.server_id {
        sql.push(" AND k.server_id = ").push_bind(server.0);
    }
    if let Some(id) = query.only {
        sql.push(" AND k.id = ").push_bind(id.0);
    }
}
