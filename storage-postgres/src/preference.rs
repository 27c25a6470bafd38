//! Storage of preferences.

use std::collections::BTreeMap;

use async_trait::async_trait;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{ServerId, TenantId, UserId};
use registry_core::model::preference::{MAX_PREFERENCES, Preference};
use registry_core::store::{PreferenceStore, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::PostgresStore;
use crate::error::Failure;
use crate::row::{Columns, json};
use crate::scope::Scope;

#[async_trait]
impl PreferenceStore for PostgresStore {
    async fn preferences(&self, tenant_id: TenantId, user_id: UserId) -> Result<Vec<Preference>, StoreError> {
        const SELECT: &str =
            "SELECT server_id, is_enabled, display_order, custom_settings::text, updated_at FROM preference
            WHERE tenant_id = $1 AND user_id = $2 ORDER BY display_order, server_id";
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::Tenant(tenant_id)).await?;
                let select = sqlx::query(SELECT).bind(tenant_id.0).bind(user_id.0);
                select.fetch_all(&mut *connection).await?.iter().map(decode).collect()
            })
            .await
    }

    async fn put_preferences(
        &self,
        tenant_id: TenantId,
        user_id: UserId,
        preferences: &[Preference],
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let scope = Scope::of([Some(tenant_id), Some(audit.tenant_id)]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                lock_user(write.connection(), tenant_id, user_id).await?;
                put(write.connection(), tenant_id, user_id, preferences).await?;
                require_few(write.connection(), user_id).await?;
                write.commit(audit).await
            })
            .await
    }
}

/// Locks the user, if it is there, so that its preferences are counted by one writer at a time.
async fn lock_user(
    connection: &mut PgConnection,
    tenant_id: TenantId,
    user_id: UserId,
) -> Result<(), Failure> {
    const LOCK: &str = "SELECT FROM app_user WHERE id = $1 AND tenant_id = $2 FOR NO KEY UPDATE";
    let row = sqlx::query(LOCK).bind(user_id.0).bind(tenant_id.0).fetch_optional(connection).await?;
    row.map(drop).ok_or_else(|| StoreError::Missing.into())
}

/// Stores preferences, the last for each server, and removes those that are default.
async fn put(
    connection: &mut PgConnection,
    tenant_id: TenantId,
    user_id: UserId,
    preferences: &[Preference],
) -> Result<(), Failure> {
    let last: BTreeMap<ServerId, &Preference> =
        preferences.iter().map(|preference| (preference.server_id, preference)).collect();
    let (removed, stored): (Vec<_>, Vec<_>) =
        last.into_values().partition(|preference| preference.is_default());
    remove(connection, user_id, &removed).await?;
    store(connection, tenant_id, user_id, &stored).await
}

fn server_ids(preferences: &[&Preference]) -> Vec<uuid::Uuid> {
    preferences.iter().map(|preference| preference.server_id.0).collect()
}

async fn remove(
    connection: &mut PgConnection,
    user_id: UserId,
    removed: &[&Preference],
) -> Result<(), Failure> {
    const REMOVE: &str = "DELETE FROM preference WHERE user_id = $1 AND server_id = ANY ($2)";
    if !removed.is_empty() {
        sqlx::query(REMOVE).bind(user_id.0).bind(server_ids(removed)).execute(connection).await?;
    }
    Ok(())
}

/// Servers are locked in the order of their ids, by the foreign key, which sees those of every tenant.
async fn store(
    connection: &mut PgConnection,
    tenant_id: TenantId,
    user_id: UserId,
    stored: &[&Preference],
) -> Result<(), Failure> {
    const STORE: &str = "INSERT INTO preference
            (user_id, tenant_id, server_id, is_enabled, display_order, custom_settings, updated_at)
        SELECT $1, $2, p.server_id, p.is_enabled, p.display_order, p.custom_settings::json, p.updated_at
        FROM unnest($3::uuid[], $4::boolean[], $5::integer[], $6::text[], $7::timestamptz[])
            AS p (server_id, is_enabled, display_order, custom_settings, updated_at) ORDER BY p.server_id
        ON CONFLICT (user_id, server_id) DO UPDATE SET is_enabled = excluded.is_enabled,
            display_order = excluded.display_order, custom_settings = excluded.custom_settings,
            updated_at = excluded.updated_at";
    if stored.is_empty() {
        return Ok(());
    }
    let settings = stored.iter().map(|preference| json(&preference.custom_settings));
    let store = sqlx::query(STORE)
        .bind(user_id.0)
        .bind(tenant_id.0)
        .bind(server_ids(stored))
        .bind(stored.iter().map(|preference| preference.is_enabled).collect::<Vec<_>>())
        .bind(stored.iter().map(|preference| preference.display_order).collect::<Vec<_>>())
        .bind(settings.collect::<Result<Vec<_>, _>>()?)
        .bind(stored.iter().map(|preference| preference.updated_at).collect::<Vec<_>>());
    store.execute(connection).await?;
    Ok(())
}

/// Fails if the user has more preferences than it may.
async fn require_few(connection: &mut PgConnection, user_id: UserId) -> Result<(), Failure> {
    const COUNT: &str = "SELECT count(*) FROM preference WHERE user_id = $1";
    let count: i64 = sqlx::query_scalar(COUNT).bind(user_id.0).fetch_one(connection).await?;
    match usize::try_from(count) {
        Ok(count) if count <= MAX_PREFERENCES => Ok(()),
        _ => Err(StoreError::InUse("a user has preferences for at most 1,000 servers").into()),
    }
}

fn decode(row: &PgRow) -> Result<Preference, Failure> {
    let mut columns = Columns::from(row, 0);
    Ok(Preference {
        server_id: columns.id(ServerId)?,
        is_enabled: columns.take()?,
        display_order: columns.take()?,
        custom_settings: columns.json()?,
        updated_at: columns.take()?,
    })
}
