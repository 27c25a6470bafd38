//! How long the history of 10,000 servers takes to be read after 30 days, what it takes on disk, and what its forgetting does
//! to writes.
//!
//! `scripts/bench history`, or `scripts/postgres -- cargo bench -p storage-postgres --bench history -- SECONDS`, where
//! SECONDS are between two checks of a server (3600 unless given). A few servers are checked every 300 s, and pages are read of
//! those; roll-ups are as of 300 s for all. MCP_REGISTRY_BENCH_LOADED names a database that was loaded before. The last line
//! is one JSON object.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    reason = "a measurement prints, and ends when it cannot go on"
)]

mod overview;
mod read;
mod write;

use std::sync::Arc;
use std::time::{Duration, Instant};

use registry_core::clock::{Clock, SystemClock};
use registry_core::conformance::sample;
use registry_core::model::audit::EventType;
use registry_core::model::page::PageRequest;
use registry_core::store::{Store, TenantStore, UserStore};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use storage_postgres::{PostgresOptions, PostgresStore};

/// How many servers there are.
const SERVERS: u32 = 10_000;
/// How many days of history.
const DAYS: u32 = 30;
/// How many servers are checked every 300 s.
const DENSE: u32 = 100;
/// How long the load may take.
const PATIENCE: Duration = Duration::from_secs(3_600);

#[tokio::main]
async fn main() {
    let server = std::env::var("MCP_REGISTRY_TEST_POSTGRES");
    let server = server.expect("MCP_REGISTRY_TEST_POSTGRES is set; run: scripts/bench history");
    let seconds: u32 = std::env::args().filter_map(|text| text.parse().ok()).next().unwrap_or(3_600);
    let name = format!("mcp_bench_{}", SystemClock.new_id().simple());
    let (rest, _) = server.rsplit_once('/').expect("a URL with a database");
    let loaded = std::env::var("MCP_REGISTRY_BENCH_LOADED").ok();
    let url = loaded.clone().unwrap_or_else(|| format!("{rest}/{name}"));
    if loaded.is_none() {
        run(&server, &format!("CREATE DATABASE {name}")).await;
    }
    let options = PostgresOptions { max_connections: 20, ..PostgresOptions::new(&url) };
    let store = Arc::new(PostgresStore::connect(options).await.expect("it connects"));
    if loaded.is_none() {
        store.migrate().await.expect("it is migrated");
        owner(&store).await;
        let begun = Instant::now();
        load(&url, seconds).await;
        eprintln!("generated in {:?}", begun.elapsed());
    }
    let tenant = store.tenants(PageRequest::default()).await.expect("the tenants").items.remove(0).id;
    let mut figures = json!({ "servers": SERVERS, "days": DAYS, "interval_s": seconds });
    add(&mut figures, disk(&url).await);
    add(&mut figures, read::all(&store, tenant).await);
    add(&mut figures, overview::all(&store, tenant).await);
    add(&mut figures, write::all(&store, tenant).await);
    println!("{figures}");

    store.close().await.expect("it closes");
    if loaded.is_none() {
        run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
}

fn add(figures: &mut Value, more: Value) {
    eprintln!("{more}");
    let more = more.as_object().expect("figures").clone();
    figures.as_object_mut().expect("figures").extend(more);
}

async fn run(url: &str, statements: &str) {
    let mut connection = PgConnection::connect(url).await.expect("the server answers");
    let run = sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection);
    tokio::time::timeout(PATIENCE, run).await.expect("in time").expect("it runs");
}

async fn owner(store: &PostgresStore) {
    let tenant = sample::tenant(&SystemClock, "first");
    let event = || sample::event(&SystemClock, tenant.id, EventType::TenantCreated, None);
    store.create_tenant(&tenant, event()).await.expect("the tenant is stored");
    let user = sample::user(&SystemClock, &tenant, "owner");
    store.create_user(&user, None, event()).await.expect("the user is stored");
}

async fn load(url: &str, seconds: u32) {
    let numbers = [("$SERVERS", SERVERS), ("$DAYS", DAYS), ("$DENSE", DENSE), ("$SECONDS", seconds)];
    let load = numbers.into_iter().fold(include_str!("load.sql").to_owned(), |load, (name, number)| {
        load.replace(name, &number.to_string())
    });
    run(url, &load).await;
    let tables =
        ["server", "server_health", "health_check", "check_hour", "check_day", "status_change", "usage_hour"];
    for table in tables.into_iter().chain(["usage_total"]) {
        run(url, &format!("VACUUM ANALYZE {table}")).await;
    }
}

/// Rows, and bytes with their indexes.
async fn disk(url: &str) -> Value {
    const SIZES: &str = "SELECT
        (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'health_check'::regclass)::bigint,
        (SELECT sum(reltuples) FROM pg_class JOIN pg_inherits ON inhrelid = pg_class.oid
            WHERE inhparent = 'health_check'::regclass)::bigint,
        pg_total_relation_size('check_hour'), (SELECT reltuples::bigint FROM pg_class WHERE relname = 'check_hour'),
        pg_total_relation_size('check_day'), (SELECT reltuples::bigint FROM pg_class WHERE relname = 'check_day')";
    let mut connection = PgConnection::connect(url).await.expect("the server answers");
    let row = sqlx::query(SIZES).fetch_one(&mut connection).await.expect("the sizes");
    let of = |index: usize| row.get::<i64, _>(index);
    json!({
        "check_mib": of(0) >> 20, "check_rows": of(1), "check_row_bytes": of(0) / of(1).max(1),
        "hour_mib": of(2) >> 20, "hour_rows": of(3), "day_mib": of(4) >> 20, "day_rows": of(5),
    })
}

/// The time within which this part of them ended, in milliseconds to two decimals.
fn within(times: &mut [f64], per_cent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    let time = times.get((times.len() * per_cent / 100).min(times.len().saturating_sub(1)));
    (time.copied().unwrap_or(f64::NAN) * 100.0).round() / 100.0
}
