//! Storage of servers; see [`crate::server_list`] for their lists.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::alert_step::after_removal;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::key::ApiKey;
use registry_core::model::page::Page;
use registry_core::model::server::{Revision, Server, ServerQuery};
use registry_core::model::watch::due_after_change;
use registry_core::store::{DeletedServer, ServerStore, StoreError};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::error::Failure;
use crate::key_link::{Link, revoked_keys};
use crate::row::{Columns, cannot_be_stored, check_revision};
use crate::scope::Scope;
use crate::server_row::{bind_health, bind_server, server, server_columns};
use crate::{PostgresStore, alert, dependency, key, key_link, server_list, watch};

fn decode(row: &PgRow) -> Result<Server, Failure> {
    server(&mut Columns::from(row, 0))
}

#[async_trait]
impl ServerStore for PostgresStore {
    async fn create_server(
        &self,
        server: &Server,
        key: Option<&ApiKey>,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let key_tenant = key.map_or(server.tenant_id, |key| Some(key.tenant_id));
        let scope = Scope::of([server.tenant_id, key_tenant, Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                insert(write.connection(), server).await?;
                let due = due_after_change(None, server);
                watch::change(write.connection(), server.tenant_id, server.id, due).await?;
                if let Some(key) = key {
                    key::insert(write.connection(), key).await?;
                }
                write.commit(audit).await
            })
            .await
    }

    async fn server(&self, reach: Reach, id: ServerId) -> Result<Option<Server>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            server_columns!(),
            " FROM server s JOIN server_health h ON h.server_id = s.id
            WHERE s.id = $1 AND ($2::uuid IS NULL OR s.tenant_id = $2 OR s.is_shared)"
        );
        self.database
            .reading(async {
                let mut connection = self.database.read(reach.into()).await?;
                let select = sqlx::query(SELECT).bind(id.0).bind(tenant_of(reach));
                select.fetch_optional(&mut *connection).await?.as_ref().map(decode).transpose()
            })
            .await
    }

    async fn server_by_slug(
        &self,
        tenant_id: Option<TenantId>,
        slug: &str,
    ) -> Result<Option<Server>, StoreError> {
        const OWN: &str = concat!(
            "SELECT ",
            server_columns!(),
            " FROM server s JOIN server_health h ON h.server_id = s.id WHERE s.tenant_id = $1 AND s.slug = $2"
        );
        const GLOBAL: &str = concat!(
            "SELECT ",
            server_columns!(),
            " FROM server s JOIN server_health h ON h.server_id = s.id WHERE s.tenant_id IS NULL AND s.slug = $1"
        );
        if cannot_be_stored(slug) {
            return Ok(None);
        }
        let select = match tenant_id {
            Some(tenant) => sqlx::query(OWN).bind(tenant.0).bind(slug),
            None => sqlx::query(GLOBAL).bind(slug),
        };
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::of([tenant_id])).await?;
                select.fetch_optional(&mut *connection).await?.as_ref().map(decode).transpose()
            })
            .await
    }

    async fn servers(&self, query: &ServerQuery) -> Result<Page<Server>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(query.reach.into()).await?;
                server_list::page(&mut connection, query).await
            })
            .await
    }

    async fn update_server(
        &self,
        server: &Server,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let scope = Scope::of([server.tenant_id, Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                lock(write.connection(), server.tenant_id, server.id, expected).await?;
                let old = locked(write.connection(), server.id).await?;
                dependency::change(&mut write, &old, server).await?;
                update(write.connection(), server).await?;
                let due = due_after_change(Some(&old), server);
                watch::change(write.connection(), server.tenant_id, server.id, due).await?;
                write.commit(audit).await
            })
            .await
    }

    async fn delete_server(
        &self,
        tenant_id: Option<TenantId>,
        id: ServerId,
        expected: Revision,
        now: Timestamp,
        mut audit: AuditEvent,
    ) -> Result<DeletedServer, StoreError> {
        self.database
            .writing(async {
                // Keys of any tenant may be linked to it.
                let mut write = self.database.write(Scope::All).await?;
                lock(write.connection(), tenant_id, id, expected).await?;
                let revoked = key_link::cut(write.connection(), Link::Server(id), now).await?;
                dependency::forget(write.connection(), id).await?;
                sqlx::query("DELETE FROM server WHERE id = $1")
                    .bind(id.0)
                    .execute(write.connection())
                    .await?;
                audit.metadata.insert("revokedKeys".to_owned(), revoked_keys(&revoked));
                let steps = after_removal(id, tenant_id, &audit);
                let (_, mut events) = alert::take(&mut write, &steps).await?;
                events.insert(0, audit);
                write.commit_all(events).await?;
                Ok(DeletedServer { revoked_keys: revoked })
            })
            .await
    }

    async fn dependents(&self, reach: Reach, id: ServerId, limit: u32) -> Result<Vec<Server>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            server_columns!(),
            " FROM server s JOIN server_health h ON h.server_id = s.id
            WHERE s.depends_on @> ARRAY[$1::uuid] AND s.depends_on <> '{}'
                AND ($2::uuid IS NULL OR s.tenant_id = $2 OR s.is_shared) ORDER BY s.id LIMIT $3"
        );
        self.database
            .reading(async {
                let mut connection = self.database.read(reach.into()).await?;
                let select = sqlx::query(SELECT).bind(id.0).bind(tenant_of(reach)).bind(i64::from(limit));
                select.fetch_all(&mut *connection).await?.iter().map(decode).collect()
            })
            .await
    }

    async fn failing_dependencies(&self, ids: &[ServerId]) -> Result<Vec<(ServerId, ServerId)>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                dependency::failing(&mut connection, ids).await
            })
            .await
    }

    async fn impaired_servers(&self, limit: u32) -> Result<Vec<ServerId>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                dependency::impaired(&mut connection, limit).await
            })
            .await
    }
}

/// The tenant that a reach is narrowed to.
pub(crate) fn tenant_of(reach: Reach) -> Option<Uuid> {
    match reach {
        Reach::Tenant(tenant) => Some(tenant.0),
        Reach::AllTenants => None,
    }
}

async fn insert(connection: &mut PgConnection, server: &Server) -> Result<(), Failure> {
    const INSERT: &str = "WITH new AS (
        INSERT INTO server (id, tenant_id, owner_id, name, name_key, slug, search_text, description, version,
            transport, endpoint_url, auth_type, auth, metadata, tags, category, is_public, settings, health_auto,
            health_interval_seconds, health_timeout_seconds, health_retries, alert_threshold, status, api_key_id,
            created_at, updated_at, revision, health_degraded_above_ms, depends_on)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::json, $14::json, $15, $16, $17, $18::json,
            $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)
        RETURNING id, tenant_id)
        INSERT INTO server_health (server_id, tenant_id, status, last_check_at, consecutive_failures, checks,
            successes, total_response_us, last_error, last_error_at, last_deep_at, impaired_checks)
        SELECT id, tenant_id, $31, $32, $33, $34, $35, $36, $37::json, $38, $39, $40 FROM new";
    let insert = bind_server(sqlx::query(INSERT), server)?;
    bind_health(insert, &server.health)?.execute(connection).await?;
    Ok(())
}

async fn update(connection: &mut PgConnection, server: &Server) -> Result<(), Failure> {
    const UPDATE: &str = "UPDATE server SET owner_id = $3, name = $4, name_key = $5, slug = $6, search_text = $7,
        description = $8, version = $9, transport = $10, endpoint_url = $11, auth_type = $12, auth = $13::json,
        metadata = $14::json, tags = $15, category = $16, is_public = $17, settings = $18::json, health_auto = $19,
        health_interval_seconds = $20, health_timeout_seconds = $21, health_retries = $22, alert_threshold = $23,
        status = $24, api_key_id = $25, created_at = $26, updated_at = $27, revision = $28, health_degraded_above_ms = $29,
        depends_on = $30
        WHERE id = $1 AND tenant_id IS NOT DISTINCT FROM $2";
    bind_server(sqlx::query(UPDATE), server)?.execute(connection).await?;
    Ok(())
}

/// Locks the server, if it is there and has the revision that is expected.
async fn lock(
    connection: &mut PgConnection,
    tenant_id: Option<TenantId>,
    id: ServerId,
    expected: Revision,
) -> Result<(), Failure> {
    const LOCK: &str =
        "SELECT revision FROM server WHERE id = $1 AND tenant_id IS NOT DISTINCT FROM $2 FOR UPDATE";
    let lock = sqlx::query(LOCK).bind(id.0).bind(tenant_id.map(|tenant| tenant.0));
    let row = lock.fetch_optional(connection).await?;
    check_revision(row.map(|row| row.try_get(0)).transpose()?, expected)
}

/// The server that is locked, as it is before it is changed.
async fn locked(connection: &mut PgConnection, id: ServerId) -> Result<Server, Failure> {
    const SELECT: &str = concat!(
        "SELECT ",
        server_columns!(),
        " FROM server s JOIN server_health h ON h.server_id = s.id WHERE s.id = $1"
    );
    decode(&sqlx::query(SELECT).bind(id.0).fetch_one(connection).await?)
}
