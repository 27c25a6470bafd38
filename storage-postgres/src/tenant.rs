//! Storage of tenants.

use async_trait::async_trait;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::TenantId;
use registry_core::model::page::{Page, PageRequest};
use registry_core::model::server::Revision;
use registry_core::model::tenant::Tenant;
use registry_core::store::{StoreError, TenantStore};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::error::Failure;
use crate::row::{Columns, bigint, cannot_be_stored, check_revision, page_of};
use crate::scope::Scope;
use crate::tenant_row::{bind_tenant, tenant, tenant_columns};
use crate::{PostgresStore, admin};

fn decode(row: &PgRow) -> Result<Tenant, Failure> {
    tenant(&mut Columns::from(row, 0))
}

#[async_trait]
impl TenantStore for PostgresStore {
    async fn create_tenant(&self, tenant: &Tenant, audit: AuditEvent) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO tenant
            (id, name, name_key, disabled, requests_per_minute, created_at, updated_at, revision)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let scope = Scope::of([Some(tenant.id), Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                bind_tenant(sqlx::query(INSERT), tenant)?.execute(write.connection()).await?;
                write.commit(audit).await
            })
            .await
    }

    async fn update_tenant(
        &self,
        tenant: &Tenant,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        const UPDATE: &str =
            "UPDATE tenant SET name = $2, name_key = $3, disabled = $4, requests_per_minute = $5,
            created_at = $6, updated_at = $7, revision = $8 WHERE id = $1";
        let scope = Scope::of([Some(tenant.id), Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                let was_disabled = lock(write.connection(), LOCK_TO_UPDATE, tenant.id, expected).await?;
                bind_tenant(sqlx::query(UPDATE), tenant)?.execute(write.connection()).await?;
                if tenant.disabled && !was_disabled {
                    admin::keep_without_tenant(&mut write, tenant.id).await?;
                }
                write.commit(audit).await
            })
            .await
    }

    async fn delete_tenant(
        &self,
        id: TenantId,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let scope = Scope::of([Some(id), Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                lock(write.connection(), LOCK_TO_DELETE, id, expected).await?;
                require_empty(write.connection(), id).await?;
                for table in DELETES {
                    sqlx::query(table).bind(id.0).execute(write.connection()).await?;
                }
                write.commit(audit).await
            })
            .await
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        const SELECT: &str = concat!("SELECT ", tenant_columns!(), " FROM tenant t WHERE t.id = $1");
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::Tenant(id)).await?;
                let row = sqlx::query(SELECT).bind(id.0).fetch_optional(&mut *connection).await?;
                row.as_ref().map(decode).transpose()
            })
            .await
    }

    async fn tenant_by_name_key(&self, name_key: &str) -> Result<Option<Tenant>, StoreError> {
        const SELECT: &str = concat!("SELECT ", tenant_columns!(), " FROM tenant t WHERE t.name_key = $1");
        if cannot_be_stored(name_key) {
            return Ok(None);
        }
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                let row = sqlx::query(SELECT).bind(name_key).fetch_optional(&mut *connection).await?;
                row.as_ref().map(decode).transpose()
            })
            .await
    }

    async fn tenants(&self, page: PageRequest) -> Result<Page<Tenant>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT total.number, ",
            tenant_columns!(),
            " FROM (SELECT count(*) AS number FROM tenant) total LEFT JOIN (
                SELECT * FROM tenant ORDER BY name_key LIMIT $1 OFFSET $2) t ON true ORDER BY t.name_key"
        );
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                let select = sqlx::query(SELECT).bind(i64::from(page.limit())).bind(bigint(page.offset())?);
                page_of(&select.fetch_all(&mut *connection).await?, page, tenant)
            })
            .await
    }
}

/// Whoever stores something of the tenant does not wait for this.
const LOCK_TO_UPDATE: &str = "SELECT revision, disabled FROM tenant WHERE id = $1 FOR NO KEY UPDATE";
/// This waits for whoever stores something of the tenant, and then they for this.
const LOCK_TO_DELETE: &str = "SELECT revision, disabled FROM tenant WHERE id = $1 FOR UPDATE";

/// Removes a tenant with what outlived its users and servers: keys, with their usage, and counters at zero.
const DELETES: [&str; 3] = [
    "DELETE FROM api_key WHERE tenant_id = $1",
    "DELETE FROM server_count WHERE tenant_id = $1",
    "DELETE FROM tenant WHERE id = $1",
];

/// Locks the tenant, if it is there and has the revision that is expected; whether it is disabled.
async fn lock(
    connection: &mut PgConnection,
    statement: &'static str,
    id: TenantId,
    expected: Revision,
) -> Result<bool, Failure> {
    let row = sqlx::query(statement).bind(id.0).fetch_optional(connection).await?;
    check_revision(row.as_ref().map(|row| row.try_get(0)).transpose()?, expected)?;
    row.map_or(Ok(false), |row| Ok(row.try_get(1)?))
}

/// Fails if the tenant has users or servers. It is locked, so nobody makes one in it meanwhile.
async fn require_empty(connection: &mut PgConnection, id: TenantId) -> Result<(), Failure> {
    const LOOK: &str = "SELECT EXISTS (SELECT FROM app_user WHERE tenant_id = $1),
        EXISTS (SELECT FROM server WHERE tenant_id = $1)";
    match sqlx::query_as(LOOK).bind(id.0).fetch_one(connection).await? {
        (true, _) => Err(StoreError::InUse("the tenant has users").into()),
        (_, true) => Err(StoreError::InUse("the tenant has servers").into()),
        _ => Ok(()),
    }
}
