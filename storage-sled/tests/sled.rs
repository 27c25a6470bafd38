//! What is particular to the store on sled: the folder, the group of writes, failures of the disk, damage.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use registry_core::access::Reach;
use registry_core::chain::{self, Verdict};
use registry_core::conformance::sample::{self, SampleClock};
use registry_core::memory::MemoryStore;
use registry_core::model::audit::{AuditEvent, EventType};
use registry_core::model::credential::UpstreamAuth;
use registry_core::model::header::HeaderName;
use registry_core::model::id::TenantId;
use registry_core::model::page::{PageRequest, SortOrder};
use registry_core::model::server::{Server, ServerQuery, ServerSort, ServerStatus};
use registry_core::model::text::{Tag, Tags};
use registry_core::model::user::User;
use registry_core::secret::Sealed;
use registry_core::store::{AuditStore, ServerStore, Store, StoreError, UniqueField};
use storage_sled::{FORMAT, OpenError, SledStore};
use tempfile::TempDir;

struct World {
    folder: TempDir,
    clock: SampleClock,
    store: Arc<SledStore>,
    owner: User,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SledStore::open(folder.path()).unwrap());
        let clock = SampleClock::default();
        let owner = people(&*store, &clock, "acme").await;
        Self { folder, clock, store, owner }
    }

    fn event(&self) -> AuditEvent {
        event(&self.clock, self.owner.tenant_id)
    }

    fn reach(&self) -> Reach {
        Reach::Tenant(self.owner.tenant_id)
    }

    async fn add(&self, name: &str) -> Result<Server, StoreError> {
        let server = sample::server(&self.clock, &self.owner, name);
        self.store.create_server(&server, None, self.event()).await.map(|()| server)
    }

    async fn reopen(&mut self) {
        self.store.close().await.unwrap();
        self.store = Arc::new(SledStore::open(self.folder.path()).unwrap());
    }
}

fn event(clock: &SampleClock, tenant: TenantId) -> AuditEvent {
    sample::event(clock, tenant, EventType::ServerRegistered, None)
}

/// Makes the same tenant and user in each store that a clock like this one is given with.
async fn people(store: &dyn Store, clock: &SampleClock, name: &str) -> User {
    let tenant = sample::tenant(clock, name);
    let owner = sample::user(clock, &tenant, "ada");
    store.create_tenant(&tenant, event(clock, tenant.id)).await.unwrap();
    store.create_user(&owner, None, event(clock, tenant.id)).await.unwrap();
    owner
}

fn refusal(path: &Path) -> String {
    SledStore::open(path).unwrap_err().to_string()
}

#[tokio::test]
async fn a_second_opening_is_refused_and_told_who_has_the_folder() {
    let world = World::new().await;
    let refusal = refusal(world.folder.path());
    let holder = format!("in use by process {}", std::process::id());
    assert!(
        refusal.contains(&holder) && refusal.contains(&world.folder.path().display().to_string()),
        "{refusal}"
    );
    assert!(matches!(SledStore::open(world.folder.path()), Err(OpenError::Locked { .. })));
}

/// The other process of the next test: this test binary, told the folder by the environment.
#[test]
fn another_process() {
    let Some(path) = std::env::var_os("STORAGE_SLED_TEST_FOLDER") else { return };
    assert!(refusal(path.as_ref()).contains("in use by process"));
    assert!(std::fs::File::open(Path::new(&path).join("db")).unwrap().try_lock().is_err());
}

#[tokio::test]
async fn another_process_is_refused() {
    let world = World::new().await;
    let mut other = Command::new(std::env::current_exe().unwrap());
    other.args(["--exact", "another_process"]).env("STORAGE_SLED_TEST_FOLDER", world.folder.path());
    let output = other.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[tokio::test]
async fn a_folder_can_be_opened_again_at_once_after_close_and_after_drop() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SampleClock::default();
    for round in 0..20 {
        let store = SledStore::open(folder.path()).unwrap();
        people(&store, &clock, &format!("tenant {round}")).await;
        if round % 2 == 0 {
            store.close().await.unwrap();
            assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
        }
    }
}

#[test]
fn a_newer_format_and_a_foreign_database_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(SledStore::open(folder.path()).unwrap());
    let db = sled::open(folder.path()).unwrap();
    let newer = (FORMAT + 1).to_be_bytes();
    db.open_tree("meta").unwrap().insert("format", &newer).unwrap();
    drop(db);
    let text = refusal(folder.path());
    assert!(text.contains("has format 5, and this version of the program knows formats up to 4"), "{text}");

    let foreign = tempfile::tempdir().unwrap();
    sled::open(foreign.path()).unwrap().insert("their", "data").unwrap();
    assert!(matches!(SledStore::open(foreign.path()), Err(OpenError::Foreign { .. })));
}

#[tokio::test]
async fn a_runtime_of_one_thread_is_enough() {
    let world = World::new().await;
    world.add("one").await.unwrap();
    assert_eq!(world.store.servers(&ServerQuery::new(world.reach())).await.unwrap().total, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_that_fails_leaves_its_group_alone() {
    let world = Arc::new(World::new().await);
    // 100 names, each wanted by three at once.
    let adding = (0..300).map(|number| {
        let world = world.clone();
        tokio::spawn(async move { world.add(&format!("server {}", number % 100)).await })
    });
    let mut stored = 0;
    for added in adding.collect::<Vec<_>>() {
        match added.await.unwrap() {
            Ok(_) => stored += 1,
            Err(error) => assert!(matches!(error, StoreError::Conflict(UniqueField::ServerName))),
        }
    }
    assert_eq!(stored, 100);
    let servers = world.store.servers(&ServerQuery::new(world.reach())).await.unwrap();
    assert_eq!(servers.total, 100);
    let verdict = chain::verify(&*world.store, world.owner.tenant_id).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole(head) if head.seq == 102));
}

#[tokio::test]
async fn when_a_sync_fails_nothing_is_acknowledged_or_seen_any_more() {
    let mut world = World::new().await;
    let before = world.add("before").await.unwrap();
    let all = ServerQuery::new(world.reach());
    assert_eq!(world.store.servers(&all).await.unwrap().total, 1);
    let head = world.store.audit_head(world.owner.tenant_id).await.unwrap();
    // The folder of long values is looked at by each sync; without it the sync fails.
    std::fs::remove_dir(world.folder.path().join("blobs")).unwrap();
    for name in ["first", "second"] {
        let error = world.add(name).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Unavailable(reason) if reason.contains("until it is opened again"))
        );
    }
    assert!(matches!(world.store.ping().await, Err(StoreError::Unavailable(_))));
    assert_eq!(world.store.servers(&all).await.unwrap().items, std::slice::from_ref(&before));
    assert_eq!(world.store.server_by_slug(before.tenant_id, "first").await.unwrap(), None);
    assert_eq!(world.store.audit_head(world.owner.tenant_id).await.unwrap(), head);
    world.reopen().await;
    world.add("after").await.unwrap();
    let verdict = chain::verify(&*world.store, world.owner.tenant_id).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole(_)));
}

#[tokio::test]
async fn the_largest_server_is_kept_and_makes_no_file_of_its_own() {
    let mut world = World::new().await;
    let secret = Sealed::from_text("x".repeat(11_000));
    let header = |number| HeaderName::parse(&format!("x-{number}")).unwrap();
    let headers: BTreeMap<_, _> = (0..20).map(|number| (header(number), secret.clone())).collect();
    let mut servers = Vec::new();
    for number in 0..40 {
        let mut server = sample::server(&world.clock, &world.owner, &format!("large {number}"));
        server.auth = UpstreamAuth::Custom { headers: headers.clone() };
        world.store.create_server(&server, None, world.event()).await.unwrap();
        let expected = server.revision;
        server.revision += 1;
        server.metadata = sample::metadata(&format!(r#"{{"text": "{}"}}"#, "y".repeat(16_000)));
        world.store.update_server(&server, expected, world.event()).await.unwrap();
        servers.push(server);
    }
    world.reopen().await;
    for server in &servers {
        let read = world.store.server(world.reach(), server.id).await.unwrap();
        assert_eq!(read.as_ref(), Some(server));
    }
    assert_eq!(std::fs::read_dir(world.folder.path().join("blobs")).unwrap().count(), 0);
}

#[tokio::test]
async fn damage_of_an_audit_entry_is_found_and_named() {
    for (byte, place) in [(b'#', 0), (b'#', 60), (b'8', 0)] {
        let world = World::new().await;
        for name in ["one", "two", "three"] {
            world.add(name).await.unwrap();
        }
        world.store.close().await.unwrap();
        let tenant = world.owner.tenant_id;
        let key = [tenant.0.as_bytes(), &3_u64.to_be_bytes()[..]].concat();
        let db = sled::open(world.folder.path()).unwrap();
        let tree = db.open_tree("audit").unwrap();
        let mut value = tree.get(&key).unwrap().unwrap().to_vec();
        // A letter of the JSON's structure or of a hash, or a digit of the time.
        let text = String::from_utf8(value.clone()).unwrap();
        let place = if byte == b'8' { text.find("2026-").unwrap() + 3 } else { place };
        value[place] = byte;
        tree.insert(&key, value).unwrap();
        drop((tree, db));
        let store = SledStore::open(world.folder.path()).unwrap();
        match chain::verify(&store, tenant).await.unwrap() {
            Verdict::Broken(broken) => assert_eq!((broken.tenant_id, broken.seq), (tenant, 3)),
            Verdict::Whole(_) => panic!("the damage was not found"),
        }
    }
}

/// A small generator of even numbers below a bound (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

fn mix(dice: &mut Dice, server: &mut Server) {
    const TAGS: [&str; 4] = ["prod", "test", "eu", "us"];
    server.status = ServerStatus::ALL[dice.below(4)];
    server.is_public = dice.below(6) == 0;
    let tags: Vec<_> = TAGS.into_iter().filter(|_| dice.below(2) == 0).collect();
    server.tags = Tags::parse(&tags).unwrap();
    server.updated_at = sample::at_us(1_700_000_000_000_000 + dice.below(50) as i64);
}

fn query(dice: &mut Dice, tenants: &[TenantId], servers: &[Server]) -> ServerQuery {
    let any = |dice: &mut Dice| tenants[dice.below(tenants.len())];
    let reach = if dice.below(3) == 0 { Reach::AllTenants } else { Reach::Tenant(any(dice)) };
    let without = if dice.below(3) == 0 { dice.below(servers.len().min(40)) } else { 0 };
    ServerQuery {
        without: (0..without).map(|_| servers[dice.below(servers.len())].id).collect(),
        tenant_id: (dice.below(4) == 0).then(|| any(dice)),
        active_only: dice.below(5) == 0,
        status: (dice.below(3) == 0).then(|| ServerStatus::ALL[dice.below(4)]),
        search: (dice.below(3) == 0).then(|| ["1", "server 2", "7\n"][dice.below(3)].to_owned()),
        tags: (0..dice.below(3)).map(|at| Tag::parse(["eu", "prod"][at]).unwrap()).collect(),
        sort: ServerSort::ALL[dice.below(4)],
        order: SortOrder::ALL[dice.below(2)],
        page: PageRequest::new(1 + dice.below(12) as u32, 1 + dice.below(100) as u32).unwrap(),
        ..ServerQuery::new(reach)
    }
}

#[tokio::test]
async fn lists_of_servers_are_those_of_the_store_in_memory_whatever_is_changed() {
    let world = World::new().await;
    let memory = MemoryStore::new();
    people(&memory, &SampleClock::default(), "acme").await;
    let (clock, mut dice) = (SampleClock::default(), Dice(7));
    people(&MemoryStore::new(), &clock, "acme").await;
    let mut owners = vec![world.owner.clone()];
    for name in ["globex", "initech"] {
        let tenant = sample::tenant(&clock, name);
        let owner = sample::user(&clock, &tenant, "ada");
        for store in [&*world.store as &dyn Store, &memory] {
            store.create_tenant(&tenant, event(&clock, tenant.id)).await.unwrap();
            store.create_user(&owner, None, event(&clock, tenant.id)).await.unwrap();
        }
        owners.push(owner);
    }
    let tenants: Vec<_> = owners.iter().map(|owner| owner.tenant_id).collect();
    let mut servers: Vec<Server> = Vec::new();
    for step in 0..2_500 {
        // Two in three are new, so that there are more than one chunk of an order holds.
        let action = if servers.is_empty() { 0 } else { dice.below(6) };
        let owner = &owners[dice.below(10).saturating_sub(7)];
        let event = || event(&clock, owner.tenant_id);
        for store in [&*world.store as &dyn Store, &memory] {
            let mut dice = Dice(step);
            match action {
                0..=3 => {
                    let clock = SampleClock::default();
                    let mut server = sample::server(&clock, owner, &format!("Server {step}"));
                    server.id.0 = uuid::Uuid::from_u64_pair(dice.0 ^ 0xffff, dice.below(1 << 60) as u64);
                    server.created_at = sample::at_us(1_700_000_000_000_000 + dice.below(1_000) as i64);
                    server.tenant_id = (step % 50 != 0).then_some(owner.tenant_id);
                    mix(&mut dice, &mut server);
                    store.create_server(&server, None, event()).await.unwrap();
                    if std::ptr::addr_eq(store, &memory) {
                        servers.push(server);
                    }
                }
                4 => {
                    let at = dice.below(servers.len());
                    let mut server = servers[at].clone();
                    mix(&mut dice, &mut server);
                    server.revision += 1;
                    store.update_server(&server, server.revision - 1, event()).await.unwrap();
                    if std::ptr::addr_eq(store, &memory) {
                        servers[at] = server;
                    }
                }
                _ => {
                    let at = dice.below(servers.len());
                    let Server { tenant_id, id, revision, updated_at, .. } = servers[at];
                    store.delete_server(tenant_id, id, revision, updated_at, event()).await.unwrap();
                    if std::ptr::addr_eq(store, &memory) {
                        servers.swap_remove(at);
                    }
                }
            }
        }
        if step % 3 == 0 {
            let query = query(&mut dice, &tenants, &servers);
            let (ours, theirs) =
                (world.store.servers(&query).await.unwrap(), memory.servers(&query).await.unwrap());
            assert_eq!(ours.total, theirs.total, "{query:?}");
            let names =
                |page: &[Server]| page.iter().map(|server| server.name.to_string()).collect::<Vec<_>>();
            assert_eq!(names(&ours.items), names(&theirs.items), "{query:?}");
        }
    }
    assert!(servers.len() > 1_000);
}
