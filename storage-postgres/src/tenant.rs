//! Storage of tenants.

use async_trait::async_trait;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::TenantId;
use registry_core::model::page::{Page, PageRequest};
use registry_core::model::tenant::Tenant;
use registry_core::model::text::TenantName;
use registry_core::store::{StoreError, TenantStore};
use sqlx::postgres::PgRow;

use crate::PostgresStore;
use crate::error::Failure;
use crate::row::{Columns, bigint, cannot_be_stored, page_of};
use crate::scope::Scope;

/// What [`tenant`] reads, of a table `t`.
macro_rules! tenant_columns {
    () => {
        "t.id, t.name, t.created_at"
    };
}
pub(crate) use tenant_columns;

/// Decodes a tenant.
pub(crate) fn tenant(columns: &mut Columns<'_>) -> Result<Tenant, Failure> {
    Ok(Tenant {
        id: columns.id(TenantId)?,
        name: columns.parsed(TenantName::parse)?,
        created_at: columns.take()?,
    })
}

fn decode(row: &PgRow) -> Result<Tenant, Failure> {
    tenant(&mut Columns::from(row, 0))
}

#[async_trait]
impl TenantStore for PostgresStore {
    async fn create_tenant(&self, tenant: &Tenant, audit: AuditEvent) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO tenant (id, name, name_key, created_at) VALUES ($1, $2, $3, $4)";
        let scope = Scope::of([Some(tenant.id), Some(audit.tenant_id)]);
        self.database
            .bounded(async {
                let mut write = self.database.write(scope).await?;
                let insert = sqlx::query(INSERT).bind(tenant.id.0).bind(tenant.name.as_str());
                let insert = insert.bind(tenant.name_key()).bind(tenant.created_at);
                insert.execute(write.connection()).await?;
                write.commit(audit).await
            })
            .await
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        const SELECT: &str = concat!("SELECT ", tenant_columns!(), " FROM tenant t WHERE t.id = $1");
        self.database
            .bounded(async {
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
            .bounded(async {
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
            .bounded(async {
                let mut connection = self.database.read(Scope::All).await?;
                let select = sqlx::query(SELECT).bind(i64::from(page.limit())).bind(bigint(page.offset())?);
                page_of(&select.fetch_all(&mut *connection).await?, page, tenant)
            })
            .await
    }
}
