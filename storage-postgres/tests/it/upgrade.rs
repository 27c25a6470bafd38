//! Migrating a database that has rows already, and taking that back.

use registry_core::access::Reach;
use registry_core::clock::{Clock, SystemClock};
use registry_core::conformance::sample::{self, SampleClock};
use registry_core::model::health::CheckStatus;
use registry_core::model::id::{TenantId, UserId};
use registry_core::model::key::{ApiKey, KeyDigest};
use registry_core::model::latency::Latencies;
use registry_core::model::page::PageRequest;
use registry_core::model::period::Period;
use registry_core::model::role::{Role, Scope, Scopes};
use registry_core::model::tools::Tools;
use registry_core::model::usage::{Usage, UsageSubject};
use registry_core::model::user::{User, UserQuery};
use registry_core::store::{
    HealthStore, KeyStore, ServerStore, SessionStore, StoreError, TenantStore, UsageStore, UserStore,
    WatchStore,
};
use sqlx::{AssertSqlSafe, PgConnection};
use storage_postgres::PostgresStore;
use uuid::Uuid;

use crate::account::{Nodes, event, session};
use crate::database::TestDatabase;

/// The last migration before tenants and users could be changed.
const BEFORE_ACCOUNTS: i64 = 20_260_101_000_003;

/// A tenant with two users, one of whom has a key: as they were stored then. The name is in letters that a
/// lower case of ASCII leaves alone.
const OLD_ROWS: &str = "
    SET mcp_registry.tenant = '*';
    INSERT INTO tenant (id, name, name_key, created_at)
        VALUES ('00000000-0000-0000-0000-00000000000a', 'Acme', 'acme', '2026-01-02T03:04:05.000006Z');
    INSERT INTO app_user (id, tenant_id, role, username, name_key, display_name, disabled, created_at) VALUES
        ('00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-00000000000a', 'admin', 'Ada', 'ada',
            'ＡＤＡ ÖZİL', false, '2026-01-02T03:04:06Z'),
        ('00000000-0000-0000-0000-00000000000c', '00000000-0000-0000-0000-00000000000a', 'user', 'bob', 'bob',
            NULL, false, '2026-01-02T03:04:06Z');
    INSERT INTO api_key (id, tenant_id, owner_id, created_by, name, digest, prefix, scopes, expires_at, rotation_days,
            auto_rotate, rotation_count, rate_rpm, rate_burst, created_at, updated_at, revision)
        VALUES ('00000000-0000-0000-0000-00000000000d', '00000000-0000-0000-0000-00000000000a',
            '00000000-0000-0000-0000-00000000000b', '00000000-0000-0000-0000-00000000000b', 'ci',
            decode(repeat('07', 32), 'hex'), 'mcp_abcd', ARRAY['mcp:invoke'], '2026-04-02T03:04:05Z', 90, false, 0,
            1000, 100, '2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z', 1);
    INSERT INTO api_key_digest (digest, api_key_id, tenant_id)
        SELECT digest, id, tenant_id FROM api_key";

async fn run(connection: &mut PgConnection, statements: &'static str) {
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.expect("the statements run");
}

async fn found(store: &PostgresStore, text: &str) -> Vec<User> {
    let query = UserQuery { search: Some(text.to_owned()), ..UserQuery::new(Reach::AllTenants) };
    store.users(&query).await.expect("the list").items
}

#[tokio::test]
async fn rows_of_the_old_form_are_brought_up_to_date() {
    let database = TestDatabase::create_empty().await;
    let (store, mut connection) = (database.store().await, database.connect().await);
    store.migrate().await.expect("it is migrated");
    store.revert(BEFORE_ACCOUNTS).await.expect("back to the old form");
    run(&mut connection, OLD_ROWS).await;
    tokio::try_join!(store.migrate(), store.migrate()).expect("two nodes start together");

    let tenant = store.tenant(TenantId(Uuid::from_u128(10))).await.expect("it").expect("it is there");
    assert_eq!((tenant.disabled, tenant.requests_per_minute, tenant.revision), (false, None, 1));
    assert_eq!(tenant.updated_at, tenant.created_at);
    let ada = store
        .user(Reach::Tenant(tenant.id), UserId(Uuid::from_u128(11)))
        .await
        .expect("it")
        .expect("it is there");
    assert_eq!((&ada.email, &ada.identities[..], ada.revision), (&None, &[][..], 1));
    assert_eq!(ada.updated_at, ada.created_at);
    for text in ["ada", "ÖZİL", "özi\u{307}l", "ＡＤＡ ö"] {
        assert_eq!(found(&store, text).await, std::slice::from_ref(&ada), "{text}");
    }
    assert_eq!(found(&store, "").await.len(), 2);
    let holder = store.key_by_digest(&KeyDigest([7; 32])).await.expect("it").expect("it is there");
    assert_eq!((holder.owner, holder.tenant), (ada.clone(), tenant.clone()));

    let clock = SampleClock::default();
    let event = || event(&clock, tenant.id);
    let removal = store.delete_user(tenant.id, ada.id, 1, event()).await;
    assert!(matches!(removal, Err(StoreError::LastAdmin)), "{removal:?}");
    let other = User { role: Role::Admin, ..sample::user(&clock, &tenant, "other") };
    store.create_user(&other, None, event()).await.expect("another administrator");
    store.delete_user(tenant.id, ada.id, 1, event()).await.expect("the user is removed");
    let key = store.key(Reach::AllTenants, holder.key.id).await.expect("it").expect("it is there");
    assert!(key.revoked_at.is_some());
    database.remove().await;
}

#[tokio::test]
async fn the_old_form_has_what_it_can_say() {
    let nodes = Nodes::start().await;
    let (store, clock) = (nodes.store(), &nodes.clock);
    let (gone, stays) = (nodes.user(Role::User, "gone").await, nodes.user(Role::Admin, "stays").await);
    let scopes = |scopes: &[Scope]| Scopes::new(scopes.iter().copied()).expect("scopes");
    let with = |user: &User, list: &[Scope]| ApiKey { scopes: scopes(list), ..sample::key(clock, user, "k") };
    let keys = [
        with(&gone, &[Scope::ServerRead]),
        with(&stays, &[Scope::UsersManage]),
        with(&stays, &[Scope::ServerRead, Scope::UsersManage]),
    ];
    for key in &keys {
        store.create_key(key, nodes.event(key.tenant_id)).await.expect("the key is stored");
    }
    store.delete_user(gone.tenant_id, gone.id, 1, nodes.event(gone.tenant_id)).await.expect("it goes");
    let session = session(clock, &stays);
    store.create_session(&session, nodes.event(stays.tenant_id)).await.expect("the session is stored");

    store.revert(BEFORE_ACCOUNTS).await.expect("back to the old form");
    store.migrate().await.expect("and forth");
    let store = nodes.database.store().await;
    for (key, there) in keys.iter().zip([None, None, Some(scopes(&[Scope::ServerRead]))]) {
        let found = store.key(Reach::AllTenants, key.id).await.expect("an answer");
        assert_eq!(found.map(|key| key.scopes), there);
    }
    let kept = User { identities: Vec::new(), updated_at: stays.created_at, ..stays.clone() };
    assert_eq!(found(&store, "somebody").await, [kept]);
    nodes.database.remove().await;
}

#[tokio::test]
async fn a_search_does_not_find_where_two_names_meet() {
    let nodes = Nodes::start().await;
    let user = nodes.user(Role::User, "acme").await;
    assert_eq!(found(nodes.store(), "somebody").await, std::slice::from_ref(&user));
    assert_eq!(found(nodes.store(), "ada love").await, [user]);
    for text in ["somebody\nada", "\n", "somebodyada", "%", "\0"] {
        assert_eq!(found(nodes.store(), text).await, [], "{text:?}");
    }
    nodes.database.remove().await;
}

/// The last migration before keys were narrowed to tools and usage told errors apart.
const BEFORE_TOOLS: i64 = 20_260_101_000_005;

/// Counters of the old form.
const OLD_USAGE: &str = "
    SET mcp_registry.tenant = '*';
    INSERT INTO key_usage (api_key_id, tenant_id, requests, errors, bytes_transferred, total_latency_us)
        SELECT id, tenant_id, 7, 2, 900, 5000 FROM api_key";

#[tokio::test]
async fn keys_and_counters_of_the_old_form_are_good_and_a_narrowed_key_has_no_old_form() {
    let nodes = Nodes::start().await;
    let (store, clock) = (nodes.store(), &nodes.clock);
    let user = nodes.user(Role::Admin, "ada").await;
    let wide = sample::key(clock, &user, "wide");
    let tools = Some(Tools::parse(&["get_*"]).expect("a pattern"));
    let narrow = ApiKey { tools, ..sample::key(clock, &user, "narrow") };
    for key in [&wide, &narrow] {
        store.create_key(key, nodes.event(key.tenant_id)).await.expect("the key is stored");
    }
    store.revert(BEFORE_TOOLS).await.expect("back to the old form");
    run(&mut nodes.database.connect().await, OLD_USAGE).await;
    store.migrate().await.expect("and forth");

    let store = nodes.database.store().await;
    for (key, there) in [(&wide, Some(wide.clone())), (&narrow, None)] {
        assert_eq!(store.key(Reach::AllTenants, key.id).await.expect("an answer"), there);
    }
    let subject = UsageSubject::Key(wide.id);
    let mut expected = Usage { requests: 7, errors: 2, bytes_transferred: 900, ..Usage::default() };
    let counted = async || store.usage(Some(wide.tenant_id), subject).await.expect("the counters");
    assert_eq!(counted().await, expected);
    let latencies = Latencies::new(vec![0, 1], 40).expect("a histogram");
    let since = Usage { requests: 1, bytes_in: 5, latencies, ..Usage::default() };
    store.add_usage(&[(subject, since.clone())]).await.expect("it is counted");
    expected.add(&since);
    assert_eq!(counted().await, expected);
    nodes.database.remove().await;
}

/// The last migration before servers were watched.
const BEFORE_WATCHING: i64 = 20_260_101_000_006;

#[tokio::test]
async fn servers_that_are_there_already_are_watched_within_an_interval() {
    let nodes = Nodes::start().await;
    let user = nodes.user(Role::Admin, "ada").await;
    let mut watched = sample::server(&nodes.clock, &user, "watched");
    watched.health_policy.interval_seconds = 600;
    let mut unwatched = sample::server(&nodes.clock, &user, "unwatched");
    unwatched.health_policy.auto = false;
    for server in [&watched, &unwatched] {
        nodes.store().create_server(server, None, nodes.event(user.tenant_id)).await.expect("it is stored");
    }
    let mut check = sample::check(&nodes.clock, &watched, CheckStatus::Unknown);
    check.deep = true;
    nodes.store().record_health(&sample::record(&check)).await.expect("it is stored");
    nodes.store().revert(BEFORE_WATCHING).await.expect("back to the old form");
    nodes.store().migrate().await.expect("and forth");

    let store = nodes.database.store().await;
    let due = store.earliest_due().await.expect("an answer").expect("one is watched");
    let gap = (due - SystemClock.now()).num_seconds();
    assert!((-60..=600).contains(&gap), "{gap}");
    let claims = store.claim_due(due, due, 10).await.expect("an answer");
    assert_eq!(claims.iter().map(|claim| claim.server.id).collect::<Vec<_>>(), [watched.id]);
    let page = store.health_checks(Reach::AllTenants, watched.id, Period::EVER, PageRequest::default()).await;
    assert_eq!(page.expect("an answer").items[0].report.status, CheckStatus::Error, "it had no other word");
    nodes.database.remove().await;
}
