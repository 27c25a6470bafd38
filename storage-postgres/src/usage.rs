//! Storage of usage counters.

use std::collections::BTreeMap;

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::id::{ApiKeyId, TenantId};
use registry_core::model::latency::Latencies;
use registry_core::model::usage::{ErrorCounts, Usage, UsageSubject};
use registry_core::store::{StoreError, UsageStore};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::Failure;
use crate::row::{Columns, bigint};
use crate::scope::Scope;
use crate::server::tenant_of;

/// Adds a batch to `$table`. Subjects are locked in the order of their ids, so that two batches do not wait
/// for each other; the lock also keeps a server from going away half-way.
macro_rules! add {
    ($table:literal, $subject_id:literal, $subject:literal) => {
        concat!(
            "INSERT INTO ", $table, " AS u (", $subject_id, ", tenant_id, requests, errors, bytes_transferred,
                total_latency_us, errors_client, errors_upstream, errors_timeout, errors_limited, errors_gateway,
                bytes_in, bytes_out, latency_counts, last_used_at, last_used_ip)
            SELECT s.id, s.tenant_id, b.requests, b.errors, b.bytes_transferred, b.total_latency_us, b.errors_client,
                b.errors_upstream, b.errors_timeout, b.errors_limited, b.errors_gateway, b.bytes_in, b.bytes_out,
                b.latency_counts::bigint[], b.last_used_at, b.last_used_ip
            FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[],
                $14::timestamptz[], $15::text[]) AS b (id, requests, errors, bytes_transferred, total_latency_us,
                errors_client, errors_upstream, errors_timeout, errors_limited, errors_gateway, bytes_in, bytes_out,
                latency_counts, last_used_at, last_used_ip)
            JOIN ", $subject, " s ON s.id = b.id ORDER BY s.id FOR KEY SHARE OF s
            ON CONFLICT (", $subject_id, ") DO UPDATE SET requests = u.requests + excluded.requests,
                errors = u.errors + excluded.errors,
                bytes_transferred = u.bytes_transferred + excluded.bytes_transferred,
                total_latency_us = u.total_latency_us + excluded.total_latency_us,
                errors_client = u.errors_client + excluded.errors_client,
                errors_upstream = u.errors_upstream + excluded.errors_upstream,
                errors_timeout = u.errors_timeout + excluded.errors_timeout,
                errors_limited = u.errors_limited + excluded.errors_limited,
                errors_gateway = u.errors_gateway + excluded.errors_gateway,
                bytes_in = u.bytes_in + excluded.bytes_in, bytes_out = u.bytes_out + excluded.bytes_out,
                latency_counts = registry_add_counts(u.latency_counts, excluded.latency_counts),
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
            "SELECT requests, errors, errors_client, errors_upstream, errors_timeout, errors_limited, errors_gateway,
                bytes_transferred, bytes_in, bytes_out, latency_counts, total_latency_us, last_used_at, last_used_ip
            FROM ",
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
                // In the order in which who removes a server locks it and its keys: else each would wait for the other.
                add(write.connection(), ADD_SERVERS, &servers).await?;
                add(write.connection(), ADD_KEYS, &keys).await?;
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

    async fn last_uses(
        &self,
        reach: Reach,
        keys: &[ApiKeyId],
    ) -> Result<Vec<(ApiKeyId, Timestamp)>, StoreError> {
        const LAST: &str = "SELECT api_key_id, last_used_at FROM key_usage
            WHERE api_key_id = ANY ($1) AND ($2::uuid IS NULL OR tenant_id = $2) AND last_used_at IS NOT NULL";
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        self.database
            .reading(async {
                let mut connection = self.database.read(reach.into()).await?;
                let select = sqlx::query_as(LAST).bind(ids).bind(tenant_of(reach));
                let uses: Vec<(Uuid, Timestamp)> = select.fetch_all(&mut *connection).await?;
                Ok(uses.into_iter().map(|(id, at)| (ApiKeyId(id), at)).collect())
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

/// What is bound to $2 to $12.
const NUMBERS: [fn(&Usage) -> u64; 11] = [
    |usage| usage.requests,
    |usage| usage.errors,
    |usage| usage.bytes_transferred,
    |usage| usage.latencies.sum_us(),
    |usage| usage.errors_by_kind.client,
    |usage| usage.errors_by_kind.upstream,
    |usage| usage.errors_by_kind.timeout,
    |usage| usage.errors_by_kind.limited,
    |usage| usage.errors_by_kind.gateway,
    |usage| usage.bytes_in,
    |usage| usage.bytes_out,
];

/// An array as PostgreSQL reads it from text: arrays of arrays all have one length there.
pub(crate) fn array(numbers: &[u64]) -> String {
    let numbers: Vec<_> = numbers.iter().map(u64::to_string).collect();
    format!("{{{}}}", numbers.join(","))
}

async fn add(
    connection: &mut PgConnection,
    statement: &'static str,
    sums: &BTreeMap<Uuid, Usage>,
) -> Result<(), Failure> {
    if sums.is_empty() {
        return Ok(());
    }
    let mut add = sqlx::query(statement).bind(sums.keys().copied().collect::<Vec<_>>());
    for of in NUMBERS {
        add = add.bind(sums.values().map(|usage| bigint(of(usage))).collect::<Result<Vec<_>, _>>()?);
    }
    let add = add
        .bind(sums.values().map(|usage| array(usage.latencies.counts())).collect::<Vec<_>>())
        .bind(sums.values().map(|usage| usage.last_used_at).collect::<Vec<_>>())
        .bind(sums.values().map(|usage| usage.last_used_ip.map(|ip| ip.to_string())).collect::<Vec<_>>());
    add.execute(connection).await?;
    Ok(())
}

fn latencies(columns: &mut Columns<'_>) -> Result<Latencies, Failure> {
    let counts = columns.take::<Vec<i64>>()?.into_iter().map(u64::try_from).collect::<Result<_, _>>();
    let counts = counts.map_err(|error| columns.damaged(&error))?;
    let sum_us = columns.number()?;
    Latencies::new(counts, sum_us).map_err(|invalid| columns.damaged(&invalid))
}

fn usage(row: &PgRow) -> Result<Usage, Failure> {
    let mut columns = Columns::from(row, 0);
    Ok(Usage {
        requests: columns.number()?,
        errors: columns.number()?,
        errors_by_kind: ErrorCounts {
            client: columns.number()?,
            upstream: columns.number()?,
            timeout: columns.number()?,
            limited: columns.number()?,
            gateway: columns.number()?,
        },
        bytes_transferred: columns.number()?,
        bytes_in: columns.number()?,
        bytes_out: columns.number()?,
        latencies: latencies(&mut columns)?,
        last_used_at: columns.take()?,
        last_used_ip: columns.address_opt()?,
    })
}
