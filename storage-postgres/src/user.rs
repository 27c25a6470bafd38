//! Storage of users; see [`crate::user_list`] for their lists.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{TenantId, UserId};
use registry_core::model::page::Page;
use registry_core::model::password::{PasswordChange, PasswordHash};
use registry_core::model::server::Revision;
use registry_core::model::user::{Identity, User, UserQuery};
use registry_core::store::{StoreError, UserStore, UserUpdate};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::error::Failure;
use crate::key_link::{Link, revoked_keys};
use crate::row::{Columns, cannot_be_stored, check_revision};
use crate::scope::Scope;
use crate::user_row::{bind_user, change_password, insert_identities, user, user_columns};
use crate::{PostgresStore, admin, key_link, session, user_list};

fn decode(row: &PgRow) -> Result<User, Failure> {
    user(&mut Columns::from(row, 0))
}

#[async_trait]
impl UserStore for PostgresStore {
    async fn create_user(
        &self,
        user: &User,
        password: Option<&PasswordHash>,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let scope = Scope::of([Some(user.tenant_id), Some(audit.tenant_id)]);
        let password = password.map_or(PasswordChange::Keep, PasswordChange::Set);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                insert(write.connection(), user).await?;
                insert_identities(write.connection(), user).await?;
                change_password(write.connection(), user, password).await?;
                write.commit(audit).await
            })
            .await
    }

    async fn update_user(&self, update: UserUpdate<'_>, audit: AuditEvent) -> Result<(), StoreError> {
        let UserUpdate { user, expected, password, ends } = update;
        let scope = Scope::of([Some(user.tenant_id), Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                let was_admin =
                    lock(write.connection(), LOCK_TO_UPDATE, user.tenant_id, user.id, expected).await?;
                replace(write.connection(), user).await?;
                insert_identities(write.connection(), user).await?;
                change_password(write.connection(), user, password).await?;
                if let Some(which) = ends {
                    session::end(write.connection(), user.tenant_id, user.id, which).await?;
                }
                if was_admin && !user.is_acting_admin() {
                    admin::keep_without_user(&mut write, user.tenant_id).await?;
                }
                write.commit(audit).await
            })
            .await
    }

    async fn delete_user(
        &self,
        tenant_id: TenantId,
        id: UserId,
        expected: Revision,
        mut audit: AuditEvent,
    ) -> Result<(), StoreError> {
        self.database
            .writing(async {
                // It may own servers of any tenant.
                let mut write = self.database.write(Scope::All).await?;
                let was_admin = lock(write.connection(), LOCK_TO_DELETE, tenant_id, id, expected).await?;
                require_no_servers(write.connection(), id).await?;
                let revoked = key_link::cut(write.connection(), Link::Owner(id), audit.timestamp).await?;
                let delete = sqlx::query("DELETE FROM app_user WHERE id = $1").bind(id.0);
                delete.execute(write.connection()).await?;
                if was_admin {
                    admin::keep_without_user(&mut write, tenant_id).await?;
                }
                audit.metadata.insert("revokedKeys".to_owned(), revoked_keys(&revoked));
                write.commit(audit).await
            })
            .await
    }

    async fn user(&self, reach: Reach, id: UserId) -> Result<Option<User>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            user_columns!(),
            " FROM app_user u WHERE u.id = $1 AND ($2::uuid IS NULL OR u.tenant_id = $2)"
        );
        let tenant = if let Reach::Tenant(id) = reach { Some(id.0) } else { None };
        self.database
            .reading(async {
                let mut connection = self.database.read(reach.into()).await?;
                let select = sqlx::query(SELECT).bind(id.0).bind(tenant);
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
            .reading(async {
                let mut connection = self.database.read(Scope::Tenant(tenant_id)).await?;
                let select = sqlx::query(SELECT).bind(tenant_id.0).bind(name_key);
                select.fetch_optional(&mut *connection).await?.as_ref().map(decode).transpose()
            })
            .await
    }

    async fn users_named(&self, name_key: &str, limit: u32) -> Result<Vec<User>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            user_columns!(),
            " FROM app_user u WHERE u.name_key = $1 ORDER BY u.tenant_id LIMIT $2"
        );
        if cannot_be_stored(name_key) {
            return Ok(Vec::new());
        }
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                let select = sqlx::query(SELECT).bind(name_key).bind(i64::from(limit));
                select.fetch_all(&mut *connection).await?.iter().map(decode).collect()
            })
            .await
    }

    async fn user_by_identity(&self, identity: &Identity) -> Result<Option<User>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            user_columns!(),
            " FROM user_identity own JOIN app_user u ON u.id = own.user_id
            WHERE own.issuer = $1 AND own.subject = $2"
        );
        if cannot_be_stored(&identity.issuer) || cannot_be_stored(&identity.subject) {
            return Ok(None);
        }
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                let select = sqlx::query(SELECT).bind(&identity.issuer).bind(&identity.subject);
                select.fetch_optional(&mut *connection).await?.as_ref().map(decode).transpose()
            })
            .await
    }

    async fn password(&self, tenant_id: TenantId, id: UserId) -> Result<Option<PasswordHash>, StoreError> {
        const SELECT: &str = "SELECT hash FROM user_password WHERE tenant_id = $1 AND user_id = $2";
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::Tenant(tenant_id)).await?;
                let select = sqlx::query_scalar(SELECT).bind(tenant_id.0).bind(id.0);
                Ok(select.fetch_optional(&mut *connection).await?.map(PasswordHash))
            })
            .await
    }

    async fn users(&self, query: &UserQuery) -> Result<Page<User>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(query.reach.into()).await?;
                user_list::page(&mut connection, query).await
            })
            .await
    }

    async fn has_users(&self) -> Result<bool, StoreError> {
        const SELECT: &str = "SELECT EXISTS (SELECT FROM app_user)";
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                Ok(sqlx::query_scalar(SELECT).fetch_one(&mut *connection).await?)
            })
            .await
    }
}

async fn insert(connection: &mut PgConnection, user: &User) -> Result<(), Failure> {
    const INSERT: &str = "INSERT INTO app_user (id, tenant_id, role, username, name_key, display_name, email,
            search_text, disabled, created_at, updated_at, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    bind_user(sqlx::query(INSERT), user)?.execute(connection).await?;
    Ok(())
}

/// Replaces a user and takes its identities away, for the new ones to be inserted.
async fn replace(connection: &mut PgConnection, user: &User) -> Result<(), Failure> {
    const UPDATE: &str = "WITH forgotten AS (DELETE FROM user_identity WHERE user_id = $1)
        UPDATE app_user SET role = $3, username = $4, name_key = $5, display_name = $6, email = $7, search_text = $8,
            disabled = $9, created_at = $10, updated_at = $11, revision = $12 WHERE id = $1 AND tenant_id = $2";
    bind_user(sqlx::query(UPDATE), user)?.execute(connection).await?;
    Ok(())
}

/// Whoever stores something that refers to the user does not wait for this.
const LOCK_TO_UPDATE: &str = "SELECT revision, role = 'admin' AND NOT disabled FROM app_user
    WHERE id = $1 AND tenant_id = $2 FOR NO KEY UPDATE";
/// This waits for whoever stores something that refers to the user, and then they for this.
const LOCK_TO_DELETE: &str = "SELECT revision, role = 'admin' AND NOT disabled FROM app_user
    WHERE id = $1 AND tenant_id = $2 FOR UPDATE";

/// Locks the user, if it is there and has the revision that is expected; whether it is an administrator who
/// may act.
async fn lock(
    connection: &mut PgConnection,
    statement: &'static str,
    tenant_id: TenantId,
    id: UserId,
    expected: Revision,
) -> Result<bool, Failure> {
    let row = sqlx::query(statement).bind(id.0).bind(tenant_id.0).fetch_optional(connection).await?;
    check_revision(row.as_ref().map(|row| row.try_get(0)).transpose()?, expected)?;
    row.map_or(Ok(false), |row| Ok(row.try_get(1)?))
}

/// Fails if the user owns servers. It is locked, so nobody makes one for it meanwhile.
async fn require_no_servers(connection: &mut PgConnection, id: UserId) -> Result<(), Failure> {
    const LOOK: &str = "SELECT EXISTS (SELECT FROM server WHERE owner_id = $1)";
    match sqlx::query_scalar(LOOK).bind(id.0).fetch_one(connection).await? {
        true => Err(StoreError::InUse("the user owns servers").into()),
        false => Ok(()),
    }
}
