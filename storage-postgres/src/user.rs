//! Storage of users.

use async_trait::async_trait;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{TenantId, UserId};
use registry_core::model::page::{Page, PageRequest};
use registry_core::model::role::Role;
use registry_core::model::text::{DisplayName, UserName};
use registry_core::model::user::User;
use registry_core::store::{StoreError, UserStore};
use sqlx::postgres::PgRow;

use crate::PostgresStore;
use crate::error::Failure;
use crate::row::{Columns, bigint, cannot_be_stored, page_of};
use crate::scope::Scope;

/// What [`user`] reads, of a table `u`.
macro_rules! user_columns {
    () => {
        "u.id, u.tenant_id, u.role, u.username, u.display_name, u.disabled, u.created_at"
    };
}
pub(crate) use user_columns;

/// Decodes a user.
pub(crate) fn user(columns: &mut Columns<'_>) -> Result<User, Failure> {
    Ok(User {
        id: columns.id(UserId)?,
        tenant_id: columns.id(TenantId)?,
        role: columns.parsed(Role::parse)?,
        username: columns.parsed(UserName::parse)?,
        display_name: columns.parsed_opt(DisplayName::parse)?,
        disabled: columns.take()?,
        created_at: columns.take()?,
    })
}

fn decode(row: &PgRow) -> Result<User, Failure> {
    user(&mut Columns::from(row, 0))
}

#[async_trait]
impl UserStore for PostgresStore {
    async fn create_user(&self, user: &User, audit: AuditEvent) -> Result<(), StoreError> {
        const INSERT: &str = "INSERT INTO app_user
            (id, tenant_id, role, username, name_key, display_name, disabled, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let scope = Scope::of([Some(user.tenant_id), Some(audit.tenant_id)]);
        self.database
            .bounded(async {
                let mut write = self.database.write(scope).await?;
                let insert = sqlx::query(INSERT)
                    .bind(user.id.0)
                    .bind(user.tenant_id.0)
                    .bind(user.role.as_str())
                    .bind(user.username.as_str())
                    .bind(user.name_key())
                    .bind(user.display_name.as_ref().map(DisplayName::as_str))
                    .bind(user.disabled)
                    .bind(user.created_at);
                insert.execute(write.connection()).await?;
                write.commit(audit).await
            })
            .await
    }

    async fn user(&self, tenant_id: TenantId, id: UserId) -> Result<Option<User>, StoreError> {
        const SELECT: &str =
            concat!("SELECT ", user_columns!(), " FROM app_user u WHERE u.tenant_id = $1 AND u.id = $2");
        self.database
            .bounded(async {
                let mut connection = self.database.read(Scope::Tenant(tenant_id)).await?;
                let select = sqlx::query(SELECT).bind(tenant_id.0).bind(id.0);
                select.fetch_optional(&mut *connection).await?.as_ref().map(decode).transpose()
            })
            .await
    }

    async fn user_by_name_key(
        &self,
        tenant_id: TenantId,
        name_key: &str,
    ) -> Result<Option<User>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            user_columns!(),
            " FROM app_user u WHERE u.tenant_id = $1 AND u.name_key = $2"
        );
        if cannot_be_stored(name_key) {
            return Ok(None);
        }
        self.database
            .bounded(async {
                let mut connection = self.database.read(Scope::Tenant(tenant_id)).await?;
                let select = sqlx::query(SELECT).bind(tenant_id.0).bind(name_key);
                select.fetch_optional(&mut *connection).await?.as_ref().map(decode).transpose()
            })
            .await
    }

    async fn users(&self, tenant_id: TenantId, page: PageRequest) -> Result<Page<User>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT total.number, ",
            user_columns!(),
            " FROM (SELECT count(*) AS number FROM app_user WHERE tenant_id = $1) total LEFT JOIN (
                SELECT * FROM app_user WHERE tenant_id = $1 ORDER BY name_key LIMIT $2 OFFSET $3) u ON true
            ORDER BY u.name_key"
        );
        self.database
            .bounded(async {
                let mut connection = self.database.read(Scope::Tenant(tenant_id)).await?;
                let select = sqlx::query(SELECT).bind(tenant_id.0).bind(i64::from(page.limit()));
                let rows = select.bind(bigint(page.offset())?).fetch_all(&mut *connection).await?;
                page_of(&rows, page, user)
            })
            .await
    }

    async fn has_users(&self) -> Result<bool, StoreError> {
        const SELECT: &str = "SELECT EXISTS (SELECT FROM app_user)";
        self.database
            .bounded(async {
                let mut connection = self.database.read(Scope::All).await?;
                Ok(sqlx::query_scalar(SELECT).fetch_one(&mut *connection).await?)
            })
            .await
    }
}
