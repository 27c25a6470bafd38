//! Row-level security, seen past the store: what plain statements of the store's own role get to see.

use std::collections::BTreeSet;

use registry_core::conformance::sample::{self, SampleClock};
use registry_core::model::audit::EventType;
use registry_core::model::capability::CapabilityKind;
use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::role::Role;
use registry_core::model::server::Server;
use registry_core::model::ticket::{Ticket, TicketPurpose};
use registry_core::model::user::User;
use registry_core::store::{CapabilityStore, PreferenceStore, ServerStore, SessionStore, TicketStore};
use sqlx::{AssertSqlSafe, PgConnection, Row};
use storage_postgres::PostgresStore;
use uuid::Uuid;

use crate::account::{event, make_user, preference, session};
use crate::database::TestDatabase;

/// Every table that belongs to tenants.
const TABLES: [&str; 30] = [
    "tenant",
    "app_user",
    "user_identity",
    "user_password",
    "session",
    "ticket",
    "preference",
    "server",
    "server_health",
    "server_watch",
    "server_count",
    "server_tag",
    "server_usage",
    "api_key",
    "api_key_digest",
    "key_usage",
    "key_usage_hour",
    "key_usage_day",
    "health_check",
    "health_job",
    "check_hour",
    "check_day",
    "status_change",
    "capability_list",
    "capability",
    "capability_change",
    "audit_entry",
    "audit_head",
    "event",
    "event_head",
];

/// Those of accounts, of which each of the two tenants has a row.
const ACCOUNT_TABLES: [&str; 6] =
    ["tenant", "app_user", "user_identity", "user_password", "session", "preference"];

struct Two {
    database: TestDatabase,
    a: User,
    b: User,
    own: Server,
    shared: Server,
    private: Server,
}

/// A tenant `a` with a server, and a tenant `b` with one that it shares and one that it does not. The user of
/// each has all that a user can have.
async fn two_tenants() -> Two {
    let (database, clock) = (TestDatabase::create().await, SampleClock::default());
    let store = database.store().await;
    let a = make_user(&store, &clock, Role::ServerOwner, "a").await;
    let b = make_user(&store, &clock, Role::ServerOwner, "b").await;
    let own = sample::server(&clock, &a, "Own");
    let shared = Server { is_public: true, ..sample::server(&clock, &b, "Shared") };
    let private = sample::server(&clock, &b, "Private");
    for server in [&own, &shared, &private] {
        let tenant = server.tenant_id.expect("it has one");
        let key = sample::key(&clock, if tenant == a.tenant_id { &a } else { &b }, "key");
        let event = sample::event(&clock, tenant, EventType::ServerRegistered, Some(server.id.0));
        store.create_server(server, Some(&key), event).await.expect("it is stored");
        list_tools(&store, &clock, server, tenant).await;
    }
    settle(&store, &clock, &a, &shared).await;
    settle(&store, &clock, &b, &shared).await;
    put_ticket(&store, &clock).await;
    Two { database, a, b, own, shared, private }
}

/// Signs this user in, and gives it a preference for a server.
async fn settle(store: &PostgresStore, clock: &SampleClock, user: &User, server: &Server) {
    let session = session(clock, user);
    store.create_session(&session, event(clock, user.tenant_id)).await.expect("the session is stored");
    let preference = [preference(clock, server.id)];
    let put = store.put_preferences(user.tenant_id, user.id, &preference, event(clock, user.tenant_id));
    put.await.expect("the preference is stored");
}

/// A tool of the server, which changes.
async fn list_tools(store: &PostgresStore, clock: &SampleClock, server: &Server, tenant: TenantId) {
    for text in ["before", "after"] {
        let inventory = sample::inventory(clock, server, CapabilityKind::Tool, &[sample::tool("a", text)]);
        let event = sample::event(clock, tenant, EventType::CapabilitiesChanged, Some(server.id.0));
        assert!(store.put_capabilities(&inventory, event).await.expect("the tool is stored"));
    }
}

/// Something that nobody's tenant may see.
async fn put_ticket(store: &PostgresStore, clock: &SampleClock) {
    let expires_at = registry_core::clock::Clock::now(clock);
    let ticket = Ticket { purpose: TicketPurpose::Setup, digest: [7; 32], expires_at, data: None };
    store.put_ticket(&ticket).await.expect("the ticket is stored");
}

async fn set_scope(connection: &mut PgConnection, scope: &str) {
    let set = sqlx::query("SELECT set_config('mcp_registry.tenant', $1, false)").bind(scope);
    set.execute(connection).await.expect("the scope is set");
}

async fn servers(connection: &mut PgConnection) -> BTreeSet<ServerId> {
    let rows = sqlx::query("SELECT * FROM server").fetch_all(connection).await.expect("the servers");
    rows.iter().map(|row| ServerId(row.get("id"))).collect()
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    let count = AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    sqlx::query_scalar(count).fetch_one(connection).await.expect("the number of rows")
}

#[tokio::test]
async fn without_a_scope_nothing_is_there() {
    let two = two_tenants().await;
    let mut connection = two.database.connect().await;
    for scope in [None, Some("")] {
        if let Some(scope) = scope {
            set_scope(&mut connection, scope).await;
        }
        for table in TABLES {
            assert_eq!(count(&mut connection, table).await, 0, "{table}, scope {scope:?}");
        }
    }
    two.database.remove().await;
}

#[tokio::test]
async fn every_table_has_the_wall() {
    let two = two_tenants().await;
    let mut connection = two.database.connect().await;
    let bare = sqlx::query_scalar::<_, String>(
        "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
        AND NOT (relrowsecurity AND relforcerowsecurity)",
    );
    assert_eq!(bare.fetch_all(&mut connection).await.expect("the tables"), ["_sqlx_migrations"]);
    two.database.remove().await;
}

#[tokio::test]
async fn a_tenants_scope_shows_its_own_and_what_is_shared() {
    let two = two_tenants().await;
    let mut connection = two.database.connect().await;
    set_scope(&mut connection, &two.a.tenant_id.to_string()).await;
    assert_eq!(servers(&mut connection).await, [two.own.id, two.shared.id].into());
    for (table, rows) in [
        ("api_key", 1),
        ("api_key_digest", 1),
        ("server_health", 2),
        ("capability_list", 2),
        ("capability", 2),
        ("capability_change", 2),
        ("audit_entry", 8),
    ] {
        assert_eq!(count(&mut connection, table).await, rows, "{table}");
    }
    for table in ACCOUNT_TABLES {
        assert_eq!(count(&mut connection, table).await, 1, "{table}");
    }
    assert_eq!(count(&mut connection, "ticket").await, 0);
    set_scope(&mut connection, &two.b.tenant_id.to_string()).await;
    assert_eq!(servers(&mut connection).await, [two.shared.id, two.private.id].into());
    set_scope(&mut connection, "*").await;
    assert_eq!(servers(&mut connection).await, [two.own.id, two.shared.id, two.private.id].into());
    for table in ACCOUNT_TABLES {
        assert_eq!(count(&mut connection, table).await, 2, "{table}");
    }
    assert_eq!(count(&mut connection, "ticket").await, 1);
    two.database.remove().await;
}

#[tokio::test]
async fn a_tenants_scope_changes_only_its_own() {
    let two = two_tenants().await;
    let mut connection = two.database.connect().await;
    set_scope(&mut connection, &two.a.tenant_id.to_string()).await;
    for (statement, rows) in [
        ("UPDATE server SET status = 'error'", 1),
        ("UPDATE app_user SET role = 'admin'", 1),
        ("UPDATE user_password SET hash = ''", 1),
        ("UPDATE user_identity SET subject = 'me'", 1),
        ("DELETE FROM session", 1),
        ("DELETE FROM preference", 1),
        ("DELETE FROM ticket", 0),
        ("DELETE FROM capability_change", 1),
        ("UPDATE capability SET approved = digest", 1),
        ("DELETE FROM server_health", 1),
        ("DELETE FROM api_key_digest", 1),
    ] {
        let done = sqlx::query(statement).execute(&mut connection).await.expect(statement);
        assert_eq!(done.rows_affected(), rows, "{statement}");
    }
    let foreign = sqlx::query("INSERT INTO audit_head (tenant_id, seq, hash) VALUES ($1, 0, $2)");
    let foreign = foreign.bind(Uuid::max()).bind(&[0_u8; 32][..]).execute(&mut connection).await;
    assert!(foreign.expect_err("it is refused").to_string().contains("row-level security"));
    two.database.remove().await;
}

#[tokio::test]
async fn the_audit_log_only_grows() {
    let two = two_tenants().await;
    let mut connection = two.database.connect().await;
    set_scope(&mut connection, "*").await;
    for statement in ["UPDATE audit_entry SET action = 'check'", "DELETE FROM audit_entry"] {
        let done = sqlx::query(statement).execute(&mut connection).await.expect(statement);
        assert_eq!(done.rows_affected(), 0, "{statement}");
    }
    assert_eq!(count(&mut connection, "audit_entry").await, 20);
    two.database.remove().await;
}

#[tokio::test]
async fn a_scope_does_not_stay_with_a_connection() {
    use registry_core::access::Reach;
    let two = two_tenants().await;
    let options = storage_postgres::PostgresOptions {
        max_connections: 1,
        ..storage_postgres::PostgresOptions::new(two.database.url())
    };
    let store = PostgresStore::connect(options).await.expect("it connects");
    let (a, private) = (Reach::Tenant(two.a.tenant_id), two.private.id);
    for _ in 0..3 {
        assert!(store.server(Reach::AllTenants, private).await.expect("an answer").is_some());
        assert!(store.server(a, private).await.expect("an answer").is_none());
        assert!(store.server(Reach::Tenant(TenantId::SYSTEM), private).await.expect("an answer").is_none());
        assert!(store.server(Reach::Tenant(two.b.tenant_id), private).await.expect("an answer").is_some());
    }
    two.database.remove().await;
}
