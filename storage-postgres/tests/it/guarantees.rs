//! What the database itself is there for: migrations, time-outs, the chain, the counters.

use std::time::{Duration, Instant};

use registry_core::access::Reach;
use registry_core::chain::{self, Verdict};
use registry_core::conformance::sample::{self, SampleClock};
use registry_core::model::audit::EventType;
use registry_core::model::id::TenantId;
use registry_core::model::server::{Server, ServerQuery, ServerStatus};
use registry_core::store::{AuditStore, ServerStore, Store, StoreError, TenantStore, UserStore};
use sqlx::{AssertSqlSafe, PgConnection};
use storage_postgres::{PostgresOptions, PostgresStore};

use crate::database::TestDatabase;

async fn run(connection: &mut PgConnection, statements: &str) {
    let statements = AssertSqlSafe(statements.to_owned());
    sqlx::raw_sql(statements).execute(connection).await.expect("the statements run");
}

/// The tables, columns, indexes and policies that there are.
async fn schema(connection: &mut PgConnection) -> Vec<String> {
    const LOOK: &str = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT policyname || ' ' || tablename FROM pg_policies
        UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT table_name || '.' || column_name FROM information_schema.columns
            WHERE table_schema = 'public' ORDER BY 1";
    sqlx::query_scalar(LOOK).fetch_all(connection).await.expect("the catalogue")
}

#[tokio::test]
async fn migrations_that_ran_do_nothing_and_can_be_taken_back() {
    let database = TestDatabase::create_empty().await;
    let (store, mut connection) = (database.store().await, database.connect().await);
    tokio::try_join!(store.migrate(), store.migrate()).expect("two at once take turns");
    let first = schema(&mut connection).await;
    store.migrate().await.expect("a third time");
    assert_eq!(schema(&mut connection).await, first);
    store.revert(0).await.expect("all are taken back");
    assert!(schema(&mut connection).await.iter().all(|line| line.contains("_sqlx_migrations")));
    store.migrate().await.expect("once more");
    assert_eq!(schema(&mut connection).await, first);
    database.remove().await;
}

#[tokio::test]
async fn text_that_is_sorted_is_sorted_by_bytes() {
    let database = TestDatabase::create().await;
    let mut connection = database.connect().await;
    let other = sqlx::query_scalar::<_, String>(
        "SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations' AND udt_name IN ('text', '_text') AND collation_name IS DISTINCT FROM 'C'",
    );
    assert_eq!(other.fetch_all(&mut connection).await.expect("the columns"), Vec::<String>::new());
    database.remove().await;
}

#[tokio::test]
async fn a_database_that_goes_away_is_unavailable_within_the_bound() {
    let database = TestDatabase::create().await;
    let options =
        PostgresOptions { acquire_timeout: Duration::from_secs(1), ..PostgresOptions::new(database.url()) };
    let store = PostgresStore::connect(options).await.expect("it connects");
    store.ping().await.expect("it answers");
    database.remove().await;
    let begun = Instant::now();
    for _ in 0..2 {
        let result = store.ping().await;
        assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    }
    let (clock, tenant) = (SampleClock::default(), TenantId::SYSTEM);
    let event = sample::event(&clock, tenant, EventType::TenantCreated, None);
    let result = store.append_audit(event).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_database_that_never_answers_is_unavailable_within_the_bound() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("postgres://nobody@{}/nothing", silent.local_addr().expect("its address"));
    let options =
        PostgresOptions { acquire_timeout: Duration::from_millis(300), ..PostgresOptions::new(url) };
    let begun = Instant::now();
    let result = PostgresStore::connect(options).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn connections_that_were_cut_are_replaced_unnoticed() {
    let database = TestDatabase::create().await;
    let store = database.store().await;
    let pings = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.ping().await })
    });
    for ping in pings.collect::<Vec<_>>() {
        ping.await.expect("it ends").expect("it answers");
    }
    let mut connection = database.connect().await;
    run(
        &mut connection,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .await;
    let event = sample::event(&SampleClock::default(), TenantId::SYSTEM, EventType::TenantCreated, None);
    store.append_audit(event).await.expect("a write begins on a connection that lives");
    assert_eq!(store.audit_chains().await.expect("so does a read"), [TenantId::SYSTEM]);
    database.remove().await;
}

#[tokio::test]
async fn a_statement_that_waits_too_long_is_unavailable() {
    let database = TestDatabase::create().await;
    let options =
        PostgresOptions { lock_timeout: Duration::from_millis(200), ..PostgresOptions::new(database.url()) };
    let store = PostgresStore::connect(options).await.expect("it connects");
    let mut connection = database.connect().await;
    run(&mut connection, "BEGIN; LOCK TABLE audit_head").await;
    let event = sample::event(&SampleClock::default(), TenantId::SYSTEM, EventType::TenantCreated, None);
    let result = store.append_audit(event.clone()).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    run(&mut connection, "ROLLBACK").await;
    store.append_audit(event).await.expect("the lock is gone");
    assert_eq!(store.audit_head(TenantId::SYSTEM).await.expect("the head").seq, 1);
    database.remove().await;
}

#[tokio::test]
async fn commits_are_on_disk_even_if_the_database_says_otherwise() {
    let database = TestDatabase::create().await;
    let mut connection = database.connect().await;
    run(
        &mut connection,
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off',
        current_database()); END$$",
    )
    .await;
    let store = database.store().await;
    run(
        &mut connection,
        "CREATE TABLE seen (synchronous_commit text);
        CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
            INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END$$;
        CREATE TRIGGER look AFTER INSERT ON audit_entry EXECUTE FUNCTION look()",
    )
    .await;
    let event = sample::event(&SampleClock::default(), TenantId::SYSTEM, EventType::TenantCreated, None);
    store.append_audit(event).await.expect("it is stored");
    let seen: Vec<String> =
        sqlx::query_scalar("SELECT * FROM seen").fetch_all(&mut connection).await.expect("it");
    assert_eq!(seen, ["on"]);
    database.remove().await;
}

/// What somebody with the owner's password may do to the log, and the entry that it is found at.
const TAMPERINGS: [(&str, u64); 7] = [
    ("UPDATE audit_entry SET action = 'check' WHERE seq = 3", 3),
    ("UPDATE audit_entry SET occurred_at = occurred_at + interval '1 microsecond' WHERE seq = 2", 2),
    ("UPDATE audit_entry SET metadata = '{\"a\": 2}' WHERE seq = 4", 4),
    ("UPDATE audit_entry SET event_type = 'never_heard_of' WHERE seq = 3", 3),
    ("DELETE FROM audit_entry WHERE seq = 2", 2),
    ("DELETE FROM audit_entry WHERE seq = 5", 5),
    (
        "UPDATE audit_entry SET seq = 13 - seq WHERE seq > 3; UPDATE audit_entry SET seq = seq - 4 WHERE seq > 7",
        4,
    ),
];

#[tokio::test]
async fn tampering_with_the_log_is_found_at_its_entry() {
    let database = TestDatabase::create().await;
    let (store, clock) = (database.store().await, SampleClock::default());
    for _ in 0..5 {
        let mut event = sample::event(&clock, TenantId::SYSTEM, EventType::TenantCreated, None);
        event.metadata.insert("large".to_owned(), 9_007_199_254_740_991_u64.into());
        store.append_audit(event).await.expect("it is stored");
    }
    assert!(
        matches!(chain::verify(&*store, TenantId::SYSTEM).await, Ok(Verdict::Whole(head)) if head.seq == 5)
    );
    let mut connection = database.connect().await;
    run(
        &mut connection,
        "ALTER TABLE audit_entry DISABLE ROW LEVEL SECURITY;
        CREATE TABLE saved AS SELECT * FROM audit_entry",
    )
    .await;
    for (tampering, at) in TAMPERINGS {
        run(&mut connection, tampering).await;
        match chain::verify(&*store, TenantId::SYSTEM).await {
            Ok(Verdict::Broken(broken)) => assert_eq!(broken.seq, at, "{tampering}: {broken}"),
            other => panic!("{tampering}: {other:?}"),
        }
        run(&mut connection, "DELETE FROM audit_entry; INSERT INTO audit_entry SELECT * FROM saved").await;
    }
    database.remove().await;
}

#[tokio::test]
async fn counters_follow_every_change_of_a_server() {
    let database = TestDatabase::create().await;
    let (store, clock) = (database.store().await, SampleClock::default());
    let tenant = sample::tenant(&clock, "acme");
    let event = || sample::event(&clock, tenant.id, EventType::ServerUpdated, None);
    store.create_tenant(&tenant, event()).await.expect("the tenant");
    let owner = sample::user(&clock, &tenant, "owner");
    store.create_user(&owner, None, event()).await.expect("the user");
    let mut server = sample::server(&clock, &owner, "Weather");
    store.create_server(&server, None, event()).await.expect("the server");
    for status in ServerStatus::ALL.iter().rev().chain(ServerStatus::ALL) {
        for is_public in [true, false] {
            let revision = server.revision + 1;
            server = Server { status: *status, is_public, revision, ..server };
            store.update_server(&server, revision - 1, event()).await.expect("the change");
            for asked in ServerStatus::ALL {
                let query = ServerQuery { status: Some(*asked), ..ServerQuery::new(Reach::AllTenants) };
                let page = store.servers(&query).await.expect("the list");
                assert_eq!(page.total, u64::from(asked == status), "{asked} of a server that is {status}");
                assert_eq!(page.items.len() as u64, page.total);
            }
        }
    }
    database.remove().await;
}
