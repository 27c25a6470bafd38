//! Roll-ups of usage: writing and reading them. Those of keys are in [`crate::key_rollup`].

use std::collections::BTreeMap;

use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::latency::Latencies;
use registry_core::model::period::Resolution;
use registry_core::model::rollup::Tally;
use registry_core::model::usage::{ErrorCounts, UsageSubject};
use registry_core::model::usage_rollup::{UsageEntry, UsageOf, UsageRollup, UsageRollupQuery, UsageTally};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::error::Failure;
use crate::key_rollup;
use crate::rollup::bounds;
use crate::row::{Columns, bigint};
use crate::server::tenant_of;
use crate::server_row::Statement;
use crate::usage::array;

/// What [`tally`] reads, of a table `u`.
macro_rules! tally_columns {
    () => {
        "u.requests, u.errors_client, u.errors_upstream, u.errors_timeout, u.errors_limited, u.errors_gateway,
        u.bytes_in, u.bytes_out, u.latency_us, u.latency_first::bigint, u.latency_counts"
    };
}
pub(crate) use tally_columns;

/// Adds to `$table`, whose key is `$key` and which has the columns `$columns` besides what is counted; `$values` are theirs,
/// of `b`.
macro_rules! addition {
    ($table:literal, $key:literal, $columns:literal, $values:literal, $arrays:literal, $names:literal) => {
        concat!(
            "INSERT INTO ", $table, " AS u (", $columns, ", requests, errors_client, errors_upstream, errors_timeout,
                errors_limited, errors_gateway, bytes_in, bytes_out, latency_us, latency_first, latency_counts)
            SELECT ", $values, ", b.requests, b.errors_client, b.errors_upstream, b.errors_timeout, b.errors_limited,
                b.errors_gateway, b.bytes_in, b.bytes_out, b.latency_us, b.latency_first, b.latency_counts::bigint[]
            FROM unnest($1::timestamptz[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
                $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], ", $arrays, ")
                AS b (start, requests, errors_client, errors_upstream, errors_timeout, errors_limited, errors_gateway,
                bytes_in, bytes_out, latency_us, latency_first, latency_counts, ", $names, ")
            ON CONFLICT (", $key, ") DO UPDATE SET requests = u.requests + excluded.requests,
                errors_client = u.errors_client + excluded.errors_client,
                errors_upstream = u.errors_upstream + excluded.errors_upstream,
                errors_timeout = u.errors_timeout + excluded.errors_timeout,
                errors_limited = u.errors_limited + excluded.errors_limited,
                errors_gateway = u.errors_gateway + excluded.errors_gateway,
                bytes_in = u.bytes_in + excluded.bytes_in, bytes_out = u.bytes_out + excluded.bytes_out,
                latency_us = u.latency_us + excluded.latency_us,
                latency_first = registry_first_bucket(u.latency_first, u.latency_counts, excluded.latency_first,
                    excluded.latency_counts),
                latency_counts = registry_add_histograms(u.latency_first, u.latency_counts, excluded.latency_first,
                    excluded.latency_counts)"
        )
    };
}
pub(crate) use addition;

macro_rules! add_of_servers {
    ($table:literal) => {
        addition!(
            $table,
            "server_id, start",
            "server_id, tenant_id, start",
            "b.server_id, b.tenant_id, b.start",
            "$13::uuid[], $14::uuid[]",
            "server_id, tenant_id"
        )
    };
}

/// What is added to one table: sums by whose they are and when they begin, since a statement may change a row once only.
/// They are in order, so that two nodes do not wait for each other.
pub(crate) type Sums<K> = BTreeMap<(K, Timestamp), UsageTally>;

/// Adds what calls came to to all roll-ups.
pub(crate) async fn add(connection: &mut PgConnection, entries: &[UsageEntry]) -> Result<(), Failure> {
    let of_servers = of_servers(entries);
    if !of_servers.is_empty() {
        add_servers(connection, &of_servers).await?;
    }
    // In the order in which who removes a server locks it and its keys: else each would wait for the other.
    key_rollup::add(connection, entries).await
}

/// The entries of servers, with the servers' ids.
fn of_servers(entries: &[UsageEntry]) -> Vec<(Uuid, &UsageEntry)> {
    let of_server = |entry: &UsageEntry| match entry.subject {
        UsageSubject::Server(id) => Some(id.0),
        UsageSubject::Key(_) => None,
    };
    entries.iter().filter_map(|entry| Some((of_server(entry)?, entry))).collect()
}

async fn add_servers(connection: &mut PgConnection, entries: &[(Uuid, &UsageEntry)]) -> Result<(), Failure> {
    let tenants = tenants(connection, entries).await?;
    for resolution in Resolution::ALL {
        let (mut servers, mut totals) = (Sums::new(), Sums::new());
        for (server_id, UsageEntry { start, tally, .. }) in entries {
            let Some(tenant) = tenants.get(server_id).copied() else { continue };
            let start = resolution.start_of(*start);
            servers.entry(((*server_id, tenant), start)).or_default().add(tally);
            for total in [None, tenant].into_iter().take(1 + usize::from(tenant.is_some())) {
                totals.entry((total, start)).or_default().add(tally);
            }
        }
        add_of_servers(connection, *resolution, &servers).await?;
        add_totals(connection, *resolution, &totals).await?;
    }
    Ok(())
}

/// The servers that are there, with their tenants. They are locked in order, and so do not go away half-way.
async fn tenants(
    connection: &mut PgConnection,
    entries: &[(Uuid, &UsageEntry)],
) -> Result<BTreeMap<Uuid, Option<Uuid>>, Failure> {
    const LOCK: &str = "SELECT id, tenant_id FROM server WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE";
    let ids: Vec<_> = entries.iter().map(|(id, _)| *id).collect();
    let rows: Vec<(Uuid, Option<Uuid>)> = sqlx::query_as(LOCK).bind(ids).fetch_all(connection).await?;
    Ok(rows.into_iter().collect())
}

async fn add_of_servers(
    connection: &mut PgConnection,
    resolution: Resolution,
    sums: &Sums<(Uuid, Option<Uuid>)>,
) -> Result<(), Failure> {
    const MINUTES: &str = add_of_servers!("usage_minute");
    const HOURS: &str = add_of_servers!("usage_hour");
    const DAYS: &str = add_of_servers!("usage_day");
    if sums.is_empty() {
        return Ok(());
    }
    let add = sqlx::query(match resolution {
        Resolution::Minute => MINUTES,
        Resolution::Hour => HOURS,
        Resolution::Day => DAYS,
    });
    let (servers, tenants): (Vec<_>, Vec<_>) = sums.keys().map(|(owner, _)| *owner).unzip();
    bind(add, sums)?.bind(servers).bind(tenants).execute(connection).await?;
    Ok(())
}

async fn add_totals(
    connection: &mut PgConnection,
    resolution: Resolution,
    sums: &Sums<Option<Uuid>>,
) -> Result<(), Failure> {
    const ADD: &str = addition!(
        "usage_total",
        "tenant_id, resolution, start",
        "tenant_id, resolution, start",
        "b.tenant_id, $14::text, b.start",
        "$13::uuid[]",
        "tenant_id"
    );
    if sums.is_empty() {
        return Ok(());
    }
    let tenants: Vec<_> = sums.keys().map(|(tenant, _)| *tenant).collect();
    bind(sqlx::query(ADD), sums)?.bind(tenants).bind(resolution.as_str()).execute(connection).await?;
    Ok(())
}

/// What is bound to $2 to $10.
const NUMBERS: [fn(&UsageTally) -> u64; 9] = [
    |tally| tally.requests,
    |tally| tally.errors.client,
    |tally| tally.errors.upstream,
    |tally| tally.errors.timeout,
    |tally| tally.errors.limited,
    |tally| tally.errors.gateway,
    |tally| tally.bytes_in,
    |tally| tally.bytes_out,
    |tally| tally.latencies.sum_us(),
];

/// Binds $1 to $12.
pub(crate) fn bind<'q, K>(mut add: Statement<'q>, sums: &Sums<K>) -> Result<Statement<'q>, Failure> {
    add = add.bind(sums.keys().map(|(_, start)| *start).collect::<Vec<_>>());
    for of in NUMBERS {
        add = add.bind(sums.values().map(|tally| bigint(of(tally))).collect::<Result<Vec<_>, _>>()?);
    }
    let firsts =
        sums.values().map(|tally| bigint(first(&tally.latencies) as u64)).collect::<Result<Vec<_>, _>>()?;
    let counts = sums.values().map(|tally| array(&tally.latencies.counts()[first(&tally.latencies)..]));
    Ok(add.bind(firsts).bind(counts.collect::<Vec<_>>()))
}

/// The first bucket that has something.
fn first(latencies: &Latencies) -> usize {
    latencies.counts().iter().position(|count| *count > 0).unwrap_or(0)
}

/// Reads roll-ups of a server from `$table`.
macro_rules! of_server {
    ($table:literal) => {
        concat!(
            "SELECT u.start, ",
            tally_columns!(),
            " FROM ",
            $table,
            " u WHERE u.server_id = (SELECT id FROM server s WHERE s.id = $1 AND ($2::uuid IS NULL OR s.tenant_id = $2))
            AND u.start >= $3 AND u.start < $4 ORDER BY u.start"
        )
    };
}

/// The roll-ups that the query names.
pub(crate) async fn of(
    connection: &mut PgConnection,
    query: &UsageRollupQuery,
) -> Result<Vec<UsageRollup>, Failure> {
    const MINUTES: &str = of_server!("usage_minute");
    const HOURS: &str = of_server!("usage_hour");
    const DAYS: &str = of_server!("usage_day");
    const TOTALS: &str = concat!(
        "SELECT u.start, ",
        tally_columns!(),
        " FROM usage_total u WHERE u.resolution = $1 AND u.tenant_id = $2
        AND u.start >= $3 AND u.start < $4 ORDER BY u.start"
    );
    const ALL: &str = concat!(
        "SELECT u.start, ",
        tally_columns!(),
        " FROM usage_total u WHERE u.resolution = $1 AND $2::uuid IS NULL AND u.tenant_id IS NULL
        AND u.start >= $3 AND u.start < $4 ORDER BY u.start"
    );
    let select = match (query.of, query.resolution, query.reach) {
        (UsageOf::Server(id), Resolution::Minute, _) => sqlx::query(MINUTES).bind(id.0),
        (UsageOf::Server(id), Resolution::Hour, _) => sqlx::query(HOURS).bind(id.0),
        (UsageOf::Server(id), Resolution::Day, _) => sqlx::query(DAYS).bind(id.0),
        (UsageOf::Key(id), ..) => return key_rollup::of(connection, query, id).await,
        (UsageOf::Whole, resolution, Reach::Tenant(_)) => sqlx::query(TOTALS).bind(resolution.as_str()),
        (UsageOf::Whole, resolution, Reach::AllTenants) => sqlx::query(ALL).bind(resolution.as_str()),
    };
    let (from, to) = bounds(query.period);
    let select = select.bind(tenant_of(query.reach)).bind(from).bind(to);
    let rows = select.fetch_all(connection).await?;
    rows.iter().map(rollup).collect()
}

/// Reads when it began, and what calls came to.
pub(crate) fn rollup(row: &PgRow) -> Result<UsageRollup, Failure> {
    let mut columns = Columns::from(row, 0);
    Ok(UsageRollup { start: columns.take()?, tally: tally(&mut columns)? })
}

/// Reads what calls came to.
pub(crate) fn tally(columns: &mut Columns<'_>) -> Result<UsageTally, Failure> {
    Ok(UsageTally {
        requests: columns.number()?,
        errors: ErrorCounts {
            client: columns.number()?,
            upstream: columns.number()?,
            timeout: columns.number()?,
            limited: columns.number()?,
            gateway: columns.number()?,
        },
        bytes_in: columns.number()?,
        bytes_out: columns.number()?,
        latencies: latencies(columns)?,
    })
}

/// A histogram from its sum, its first bucket and the counts from there on.
fn latencies(columns: &mut Columns<'_>) -> Result<Latencies, Failure> {
    let (sum_us, first): (u64, usize) = (columns.number()?, columns.number()?);
    let mut counts = vec![0; first];
    for count in columns.take::<Vec<i64>>()? {
        counts.push(u64::try_from(count).map_err(|error| columns.damaged(&error))?);
    }
    Latencies::new(counts, sum_us).map_err(|invalid| columns.damaged(&invalid))
}
