//! How long lists take with 100,000 servers in a tenant, and how many servers a second can be registered.
//!
//! `scripts/postgres -- cargo bench -p storage-postgres` (the server must not have `fsync` off); `-- lists`
//! or `-- writes` after it leaves out the other.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a measurement prints, and ends when it cannot go on"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use registry_core::access::Reach;
use registry_core::clock::{Clock, SystemClock};
use registry_core::conformance::sample;
use registry_core::model::audit::EventType;
use registry_core::model::id::{ServerId, TenantId, UserId};
use registry_core::model::page::PageRequest;
use registry_core::model::server::{ServerQuery, ServerSort, ServerStatus};
use registry_core::model::text::Tag;
use registry_core::model::user::User;
use registry_core::store::{ServerStore, Store, TenantStore, UserStore};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use storage_postgres::{PostgresOptions, PostgresStore};

/// How often each list is read.
const ROUNDS: usize = 200;
/// How long registrations are counted.
const WRITING: Duration = Duration::from_secs(5);
/// 100,000 servers of the one user that there is, and 10,000 of a second tenant; one in 50 is shared.
const LOAD: &str = "
    SELECT set_config('mcp_registry.tenant', '*', false);
    ALTER TABLE server DISABLE TRIGGER server_count_keep;
    INSERT INTO server (id, tenant_id, owner_id, name, name_key, slug, search_text, description, version, transport,
        endpoint_url, auth_type, auth, metadata, tags, is_public, settings, health_auto, health_interval_seconds,
        health_timeout_seconds, health_retries, alert_threshold, status, created_at, updated_at, revision)
    SELECT gen_random_uuid(), u.tenant_id, u.id, 'Server ' || md5(i::text), 'server ' || md5(i::text),
        'server-' || md5(i::text), 'server ' || md5(i::text) || E'\\nweather for town ' || i,
        'Weather for town ' || i, '1.0.0', 'http', 'https://mcp.example.com/' || i, 'none', '{\"type\":\"none\"}',
        '{}', ARRAY['rare' || i % 1000, 'some' || i % 100, 'half' || i % 2], i % 50 = 0,
        '{\"timeout_ms\":30000,\"max_retries\":2,\"backoff_ms\":500,\"rate_limit\":null,\"cache_ttl_seconds\":null}',
        true, 300, 10, 0, 3, (ARRAY['active', 'active', 'active', 'active', 'active', 'active', 'active', 'inactive',
        'error', 'maintenance'])[1 + i % 10], now() - i * interval '1 s',
        now() - (i * 7919 % 100000) * interval '1 s', 1
    FROM (SELECT *, row_number() OVER (ORDER BY created_at) AS n FROM app_user) u,
        generate_series(1, CASE u.n WHEN 1 THEN 100000 WHEN 2 THEN 10000 ELSE 0 END) i;
    INSERT INTO server_health (server_id, tenant_id, status, consecutive_failures, checks, successes,
        total_response_us) SELECT id, tenant_id, 'unknown', 0, 0, 0, 0 FROM server;
    INSERT INTO server_count (tenant_id, tag, status, is_shared, servers)
        SELECT tenant_id, tag, status, is_shared, count(*) FROM server, unnest(array_append(tags, '')) AS tag
        GROUP BY 1, 2, 3, 4;
    ALTER TABLE server ENABLE TRIGGER server_count_keep;";

#[tokio::main]
async fn main() {
    let server = std::env::var("MCP_REGISTRY_TEST_POSTGRES");
    let server = server.expect("MCP_REGISTRY_TEST_POSTGRES is set; run: scripts/postgres -- cargo bench");
    let name = format!("mcp_bench_{}", SystemClock.new_id().simple());
    run(&server, &format!("CREATE DATABASE {name}")).await;
    let (rest, _) = server.rsplit_once('/').expect("a URL with a database");
    let url = format!("{rest}/{name}");
    let options = PostgresOptions { max_connections: 40, ..PostgresOptions::new(&url) };
    let store = Arc::new(PostgresStore::connect(options).await.expect("it connects"));
    store.migrate().await.expect("it is migrated");

    let users = [owner(&store, "first").await, owner(&store, "second").await];
    let asked = |part: &str| {
        !std::env::args().any(|argument| ["lists", "writes"].contains(&&*argument) && argument != part)
    };
    if asked("writes") {
        write(&store, &users).await;
    }
    if asked("lists") {
        run(&url, "TRUNCATE server, server_count CASCADE").await;
        run(&url, LOAD).await;
        for table in ["server", "server_health", "server_tag", "server_count"] {
            run(&url, &format!("VACUUM ANALYZE {table}")).await;
        }
        read(&store, users[0].tenant_id).await;
    }

    store.close().await.expect("it closes");
    run(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn run(url: &str, statements: &str) {
    let mut connection = PgConnection::connect(url).await.expect("the server answers");
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.expect("it runs");
}

async fn owner(store: &PostgresStore, name: &str) -> User {
    let tenant = sample::tenant(&SystemClock, name);
    let event = || sample::event(&SystemClock, tenant.id, EventType::TenantCreated, None);
    store.create_tenant(&tenant, event()).await.expect("the tenant is stored");
    let user = sample::user(&SystemClock, &tenant, "owner");
    store.create_user(&user, None, event()).await.expect("the user is stored");
    user
}

async fn read(store: &PostgresStore, tenant: TenantId) {
    println!(
        "\n{:44} {:>12} {:>20} {:>20}",
        "list of 20", "total", "page 1 p50/p99 ms", "page 1000 p50/p99 ms"
    );
    let tag = |text: &str| vec![Tag::parse(text).expect("a tag")];
    let all = ServerQuery::new(Reach::AllTenants);
    let own = ServerQuery { tenant_id: Some(tenant), ..all.clone() };
    let reach = ServerQuery::new(Reach::Tenant(tenant));
    let left_out = left_out(store, &reach).await;
    let active = |query: &ServerQuery| ServerQuery { status: Some(ServerStatus::Active), ..query.clone() };
    for sort in ServerSort::ALL {
        let lists = [
            ("all tenants", all.clone()),
            ("all tenants, active", active(&all)),
            ("one tenant", own.clone()),
            ("one tenant, active", active(&own)),
            ("own and shared", reach.clone()),
            ("own and shared, active", active(&reach)),
            ("own and shared, 1,000 left out", ServerQuery { without: left_out.clone(), ..reach.clone() }),
            ("own and shared, tag of 1 in 1000", ServerQuery { tags: tag("rare7"), ..reach.clone() }),
            ("own and shared, tag of 1 in 100", ServerQuery { tags: tag("some7"), ..reach.clone() }),
            ("own and shared, tag of half", ServerQuery { tags: tag("half1"), ..reach.clone() }),
            ("own and shared, search", ServerQuery { search: Some("town 77".to_owned()), ..reach.clone() }),
        ];
        for (label, query) in lists {
            let query = ServerQuery { sort: *sort, ..query };
            let (total, first) = time(store, &query, 1).await;
            let (_, last) = time(store, &query, 1_000).await;
            println!("{:44} {total:>12} {first:>20} {last:>20}", format!("{label}, by {sort}"));
        }
    }
}

/// As many servers as a user can have preferences for.
async fn left_out(store: &PostgresStore, query: &ServerQuery) -> Vec<ServerId> {
    let mut ids = Vec::new();
    for number in 1..=10 {
        let page = PageRequest::new(number, 100).expect("a page");
        let page = store.servers(&ServerQuery { page, ..query.clone() }).await.expect("the list");
        ids.extend(page.items.iter().map(|server| server.id));
    }
    ids
}

async fn time(store: &PostgresStore, query: &ServerQuery, page: u32) -> (u64, String) {
    let page = PageRequest::new(page, 20).expect("a page");
    let query = ServerQuery { page, ..query.clone() };
    let (mut times, mut total) = (Vec::with_capacity(ROUNDS), 0);
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        total = store.servers(&query).await.expect("the list").total;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    times.sort_by(f64::total_cmp);
    (total, format!("{:.2} / {:.2}", times[ROUNDS / 2], times[ROUNDS * 99 / 100]))
}

async fn write(store: &Arc<PostgresStore>, users: &[User; 2]) {
    let mut many = Vec::new();
    for i in 0..32 {
        many.push(owner(store, &format!("tenant {i}")).await);
    }
    println!("{:44} {:>12} {:>20}", "durable registrations with key", "per second", "p50/p99 ms");
    for (label, writers) in [
        ("1 writer", vec![users[0].clone()]),
        ("32 writers, one tenant", vec![users[0].clone(); 32]),
        ("32 writers, 32 tenants", many),
    ] {
        let tasks: Vec<_> =
            writers.into_iter().map(|user| tokio::spawn(register(store.clone(), user))).collect();
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await.expect("it ends"));
        }
        times.sort_by(f64::total_cmp);
        let rate = times.len() as f64 / WRITING.as_secs_f64();
        let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        println!("{label:44} {rate:>12.0} {:>20}", format!("{p50:.2} / {p99:.2}"));
    }
}

async fn register(store: Arc<PostgresStore>, user: User) -> Vec<f64> {
    let (begun, mut times) = (Instant::now(), Vec::new());
    while begun.elapsed() < WRITING {
        let id = SystemClock.new_id();
        let server = sample::full_server(&SystemClock, &user, &format!("Server {}", id.simple()));
        let server = registry_core::model::server::Server { id: ServerId(id), is_public: false, ..server };
        let key = sample::key(&SystemClock, &user, "registration");
        let key =
            registry_core::model::key::ApiKey { server_id: Some(server.id), created_by: UserId(id), ..key };
        let event = sample::event(&SystemClock, user.tenant_id, EventType::ServerRegistered, Some(id));
        let before = Instant::now();
        store.create_server(&server, Some(&key), event).await.expect("it is registered");
        times.push(before.elapsed().as_secs_f64() * 1_000.0);
    }
    times
}
