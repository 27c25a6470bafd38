//! Accounts for the tests: users with all that a user can have, and writers that are held up half-way.

use std::sync::Arc;
use std::time::Duration;

use registry_core::clock::{Clock, Timestamp};
use registry_core::conformance::sample::{self, SampleClock};
use registry_core::model::audit::{AuditEvent, EventType};
use registry_core::model::id::{ServerId, SessionId, TenantId};
use registry_core::model::password::PasswordHash;
use registry_core::model::preference::{CustomSettings, Preference};
use registry_core::model::role::Role;
use registry_core::model::session::{Session, SessionSecret, SignInMethod};
use registry_core::model::user::{Identity, User};
use registry_core::store::{TenantStore, UserStore};
use sqlx::{Connection, PgConnection};
use storage_postgres::PostgresStore;
use uuid::Uuid;

use crate::database::TestDatabase;

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(4);

/// A database with two nodes at work on it.
pub(crate) struct Nodes {
    pub(crate) database: TestDatabase,
    pub(crate) stores: [Arc<PostgresStore>; 2],
    pub(crate) clock: SampleClock,
}

impl Nodes {
    pub(crate) async fn start() -> Self {
        let database = TestDatabase::create().await;
        let stores = [database.store().await, database.store().await];
        Self { database, stores, clock: SampleClock::default() }
    }

    pub(crate) fn store(&self) -> &PostgresStore {
        &self.stores[0]
    }

    pub(crate) fn event(&self, tenant_id: TenantId) -> AuditEvent {
        event(&self.clock, tenant_id)
    }

    /// A user in this role, in a tenant of its own.
    pub(crate) async fn user(&self, role: Role, tenant: &str) -> User {
        make_user(self.store(), &self.clock, role, tenant).await
    }

    /// Holds up every writer of these chains, when its change is made and before it is committed.
    pub(crate) async fn hold(&self, chains: &[TenantId]) -> Hold {
        let (mut holder, watcher) = (self.database.connect().await, self.database.connect().await);
        let ids: Vec<_> = chains.iter().map(|tenant| tenant.0).collect();
        let begin = sqlx::raw_sql("BEGIN; SET LOCAL mcp_registry.tenant = '*'").execute(&mut holder).await;
        begin.expect("it begins");
        let lock = sqlx::query("SELECT FROM audit_head WHERE tenant_id = ANY ($1) FOR UPDATE").bind(ids);
        assert_eq!(lock.fetch_all(&mut holder).await.expect("the heads").len(), chains.len());
        Hold { holder, watcher }
    }

    /// Holds up whoever needs this server, as its removal does.
    pub(crate) async fn hold_server(&self, id: ServerId) -> Hold {
        let mut hold = self.hold(&[]).await;
        hold.lock("SELECT id FROM server WHERE id = $1 FOR UPDATE", id.0).await;
        hold
    }
}

/// Writers held up.
pub(crate) struct Hold {
    holder: PgConnection,
    watcher: PgConnection,
}

impl Hold {
    /// Locks a row besides, at once.
    pub(crate) async fn lock(&mut self, statement: &'static str, id: Uuid) {
        let lock = sqlx::query(statement).bind(id).fetch_all(&mut self.holder).await;
        assert_eq!(lock.expect("nobody has it").len(), 1);
    }

    /// Locks a table besides.
    pub(crate) async fn table(&mut self, statement: &'static str) {
        sqlx::raw_sql(statement).execute(&mut self.holder).await.expect("nobody has it");
    }

    /// Makes the partition of a table for a day, which holds up whoever writes into it.
    pub(crate) async fn add_partition(&mut self, parent: &str, day: Timestamp) {
        let add = sqlx::query_scalar("SELECT registry_add_partition($1, $2)").bind(parent).bind(day);
        let is_made: bool = add.fetch_one(&mut self.holder).await.expect("it is asked for");
        assert!(is_made, "it was there");
    }

    /// Until so many writers wait for a lock.
    pub(crate) async fn until_waiting(&mut self, writers: i64) {
        const LOOK: &str = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let look = async {
            while sqlx::query_scalar::<_, i64>(LOOK).fetch_one(&mut self.watcher).await.expect("a number")
                < writers
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.expect("as many writers wait");
    }

    /// Does what was begun, and lets them go on.
    pub(crate) async fn commit(mut self) {
        sqlx::raw_sql("COMMIT").execute(&mut self.holder).await.expect("it is done");
        self.release().await;
    }

    /// Lets them go on.
    pub(crate) async fn release(self) {
        self.holder.close().await.expect("the connection closes");
    }
}

pub(crate) fn event(clock: &SampleClock, tenant_id: TenantId) -> AuditEvent {
    sample::event(clock, tenant_id, EventType::UserUpdated, None)
}

/// A user in this role with a password and an identity, in a tenant of its own.
pub(crate) async fn make_user(store: &PostgresStore, clock: &SampleClock, role: Role, name: &str) -> User {
    let tenant = sample::tenant(clock, name);
    store.create_tenant(&tenant, event(clock, tenant.id)).await.expect("the tenant is stored");
    let identity = Identity { issuer: "https://id.example.com".to_owned(), subject: name.to_owned() };
    let user = User { role, identities: vec![identity], ..sample::user(clock, &tenant, "somebody") };
    let password = PasswordHash("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA".to_owned());
    store.create_user(&user, Some(&password), event(clock, tenant.id)).await.expect("the user is stored");
    user
}

/// A session of this user.
pub(crate) fn session(clock: &SampleClock, user: &User) -> Session {
    let now = clock.now();
    Session {
        id: SessionId(clock.new_id()),
        digest: SessionSecret::generate(clock).digest(),
        tenant_id: user.tenant_id,
        user_id: user.id,
        method: SignInMethod::Password,
        ip_address: None,
        user_agent: None,
        created_at: now,
        last_seen_at: now,
        expires_at: now + Duration::from_secs(12 * 3_600),
    }
}

/// A preference for this server.
pub(crate) fn preference(clock: &SampleClock, server_id: ServerId) -> Preference {
    let custom_settings = CustomSettings::default();
    Preference { server_id, is_enabled: false, display_order: 1, custom_settings, updated_at: clock.now() }
}
