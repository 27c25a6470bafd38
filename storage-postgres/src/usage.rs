//! Storage of usage counters.

use std::collections::BTreeMap;

use async_trait::async_trait;
use registry_core::model::id::TenantId;
use registry_core::model::usage::{Usage, UsageSubject};
use registry_core::store::{StoreError, UsageStore};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::Failure;
use crate::row::{Columns, bigint};
use crate::scope::Scope;

/// Adds a batch to `$table`. Subjects are locked in the order of their ids, so that two batches do not wait
/// for each other; the lock also keeps a server from going away half-way.
macro_rules! add {
    ($table:literal, $subject_id:literal, $subject:literal) => {
        concat!(
            "INSERT INTO ", $table, " AS u (", $subject_id, ", tenant_id, requests, errors, bytes_transferred,
                total_latency_us, last_used_at, last_used_ip)
            SELECT s.id, s.tenant_id, b.requests, b.errors, b.bytes_transferred, b.total_latency_us, b.last_used_at,
                b.last_used_ip
            FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[],
                $7::text[]) AS b (id, requests, errors, bytes_transferred, total_latency_us, last_used_at,
                last_used_ip)
            JOIN ", $subject, " s ON s.id = b.id ORDER BY s.id FOR KEY SHARE OF s
            ON CONFLICT (", $subject_id, ") DO UPDATE SET requests = u.requests + excluded.requests,
                errors = u.errors + excluded.errors,
                bytes_transferred = u.bytes_transferred + excluded.bytes_transferred,
                total_latency_us = u.total_latency_us + excluded.total_latency_us,
                last_used_at = CASE WHEN coalesce(excluded.last_used_at >= u.last_used_at, u.last_used_at IS NULL)
                    THEN excluded.last_used_at ELSE u.last_used_at END,
                last_used_ip = CASE WHEN coalesce(excluded.last_used_at >= u.last_used_at, u.last_used_at IS NULL)
                    THEN coalesce(excluded.last_used_ip, u.last_used_ip) ELSE u.last_used_ip END"
        )
    };
}

/// Reads what [`usage`] decodes from `$table`.
macro_rules! select {
    ($table:literal, $subject_id:literal) => {
        concat!(
            "SELECT requests, errors, bytes_transferred, total_latency_us, last_used_at, last_used_ip FROM ",
            $table,
            " WHERE ",
            $subject_id,
            " = $1 AND tenant_id IS NOT DISTINCT FROM $2"
        )
    };
}

#[async_trait]
impl UsageStore for PostgresStore {
    async fn add_usage(&self, batch: &[(UsageSubject, Usage)]) -> Result<(), StoreError> {
        const ADD_KEYS: &str = add!("key_usage", "api_key_id", "api_key");
        const ADD_SERVERS: &str = add!("server_usage", "server_id", "server");
        let (keys, servers) = sums(batch);
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                add(write.connection(), ADD_KEYS, &keys).await?;
                add(write.connection(), ADD_SERVERS, &servers).await?;
                write.commit_unaudited().await
            })
            .await
    }

    async fn usage(&self, tenant_id: Option<TenantId>, subject: UsageSubject) -> Result<Usage, StoreError> {
        const OF_KEY: &str = select!("key_usage", "api_key_id");
        const OF_SERVER: &str = select!("server_usage", "server_id");
        let select = match subject {
            UsageSubject::Key(id) => sqlx::query(OF_KEY).bind(id.0),
            UsageSubject::Server(id) => sqlx::query(OF_SERVER).bind(id.0),
        };
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::of([tenant_id])).await?;
                let select = select.bind(tenant_id.map(|tenant| tenant.0));
                let row = select.fetch_optional(&mut *connection).await?;
                row.as_ref().map_or(Ok(Usage::default()), usage)
            })
            .await
    }
}

/// One sum for each key and each server: a statement may change a row once only.
fn sums(batch: &[(UsageSubject, Usage)]) -> (BTreeMap<Uuid, Usage>, BTreeMap<Uuid, Usage>) {
    let (mut keys, mut servers) = (BTreeMap::<_, Usage>::new(), BTreeMap::<_, Usage>::new());
    for (subject, since) in batch {
        let sum = match subject {
            UsageSubject::Key(id) => keys.entry(id.0),
            UsageSubject::Server(id) => servers.entry(id.0),
        };
        sum.or_default().add(since);
    }
    (keys, servers)
}

async fn add(
    connection: &mut PgConnection,
    statement: &'static str,
    sums: &BTreeMap<Uuid, Usage>,
) -> Result<(), Failure> {
    if sums.is_empty() {
        return Ok(());
    }
    let numbers = |of: fn(&Usage) -> u64| sums.values().map(|u| bigint(of(u))).collect::<Result<Vec<_>, _>>();
    let add = sqlx::query(statement)
        .bind(sums.keys().copied().collect::<Vec<_>>())
        .bind(numbers(|usage| usage.requests)?)
        .bind(numbers(|usage| usage.errors)?)
        .bind(numbers(|usage| usage.bytes_transferred)?)
        .bind(numbers(|usage| usage.total_latency_us)?)
        .bind(sums.values().map(|usage| usage.last_used_at).collect::<Vec<_>>())
        .bind(sums.values().map(|usage| usage.last_used_ip.map(|ip| ip.to_string())).collect::<Vec<_>>());
    add.execute(connection).await?;
    Ok(())
}

fn usage(row: &PgRow) -> Result<Usage, Failure> {
    let mut columns = Columns::from(row, 0);
    Ok(Usage {
        requests: columns.number()?,
        errors: columns.number()?,
        bytes_transferred: columns.number()?,
        total_latency_us: columns.number()?,
        last_used_at: columns.take()?,
        last_used_ip: columns.address_opt()?,
    })
}
