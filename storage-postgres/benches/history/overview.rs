//! The parts of the overview, as the service reads them, and the comparison of all servers that it shows the first of.

use std::sync::Arc;
use std::time::Instant;

use registry_core::access::Reach;
use registry_core::clock::{Clock, SystemClock};
use registry_core::model::alert::AlertStatus;
use registry_core::model::alert_query::{AlertQuery, AlertViewer};
use registry_core::model::audit::AuditQuery;
use registry_core::model::check_rollup::StatusChangeQuery;
use registry_core::model::dependency::{Impaired, MAX_IMPAIRED};
use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::key::KeyQuery;
use registry_core::model::overview::CountQuery;
use registry_core::model::period::{Period, Resolution};
use registry_core::model::usage_ranking::{FiguresQuery, RankingRange};
use registry_core::model::usage_rollup::{RecentUsage, UsageOf, UsageRollupQuery};
use registry_core::store::{AlertStore, AnalyticsStore, AuditStore, HealthStore, KeyStore, ServerStore};
use serde_json::{Value, json};
use storage_postgres::PostgresStore;

use crate::read::time;

/// How many servers' figures the service reads at once.
const AT_ONCE: u32 = 250;

/// The ids of all servers, after their figures of the last 24 hours were read.
async fn compare(store: &PostgresStore, reach: Reach) -> Vec<ServerId> {
    let range = RankingRange::recent(SystemClock.now());
    let mut ids: Vec<ServerId> = Vec::new();
    loop {
        let after = ids.last().copied();
        let query = FiguresQuery { reach, only: None, active_only: false, range, after, limit: AT_ONCE };
        let figures = store.server_figures(&query).await.expect("the figures");
        assert!(figures.iter().all(|figures| figures.usage.requests >= 24 * 60));
        ids.extend(figures.iter().map(|figures| figures.server_id));
        if figures.len() < AT_ONCE as usize {
            return ids;
        }
    }
}

async fn usage(store: &PostgresStore, reach: Reach) {
    let now = SystemClock.now();
    let of = UsageOf::Whole;
    let read = async |resolution, period| {
        let query = UsageRollupQuery { reach, of, resolution, period };
        store.usage_rollups(&query).await.expect("roll-ups")
    };
    let [early, late] = RecentUsage::minutes(now);
    let (hours, early, late) = tokio::join!(
        read(Resolution::Hour, RecentUsage::hours(now)),
        read(Resolution::Minute, early),
        read(Resolution::Minute, late),
    );
    assert!(RecentUsage::of(now, &hours, [&early, &late]).last.requests > 0);
}

async fn counts(store: &PostgresStore, reach: Reach) {
    let impaired = Impaired::new(store.impaired_servers(MAX_IMPAIRED).await.expect("the impaired"));
    let counts = CountQuery { reach, only: None, active_only: false, impaired };
    assert_eq!(store.server_counts(&counts).await.expect("the counts").total(), 10_000);
    let day = Period { from: Some(SystemClock.now() - Resolution::Day.length()), to: None };
    let changes = StatusChangeQuery { reach, server_id: None, active_only: false, period: day, limit: 10 };
    assert_eq!(store.status_changes(&changes).await.expect("the changes").len(), 10);
}

async fn others(store: &PostgresStore, reach: Reach, shown: &[ServerId]) {
    let (now, keys) = (SystemClock.now(), KeyQuery::new(reach));
    store.expiring_keys(&keys, now, now + Resolution::Day.length() * 14).await.expect("the keys");
    for _ in 0..5 {
        let viewer = AlertViewer { reach, ..AlertViewer::SERVICE };
        let query = AlertQuery { status: Some(AlertStatus::Open), ..AlertQuery::new(viewer) };
        store.alerts(&query).await.expect("the alerts");
    }
    store.audit(&AuditQuery::new(reach)).await.expect("the entries");
    for id in shown {
        assert!(store.server(reach, *id).await.expect("the server").is_some());
    }
}

pub(crate) async fn all(store: &Arc<PostgresStore>, tenant: TenantId) -> Value {
    let mut figures = serde_json::Map::new();
    for (name, reach) in [("tenant", Reach::Tenant(tenant)), ("all", Reach::AllTenants)] {
        let begun = Instant::now();
        let ids = compare(store, reach).await;
        figures.insert(format!("compare_{name}_ms"), json!(begun.elapsed().as_millis()));
        let shown = &ids[..10];
        let overview = async |_: usize| {
            tokio::join!(counts(store, reach), usage(store, reach), others(store, reach, shown));
        };
        let (p50, p99) = time(overview).await;
        figures.insert(format!("overview_{name}_p50_ms"), json!(p50));
        figures.insert(format!("overview_{name}_p99_ms"), json!(p99));
    }
    Value::Object(figures)
}
