//! Partitions of the checks: made ahead, filled from the default one, dropped as a whole; and the roll-ups of old rows.

use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::conformance::sample;
use registry_core::model::check_rollup::{CheckRollup, CheckTally, HealthPrune};
use registry_core::model::health::{CheckStatus, HealthCheck};
use registry_core::model::key::ApiKey;
use registry_core::model::page::PageRequest;
use registry_core::model::period::{Period, Resolution};
use registry_core::model::role::Role;
use registry_core::model::rollup::Tally;
use registry_core::model::server::Server;
use registry_core::model::usage::UsageSubject;
use registry_core::model::usage_rollup::{UsageEntry, UsagePrune, UsageTally};
use registry_core::store::{AnalyticsStore, HealthStore, KeyStore, ServerStore};
use sqlx::{AssertSqlSafe, PgConnection};
use storage_postgres::PostgresStore;

use crate::account::Nodes;

/// The last migration before checks were kept in partitions.
const BEFORE_HISTORY: i64 = 20_260_101_000_007;
/// 2026-01-02T00:00:00Z, in microseconds since 1970.
const DAY_US: i64 = 1_767_312_000_000_000;

/// So many hours after that.
fn hour(hours: i64) -> Timestamp {
    sample::at_us(DAY_US + hours * 3_600_000_000)
}

async fn server(nodes: &Nodes) -> Server {
    let owner = nodes.user(Role::ServerOwner, "acme").await;
    let server = sample::server(&nodes.clock, &owner, "Weather");
    let created = nodes.store().create_server(&server, None, nodes.event(owner.tenant_id)).await;
    created.expect("the server is stored");
    server
}

async fn record(nodes: &Nodes, server: &Server, status: CheckStatus, at: Timestamp, us: u64) -> HealthCheck {
    let mut check = HealthCheck { performed_at: at, ..sample::check(&nodes.clock, server, status) };
    check.report.response_time_us = us;
    nodes.store().record_health(&sample::record(&check)).await.expect("it is recorded");
    check
}

/// Counts a call of the server in this minute, or with the key in this hour.
async fn count(nodes: &Nodes, subject: UsageSubject, start: Timestamp) {
    let tally = UsageTally { requests: 1, ..UsageTally::default() };
    nodes.store().add_usage_rollups(&[UsageEntry { subject, start, tally }]).await.expect("it is counted");
}

async fn key(nodes: &Nodes) -> ApiKey {
    let owner = nodes.user(Role::ServerOwner, "owner").await;
    let key = sample::key(&nodes.clock, &owner, "ci");
    nodes.store().create_key(&key, nodes.event(owner.tenant_id)).await.expect("the key is stored");
    key
}

/// Each partition of a table that has rows, with their number.
async fn parts(connection: &mut PgConnection, table: &str) -> Vec<(String, i64)> {
    sqlx::query("SELECT set_config('mcp_registry.tenant', '*', false)")
        .execute(&mut *connection)
        .await
        .expect("it");
    let parts = format!("SELECT tableoid::regclass::text, count(*) FROM {table} GROUP BY 1 ORDER BY 1");
    sqlx::query_as(AssertSqlSafe(parts)).fetch_all(connection).await.expect("the partitions")
}

fn part(name: &str, rows: i64) -> (String, i64) {
    (format!("health_check_{name}"), rows)
}

fn prune(now: Timestamp, checks_before: Timestamp) -> HealthPrune {
    let never = hour(-24_000);
    HealthPrune { now, checks_before, hours_before: never, days_before: never, limit: 100 }
}

async fn total(store: &PostgresStore, server: &Server) -> u64 {
    let page = PageRequest::default();
    let checks = store.health_checks(Reach::AllTenants, server.id, Period::EVER, page).await;
    checks.expect("the checks").total
}

#[tokio::test]
async fn a_partition_that_is_made_late_takes_its_rows_and_an_old_one_goes_as_a_whole() {
    let nodes = Nodes::start().await;
    let mut connection = nodes.database.connect().await;
    let server = server(&nodes).await;
    for hours in [-1, 0, 23, 24, 47, 48] {
        record(&nodes, &server, CheckStatus::Healthy, hour(hours), 100).await;
    }
    assert_eq!(parts(&mut connection, "health_check").await, [part("default", 6)]);

    let never = hour(-24_000);
    nodes.store().prune_health(&prune(hour(1), never)).await.expect("it is pruned");
    let made = [part("20260102", 2), part("20260103", 2), part("20260104", 1), part("default", 1)];
    assert_eq!(parts(&mut connection, "health_check").await, made);
    record(&nodes, &server, CheckStatus::Healthy, hour(25), 100).await;
    assert_eq!(total(nodes.store(), &server).await, 7);

    // The day that the time falls into stays, all of it; what has no partition goes row by row.
    nodes.store().prune_health(&prune(hour(1), hour(40))).await.expect("it is pruned");
    assert_eq!(parts(&mut connection, "health_check").await, [part("20260103", 3), part("20260104", 1)]);
    assert_eq!(total(nodes.store(), &server).await, 4);
    nodes.database.remove().await;
}

#[tokio::test]
async fn hours_of_keys_stand_in_partitions_and_an_old_one_goes_as_a_whole() {
    let nodes = Nodes::start().await;
    let mut connection = nodes.database.connect().await;
    let key = key(&nodes).await;
    let never = hour(-24_000);
    let prune = |hours_before| UsagePrune {
        now: hour(1),
        minutes_before: never,
        hours_before,
        days_before: never,
        limit: 100,
    };
    nodes.store().prune_usage(&prune(never)).await.expect("the partitions are made");
    for hours in [-1, 0, 23, 24] {
        count(&nodes, UsageSubject::Key(key.id), hour(hours)).await;
    }
    let part = |name: &str, rows: i64| (format!("key_usage_hour_{name}"), rows);
    let made = [part("20260102", 2), part("20260103", 1), part("default", 1)];
    assert_eq!(parts(&mut connection, "key_usage_hour").await, made);
    nodes.store().prune_usage(&prune(hour(30))).await.expect("it is pruned");
    assert_eq!(parts(&mut connection, "key_usage_hour").await, [part("20260103", 1)]);
    nodes.database.remove().await;
}

#[tokio::test]
async fn who_writes_while_a_partition_is_made_waits_and_writes_into_it() {
    let nodes = Nodes::start().await;
    let mut connection = nodes.database.connect().await;
    let (server, key) = (server(&nodes).await, key(&nodes).await);
    for table in ["health_check", "usage_minute", "key_usage_hour"] {
        let write = async |at: Timestamp| match table {
            "health_check" => drop(record(&nodes, &server, CheckStatus::Healthy, at, 100).await),
            "usage_minute" => count(&nodes, UsageSubject::Server(server.id), at).await,
            _ => count(&nodes, UsageSubject::Key(key.id), at).await,
        };
        // Whoever wrote before knows the table as it was.
        write(hour(0)).await;

        let mut hold = nodes.hold(&[]).await;
        hold.add_partition(table, hour(1)).await;
        let made = async {
            hold.until_waiting(1).await;
            hold.commit().await;
        };
        tokio::join!(write(hour(1)), made);
        assert_eq!(parts(&mut connection, table).await, [(format!("{table}_20260102"), 2)]);
    }
    nodes.database.remove().await;
}

#[tokio::test]
async fn a_partition_that_is_read_for_long_is_left_for_the_next_time_and_the_rest_goes() {
    let nodes = Nodes::start().await;
    let mut connection = nodes.database.connect().await;
    let server = server(&nodes).await;
    nodes.store().prune_health(&prune(hour(0), hour(-24_000))).await.expect("the partitions are made");
    for hours in [1, 30] {
        record(&nodes, &server, CheckStatus::Healthy, hour(hours), 100).await;
    }
    let old = HealthPrune { hours_before: hour(24), ..prune(hour(30), hour(24)) };

    let mut reader = nodes.database.connect().await;
    sqlx::raw_sql("BEGIN; SELECT FROM health_check").execute(&mut reader).await.expect("it reads");
    let pruned = nodes.store().prune_health(&old).await.expect("what is possible is done");
    assert_eq!((pruned.rollups, parts(&mut connection, "health_check").await.len()), (1, 2));

    sqlx::raw_sql("COMMIT").execute(&mut reader).await.expect("it is done reading");
    nodes.store().prune_health(&old).await.expect("it is pruned");
    assert_eq!(parts(&mut connection, "health_check").await, [part("20260103", 1)]);
    nodes.database.remove().await;
}

#[tokio::test]
async fn who_stores_a_check_and_who_makes_a_partition_do_not_wait_for_each_other() {
    let nodes = Nodes::start().await;
    let mut connection = nodes.database.connect().await;
    let server = server(&nodes).await;
    record(&nodes, &server, CheckStatus::Healthy, hour(1), 100).await;

    // As far as the statement that stores a check comes before it reaches the server's health.
    let mut hold = nodes.hold(&[]).await;
    hold.table("LOCK TABLE health_check IN ROW EXCLUSIVE MODE").await;
    let stored = async {
        hold.until_waiting(1).await;
        hold.table("LOCK TABLE server_health IN ROW EXCLUSIVE MODE NOWAIT").await;
        hold.commit().await;
    };
    let never = hour(-24_000);
    let prune = prune(hour(1), never);
    let (pruned, ()) = tokio::join!(nodes.store().prune_health(&prune), stored);
    pruned.expect("the partitions are made");
    assert_eq!(parts(&mut connection, "health_check").await, [part("20260102", 1)]);
    nodes.database.remove().await;
}

#[tokio::test]
async fn nodes_that_forget_at_once_do_not_get_into_each_others_way() {
    let nodes = Nodes::start().await;
    let server = server(&nodes).await;
    for hours in 0..60 {
        record(&nodes, &server, CheckStatus::Healthy, hour(hours), 100).await;
    }
    let (first, second) = (nodes.database.store().await, nodes.database.store().await);
    let prune = prune(hour(60), hour(48));
    for _ in 0..3 {
        let both = tokio::try_join!(first.prune_health(&prune), second.prune_health(&prune));
        both.expect("both are answered");
    }
    assert_eq!(total(nodes.store(), &server).await, 12);
    nodes.database.remove().await;
}

#[tokio::test]
async fn a_partition_shows_nothing_by_its_own_name() {
    let nodes = Nodes::start().await;
    let mut connection = nodes.database.connect().await;
    let server = server(&nodes).await;
    nodes.store().prune_health(&prune(hour(0), hour(-24))).await.expect("the partitions are made");
    record(&nodes, &server, CheckStatus::Healthy, hour(1), 100).await;
    assert_eq!(parts(&mut connection, "health_check").await, [part("20260102", 1)]);
    let count = sqlx::query_scalar("SELECT count(*) FROM health_check_20260102");
    let shown: i64 = count.fetch_one(&mut connection).await.expect("a number");
    assert_eq!(shown, 0);
    nodes.database.remove().await;
}

#[tokio::test]
async fn checks_of_the_old_form_are_kept_and_rolled_up() {
    let nodes = Nodes::start().await;
    let server = server(&nodes).await;
    let mut checks = Vec::new();
    let times = (0..60).map(|n| 1_u64 << (n / 2)).chain([31, 32, 33, 63, 64, 47_999, u64::from(u32::MAX)]);
    for (n, us) in (0..).zip(times) {
        let status = CheckStatus::ALL[n % 5];
        let at = hour(i64::try_from(n).expect("it is small") / 10);
        checks.insert(0, record(&nodes, &server, status, at, us).await);
    }
    nodes.store().revert(BEFORE_HISTORY).await.expect("back to the old form");
    nodes.store().migrate().await.expect("and forth");

    let store = nodes.database.store().await;
    let page = PageRequest::new(1, 100).expect("a page");
    let kept =
        store.health_checks(Reach::AllTenants, server.id, Period::EVER, page).await.expect("the checks");
    let (mut kept, mut all) = (kept.items, checks.clone());
    kept.sort_by_key(|check| check.id);
    all.sort_by_key(|check| check.id);
    assert_eq!(kept, all);
    for resolution in [Resolution::Hour, Resolution::Day] {
        let mut expected: Vec<CheckRollup> = Vec::new();
        for check in checks.iter().rev() {
            let (start, tally) = (resolution.start_of(check.performed_at), CheckTally::of(&check.report));
            match expected.last_mut().filter(|last| last.start == start) {
                Some(last) => last.tally.add(&tally),
                None => expected.push(CheckRollup { start, tally }),
            }
        }
        let rolled = store.check_rollups(Reach::AllTenants, server.id, resolution, Period::EVER).await;
        assert_eq!(rolled.expect("the roll-ups"), expected);
    }
    nodes.database.remove().await;
}
