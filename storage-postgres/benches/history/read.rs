//! Reading.

use std::sync::Arc;
use std::time::Instant;

use registry_core::access::Reach;
use registry_core::clock::{Clock, SystemClock};
use registry_core::model::health_history::Uptime;
use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::page::{PageRequest, SortOrder};
use registry_core::model::period::{Period, Resolution};
use registry_core::model::server::{ServerQuery, ServerSort};
use registry_core::store::{HealthStore, ServerStore};
use serde_json::{Value, json};
use storage_postgres::PostgresStore;

use crate::{DAYS, DENSE, within};

/// How often each is read.
const ROUNDS: usize = 500;

/// The servers that are checked most often: the first by name.
async fn dense(store: &PostgresStore) -> Vec<ServerId> {
    let page = PageRequest::new(1, DENSE).expect("a page");
    let (sort, order) = (ServerSort::Name, SortOrder::Asc);
    let query = ServerQuery { sort, order, page, ..ServerQuery::new(Reach::AllTenants) };
    store.servers(&query).await.expect("the list").items.iter().map(|server| server.id).collect()
}

/// The p50 and p99 of a read, in milliseconds.
pub(crate) async fn time(read: impl AsyncFn(usize)) -> (f64, f64) {
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let begun = Instant::now();
        read(round).await;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    (within(&mut times, 50), within(&mut times, 99))
}

pub(crate) async fn all(store: &Arc<PostgresStore>, tenant: TenantId) -> Value {
    let servers = dense(store).await;
    let server = |round: usize| servers[round % servers.len()];
    let (reach, now) = (Reach::Tenant(tenant), SystemClock.now());
    let page = async |round: usize, number: u32| {
        let page = PageRequest::new(number, 20).expect("a page");
        let page = store.health_checks(reach, server(round), Period::EVER, page).await.expect("the page");
        assert!(page.items.len() == 20 && page.total > 8_000, "{}", page.total);
    };
    let rollups = async |round: usize, resolution, period| {
        store.check_rollups(reach, server(round), resolution, period).await.expect("roll-ups")
    };
    let month = Period { from: Some(now - Resolution::Day.length() * DAYS.cast_signed()), to: None };
    let first = time(async |round| page(round, 1).await).await;
    let last = time(async |round| page(round, 400).await).await;
    let hours = time(async |round| assert!(rollups(round, Resolution::Hour, month).await.len() >= 719)).await;
    let uptime = time(async |round| {
        let hours = rollups(round, Resolution::Hour, Uptime::hours(now)).await;
        let days = rollups(round, Resolution::Day, Uptime::days(now)).await;
        assert!(Uptime::of(now, &hours, &days).last_90_days.is_some());
    });
    let uptime = uptime.await;
    json!({
        "page_p50_ms": first.0, "page_p99_ms": first.1, "page_400_p50_ms": last.0, "page_400_p99_ms": last.1,
        "hours_30_days_p50_ms": hours.0, "hours_30_days_p99_ms": hours.1,
        "uptime_p50_ms": uptime.0, "uptime_p99_ms": uptime.1,
    })
}
