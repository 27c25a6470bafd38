//! Writing, while nothing is forgotten and while partitions are dropped.

use std::sync::Arc;
use std::time::{Duration, Instant};

use registry_core::access::Reach;
use registry_core::clock::{Clock, SystemClock};
use registry_core::conformance::sample;
use registry_core::model::check_rollup::HealthPrune;
use registry_core::model::health::CheckStatus;
use registry_core::model::id::TenantId;
use registry_core::model::page::PageRequest;
use registry_core::model::period::Resolution;
use registry_core::model::server::{Server, ServerQuery};
use registry_core::store::{HealthStore, ServerStore};
use serde_json::{Value, json};
use storage_postgres::PostgresStore;
use tokio_util::sync::CancellationToken;

use crate::within;

/// How many write at once.
const WRITERS: usize = 4;
/// How long writes are measured without pruning.
const BASE: Duration = Duration::from_secs(10);
/// How many days are dropped while others write.
const DROPPED_DAYS: i32 = 10;

/// Records checks of one server after the other; how long each took, in milliseconds.
async fn write(store: Arc<PostgresStore>, servers: Vec<Server>, until: CancellationToken) -> Vec<f64> {
    let mut times = Vec::new();
    for server in servers.iter().cycle() {
        if until.is_cancelled() {
            break;
        }
        let check = sample::check(&SystemClock, server, CheckStatus::Healthy);
        let begun = Instant::now();
        store.record_health(&sample::record(&check)).await.expect("it is recorded");
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    times
}

/// Writes while `beside` is done; how long that took, and each write.
async fn beside(
    store: &Arc<PostgresStore>,
    servers: &[Server],
    beside: impl Future<Output = ()>,
) -> (f64, Vec<f64>) {
    let until = CancellationToken::new();
    let parts = servers.chunks(servers.len() / WRITERS);
    let tasks: Vec<_> =
        parts.map(|part| tokio::spawn(write(store.clone(), part.to_vec(), until.clone()))).collect();
    let begun = Instant::now();
    beside.await;
    let took = begun.elapsed().as_secs_f64();
    until.cancel();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("it ends"));
    }
    (took, times)
}

pub(crate) async fn all(store: &Arc<PostgresStore>, tenant: TenantId) -> Value {
    let page = PageRequest::new(1, 100).expect("a page");
    let query = ServerQuery { page, ..ServerQuery::new(Reach::Tenant(tenant)) };
    let servers = store.servers(&query).await.expect("the list").items;
    let (_, mut base) = beside(store, &servers, tokio::time::sleep(BASE)).await;
    let now = SystemClock.now();
    let day = Resolution::Day.length();
    let prune = HealthPrune {
        now,
        checks_before: now - day * 30 + day * DROPPED_DAYS,
        hours_before: now - day * 28,
        days_before: now - day * 88,
        limit: 1_000,
    };
    let mut pruned = 0;
    let pruning = async {
        // As often as the service does in a minute.
        for _ in 0..20 {
            let part = store.prune_health(&prune).await.expect("it is pruned");
            pruned += part.checks;
        }
    };
    let (took, mut during) = beside(store, &servers, pruning).await;
    let longest = during.iter().copied().fold(0.0, f64::max);
    json!({
        "writes_per_s": (base.len() as f64 / BASE.as_secs_f64()).round(),
        "write_p50_ms": within(&mut base, 50), "write_p99_ms": within(&mut base, 99),
        "pruned_checks": pruned, "pruning_s": (took * 100.0).round() / 100.0, "writes_during": during.len(),
        "write_pruning_p50_ms": within(&mut during, 50), "write_pruning_p99_ms": within(&mut during, 99),
        "write_pruning_max_ms": (longest * 100.0).round() / 100.0,
    })
}
