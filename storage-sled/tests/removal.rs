//! What is left in the trees when records are removed: nothing.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use registry_core::clock::{Clock, Timestamp};
use registry_core::conformance::sample::{self, SampleClock};
use registry_core::model::audit::{AuditEvent, EventType};
use registry_core::model::capability::CapabilityKind;
use registry_core::model::health::CheckStatus;
use registry_core::model::id::{SessionId, TenantId};
use registry_core::model::key::ApiKey;
use registry_core::model::password::{PasswordChange, PasswordHash};
use registry_core::model::preference::{CustomSettings, Preference};
use registry_core::model::server::Server;
use registry_core::model::session::{EndedSessions, Session, SessionDigest, SignInMethod};
use registry_core::model::tenant::Tenant;
use registry_core::model::text::UserName;
use registry_core::model::ticket::{Ticket, TicketPurpose};
use registry_core::model::usage::{Usage, UsageSubject};
use registry_core::model::usage_rollup::{UsageEntry, UsageTally};
use registry_core::model::user::{Identity, User};
use registry_core::store::{
    AnalyticsStore, CapabilityStore, HealthStore, KeyStore, PreferenceStore, ServerStore, SessionStore,
    Store, TenantStore, TicketStore, UsageStore, UserStore, UserUpdate,
};
use storage_sled::SledStore;
use tempfile::TempDir;

struct World {
    folder: TempDir,
    clock: SampleClock,
    store: SledStore,
    tenant: Tenant,
    user: User,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(folder.path()).unwrap();
        let clock = SampleClock::default();
        let tenant = sample::tenant(&clock, "acme");
        let user = sample::user(&clock, &tenant, "ada");
        let identity = Identity { issuer: "https://issuer.example".to_owned(), subject: "ada".to_owned() };
        let user = User { identities: vec![identity], ..user };
        let password = PasswordHash("$argon2id$".to_owned());
        store.create_tenant(&tenant, event(&clock, tenant.id)).await.unwrap();
        store.create_user(&user, Some(&password), event(&clock, tenant.id)).await.unwrap();
        Self { folder, clock, store, tenant, user }
    }

    fn event(&self) -> AuditEvent {
        event(&self.clock, self.tenant.id)
    }

    async fn session(&self, number: u64, seen: Timestamp, end: Timestamp) -> Session {
        let session = Session {
            id: SessionId(self.clock.new_id()),
            digest: SessionDigest(digest(number)),
            tenant_id: self.tenant.id,
            user_id: self.user.id,
            method: SignInMethod::Password,
            ip_address: None,
            user_agent: None,
            created_at: self.clock.now(),
            last_seen_at: seen,
            expires_at: end,
        };
        self.store.create_session(&session, self.event()).await.unwrap();
        session
    }

    async fn ticket(&self, number: u64, end: Timestamp) -> Ticket {
        let digest = digest(number);
        let ticket = Ticket { purpose: TicketPurpose::Oidc, digest, expires_at: end, data: None };
        self.store.put_ticket(&ticket).await.unwrap();
        ticket
    }

    /// A server, used and checked, with a key and a preference.
    async fn server(&self) -> (Server, ApiKey) {
        let server = sample::server(&self.clock, &self.user, "weather");
        let key = ApiKey { server_id: Some(server.id), ..sample::key(&self.clock, &self.user, "a key") };
        self.store.create_server(&server, Some(&key), self.event()).await.unwrap();
        let check = sample::check(&self.clock, &server, CheckStatus::Healthy);
        self.store.record_health(&sample::record(&check)).await.unwrap();
        for text in ["before", "after"] {
            let tools = [sample::tool("a", text), sample::tool("b", &"long".repeat(2_000))];
            let inventory = sample::inventory(&self.clock, &server, CapabilityKind::Tool, &tools);
            assert!(self.store.put_capabilities(&inventory, self.event()).await.unwrap());
        }
        let subjects = [UsageSubject::Server(server.id), UsageSubject::Key(key.id)];
        let usage = Usage { requests: 1, ..Usage::default() };
        self.store.add_usage(&subjects.map(|subject| (subject, usage.clone()))).await.unwrap();
        let (subject, tally) = (UsageSubject::Key(key.id), UsageTally::of(&usage));
        self.store.add_usage_rollups(&[UsageEntry { subject, start: at(0), tally }]).await.unwrap();
        let preferences = [Preference {
            server_id: server.id,
            is_enabled: false,
            display_order: 0,
            custom_settings: CustomSettings::default(),
            updated_at: self.clock.now(),
        }];
        let put = self.store.put_preferences(self.tenant.id, self.user.id, &preferences, self.event());
        put.await.unwrap();
        (server, key)
    }

    async fn delete_server(&self, server: &Server) {
        let Server { tenant_id, id, revision, .. } = *server;
        let deleted = self.store.delete_server(tenant_id, id, revision, self.clock.now(), self.event());
        deleted.await.unwrap();
    }

    async fn delete_people(&self) {
        self.store.delete_user(self.tenant.id, self.user.id, 1, self.event()).await.unwrap();
        self.store.delete_tenant(self.tenant.id, 1, self.event()).await.unwrap();
    }

    /// The keys that are left in the trees, those of the audit log, of live events and the format's aside.
    async fn left(self) -> Vec<(String, String)> {
        self.store.close().await.unwrap();
        let db = sled::open(self.folder.path()).unwrap();
        let mut left = Vec::new();
        for name in db.tree_names() {
            let name = String::from_utf8(name.to_vec()).unwrap();
            let keys = db.open_tree(&name).unwrap().iter().keys().map(Result::unwrap).collect::<Vec<_>>();
            let keys = keys.iter().map(|key| String::from_utf8_lossy(key).into_owned());
            left.extend(keys.map(|key| (name.clone(), key)));
        }
        let stays = |tree: &str| tree.starts_with("audit") || ["event", "meta"].contains(&tree);
        left.retain(|(tree, key)| !stays(tree) && !key.ends_with("audit"));
        left
    }
}

fn digest(number: u64) -> [u8; 32] {
    let mut digest = [7; 32];
    digest[..8].copy_from_slice(&number.to_be_bytes());
    digest
}

/// A time so many seconds after a fixed one.
fn at(seconds: i64) -> Timestamp {
    sample::at_us(1_800_000_000_000_000 + seconds * 1_000_000)
}

fn event(clock: &SampleClock, tenant: TenantId) -> AuditEvent {
    sample::event(clock, tenant, EventType::UserUpdated, None)
}

#[tokio::test]
async fn nothing_is_left_in_the_trees_when_server_user_and_tenant_are_removed() {
    let world = World::new().await;
    world.session(1, at(0), at(9)).await;
    let (server, key) = world.server().await;
    let unlinked = sample::key(&world.clock, &world.user, "another key");
    world.store.create_key(&unlinked, world.event()).await.unwrap();
    world.delete_server(&server).await;
    assert_eq!(world.store.key_by_digest(&key.digest).await.unwrap().unwrap().key.revision, 2);
    world.delete_people().await;
    assert_eq!(world.left().await, []);
}

#[tokio::test]
async fn a_users_preferences_go_with_the_user_and_leave_no_row_by_server() {
    let world = World::new().await;
    let (mut server, _) = world.server().await;
    let other = sample::user(&world.clock, &world.tenant, "bob");
    world.store.create_user(&other, None, world.event()).await.unwrap();
    server.owner_id = other.id;
    server.revision = 2;
    world.store.update_server(&server, 1, world.event()).await.unwrap();
    world.store.delete_user(world.tenant.id, world.user.id, 1, world.event()).await.unwrap();
    let left = world.left().await;
    assert!(left.iter().any(|(tree, _)| tree == "server_ref"), "{left:?}");
    assert!(left.iter().all(|(tree, _)| !tree.starts_with("preference")), "{left:?}");
}

#[tokio::test]
async fn nothing_is_left_of_what_was_renamed_replaced_touched_taken_or_pruned() {
    let world = World::new().await;
    let renamed = User {
        username: UserName::parse("Grace").unwrap(),
        identities: Vec::new(),
        revision: 2,
        ..world.user.clone()
    };
    let update = UserUpdate { user: &renamed, expected: 1, password: PasswordChange::Remove, ends: None };
    world.store.update_user(update, world.event()).await.unwrap();
    let touched = world.session(1, at(0), at(100)).await;
    world.store.touch_session(&touched.digest, at(50)).await.unwrap();
    let ended = world.session(2, at(60), at(100)).await;
    let which = EndedSessions::One(ended.id);
    let ends = world.store.end_sessions(world.tenant.id, world.user.id, which, world.event());
    assert_eq!(ends.await.unwrap(), 1);
    let ticket = world.ticket(1, at(10)).await;
    world.ticket(1, at(20)).await;
    world.ticket(2, at(20)).await;
    assert_eq!(world.store.prune_tickets(at(19)).await.unwrap(), 0);
    assert!(world.store.take_ticket(ticket.purpose, &ticket.digest).await.unwrap().is_some());
    assert_eq!(world.store.prune_tickets(at(20)).await.unwrap(), 1);
    assert_eq!(world.store.prune_sessions(at(60), at(50)).await.unwrap(), 0);
    assert_eq!(world.store.prune_sessions(at(60), at(51)).await.unwrap(), 1);
    let renamed =
        Tenant { name: sample::tenant(&world.clock, "Globex").name, revision: 2, ..world.tenant.clone() };
    world.store.update_tenant(&renamed, 1, world.event()).await.unwrap();
    world.store.delete_user(world.tenant.id, world.user.id, 2, world.event()).await.unwrap();
    world.store.delete_tenant(world.tenant.id, 2, world.event()).await.unwrap();
    assert_eq!(world.left().await, []);
}

#[tokio::test]
async fn pruning_in_several_writes_prunes_all_that_is_over_and_nothing_else() {
    let world = World::new().await;
    // Over by time, by idleness, by both, or not at all.
    let ends = [(at(9), at(5)), (at(1), at(9)), (at(1), at(5)), (at(9), at(9))];
    for number in 0..1_600 {
        let (seen, end) = ends[number as usize % 4];
        world.session(number, seen, end).await;
        world.ticket(number, end).await;
    }
    assert_eq!(world.store.prune_sessions(at(5), at(2)).await.unwrap(), 1_200);
    assert_eq!(world.store.prune_tickets(at(5)).await.unwrap(), 800);
    assert_eq!(world.store.sessions(world.tenant.id, world.user.id).await.unwrap().len(), 400);
    assert_eq!(world.store.prune_sessions(at(9), at(0)).await.unwrap(), 400);
    assert_eq!(world.store.prune_tickets(at(9)).await.unwrap(), 800);
    world.delete_people().await;
    assert_eq!(world.left().await, []);
}
