//! Everything that changes accounts, on two nodes at once: each change is made or refused for a reason, and what
//! has to hold afterwards holds.

use std::sync::Arc;

use registry_core::access::Reach;
use registry_core::chain::{self, Verdict};
use registry_core::clock::Clock;
use registry_core::conformance::sample::{self, SampleClock};
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{ServerId, TenantId, UserId};
use registry_core::model::key::ApiKey;
use registry_core::model::password::PasswordChange;
use registry_core::model::role::Role;
use registry_core::model::server::Server;
use registry_core::model::session::EndedSessions;
use registry_core::model::tenant::Tenant;
use registry_core::model::text::{TenantName, UserName};
use registry_core::model::user::{Identity, User};
use registry_core::store::{
    AuditStore, KeyStore, PreferenceStore, ServerStore, SessionStore, StoreError, TenantStore, UserStore,
    UserUpdate,
};
use storage_postgres::PostgresStore;
use uuid::Uuid;

use crate::account::{Nodes, event, preference, session};

/// How many writers there are.
const WRITERS: u32 = 8;
/// How much each of them does.
const CHANGES: u32 = 100;
/// How many tenants there are, how many users in each, and servers in all.
const FEW: u128 = 3;

/// A writer that picks by chance what it does, the same in each run; what comes of it depends on the others.
struct Writer {
    store: Arc<PostgresStore>,
    clock: Arc<SampleClock>,
    chance: SampleClock,
}

impl Writer {
    fn new(nodes: &Nodes, clock: &Arc<SampleClock>, number: u32) -> Self {
        let chance = SampleClock::default();
        for _ in 0..number * 100 * CHANGES {
            chance.now();
        }
        Self {
            store: nodes.stores[usize::from(number.is_multiple_of(2))].clone(),
            clock: clock.clone(),
            chance,
        }
    }

    fn pick(&self, choices: u128) -> u128 {
        let mut bytes = [0; 16];
        self.chance.fill_random(&mut bytes);
        u128::from_le_bytes(bytes) % choices
    }

    fn coin(&self) -> bool {
        self.pick(2) == 0
    }

    fn event(&self, tenant_id: TenantId) -> AuditEvent {
        event(&self.clock, tenant_id)
    }

    fn server_id(&self) -> ServerId {
        ServerId(Uuid::from_u128(1_000 + self.pick(FEW)))
    }

    /// One of the few tenants, under one of two names of its own: two that swap names may each wait for the
    /// other's, which PostgreSQL ends by refusing one.
    fn tenant(&self) -> Tenant {
        let id = 1 + self.pick(FEW);
        let name = TenantName::parse(&format!("tenant {id} {}", self.coin())).expect("a name");
        let new = sample::tenant(&*self.clock, "tenant");
        Tenant { id: TenantId(Uuid::from_u128(id)), name, disabled: self.coin(), ..new }
    }

    /// One of the few users of a tenant, in some role.
    fn user(&self) -> User {
        let tenant = self.tenant();
        let id = 100 * tenant.id.0.as_u128() + self.pick(FEW);
        let identity = Identity { issuer: "here".to_owned(), subject: id.to_string() };
        User {
            id: UserId(Uuid::from_u128(id)),
            username: UserName::parse(&format!("user-{id}-{}", self.coin())).expect("a name"),
            role: if self.coin() { Role::Admin } else { Role::User },
            disabled: self.pick(4) == 0,
            identities: vec![identity],
            ..sample::user(&*self.clock, &tenant, "user")
        }
    }

    fn server(&self, owner: &User) -> Server {
        let id = self.server_id();
        Server { id, ..sample::server(&*self.clock, owner, &format!("Server {}", id.0.as_u128())) }
    }

    fn key(&self, owner: &User, server_id: ServerId) -> ApiKey {
        ApiKey { server_id: Some(server_id), ..sample::key(&*self.clock, owner, "ci") }
    }

    async fn change(&self) -> Result<(), StoreError> {
        match self.pick(3) {
            0 => self.change_tenant().await,
            1 => self.change_user(self.user()).await,
            _ => self.change_belongings(self.user()).await,
        }
    }

    async fn change_tenant(&self) -> Result<(), StoreError> {
        let (new, store) = (self.tenant(), &self.store);
        let event = self.event(new.id);
        let Some(old) = store.tenant(new.id).await? else { return store.create_tenant(&new, event).await };
        if self.coin() {
            return store.delete_tenant(old.id, old.revision, event).await;
        }
        let changed = Tenant { revision: old.revision + 1, ..new };
        store.update_tenant(&changed, old.revision, event).await
    }

    async fn change_user(&self, new: User) -> Result<(), StoreError> {
        let (store, event) = (&self.store, self.event(new.tenant_id));
        let Some(old) = store.user(Reach::Tenant(new.tenant_id), new.id).await? else {
            return store.create_user(&new, None, event).await;
        };
        if self.coin() {
            return store.delete_user(old.tenant_id, old.id, old.revision, event).await;
        }
        let (expected, user) = (old.revision, User { revision: old.revision + 1, ..new });
        let (password, ends) = (PasswordChange::Remove, Some(EndedSessions::All));
        store.update_user(UserUpdate { user: &user, expected, password, ends }, event).await
    }

    async fn change_belongings(&self, user: User) -> Result<(), StoreError> {
        let (store, event) = (&self.store, self.event(user.tenant_id));
        match self.pick(5) {
            0 => store.create_session(&session(&self.clock, &user), event).await,
            1 => store.end_sessions(user.tenant_id, user.id, EndedSessions::All, event).await.map(drop),
            2 => {
                let mut servers: Vec<_> = (0..FEW).map(|_| self.server_id()).collect();
                servers.dedup();
                let all: Vec<_> = servers.into_iter().map(|id| preference(&self.clock, id)).collect();
                store.put_preferences(user.tenant_id, user.id, &all, event).await
            }
            3 => store.create_key(&self.key(&user, self.server_id()), event).await,
            _ => self.change_server(&user, event).await,
        }
    }

    async fn change_server(&self, owner: &User, event: AuditEvent) -> Result<(), StoreError> {
        let (new, store) = (self.server(owner), &self.store);
        match store.server(Reach::AllTenants, new.id).await? {
            None => store.create_server(&new, Some(&self.key(owner, new.id)), event).await,
            Some(old) => {
                let now = self.clock.now();
                store.delete_server(old.tenant_id, old.id, old.revision, now, event).await.map(drop)
            }
        }
    }

    /// Makes all changes; how many were made.
    async fn work(self) -> u32 {
        let mut made = 0;
        for _ in 0..CHANGES {
            match self.change().await {
                Ok(()) => made += 1,
                Err(
                    StoreError::Missing
                    | StoreError::Stale
                    | StoreError::Conflict(_)
                    | StoreError::InUse(_)
                    | StoreError::LastAdmin,
                ) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        made
    }
}

/// An administrator who may be taken away like everybody else.
async fn first_admin(nodes: &Nodes, clock: &Arc<SampleClock>) {
    let writer = Writer::new(nodes, clock, 0);
    let (tenant, user) = (writer.tenant(), writer.user());
    let tenant = Tenant { id: user.tenant_id, disabled: false, ..tenant };
    writer.store.create_tenant(&tenant, writer.event(tenant.id)).await.expect("the tenant is stored");
    let user = User { role: Role::Admin, disabled: false, ..user };
    writer.store.create_user(&user, None, writer.event(tenant.id)).await.expect("the user is stored");
}

#[tokio::test]
async fn changes_at_once_are_made_or_refused_for_a_reason() {
    let nodes = Nodes::start().await;
    let clock = Arc::new(SampleClock::default());
    first_admin(&nodes, &clock).await;
    let writers = (0..WRITERS).map(|number| tokio::spawn(Writer::new(&nodes, &clock, number).work()));
    for writer in writers.collect::<Vec<_>>() {
        assert!(writer.await.expect("no change fails otherwise") > 0);
    }
    let mut connection = nodes.database.connect().await;
    let look = "SET mcp_registry.tenant = '*'";
    sqlx::query(look).execute(&mut connection).await.expect("the scope is set");
    for (statement, rows) in [
        (
            "SELECT EXISTS (SELECT FROM app_user u JOIN tenant t ON t.id = tenant_id
            WHERE role = 'admin' AND NOT u.disabled AND NOT t.disabled)",
            true,
        ),
        (
            "SELECT EXISTS (SELECT FROM api_key WHERE revoked_at IS NULL AND (live_owner_id IS NULL
            OR live_server_id IS DISTINCT FROM server_id))",
            false,
        ),
    ] {
        let found: bool = sqlx::query_scalar(statement).fetch_one(&mut connection).await.expect("it");
        assert_eq!(found, rows, "{statement}");
    }
    for tenant in nodes.store().audit_chains().await.expect("the chains") {
        let verdict = chain::verify(nodes.store(), tenant).await.expect("the chain is read");
        assert!(matches!(verdict, Verdict::Whole(_)), "{verdict:?}");
    }
    nodes.database.remove().await;
}
