//! Measures the store in a new folder: `cargo run --release -p storage-sled --example measure [FOLDER [SERVERS]]`.
//!
//! Durable registrations (server, key, audit entry) per second from 1 and 32 writers, opening, pages of lists with
//! the servers in one tenant, and the folder's size.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that fails is to stop")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use registry_core::access::Reach;
use registry_core::conformance::sample::{self, SampleClock};
use registry_core::model::audit::EventType;
use registry_core::model::page::{PageRequest, SortOrder};
use registry_core::model::server::{Server, ServerQuery, ServerSort, ServerStatus};
use registry_core::model::text::{Description, Tag, Tags};
use registry_core::model::user::{User, UserQuery};
use registry_core::store::{KeyStore, ServerStore, Store, TenantStore, UserStore};
use storage_sled::SledStore;

const WORDS: [&str; 12] = [
    "weather",
    "billing",
    "search",
    "calendar",
    "tickets",
    "mail",
    "files",
    "graphs",
    "maps",
    "translate",
    "metrics",
    "deploy",
];

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map_or_else(|| PathBuf::from("target/measure-sled"), PathBuf::from);
    let servers = arguments.next().map_or(100_000, |number| number.parse().unwrap());
    if servers == 0 {
        return open_only(&folder).await;
    }
    let _ = std::fs::remove_dir_all(&folder);
    let clock = Arc::new(SampleClock::default());
    let store = Arc::new(SledStore::open(&folder).unwrap());
    let owner = populate(&store, &clock).await;
    let one = register(&store, &clock, &owner, 0..2_000, 1).await;
    println!("durable registrations, 1 writer:   {one:.0}/s");
    let many = register(&store, &clock, &owner, 2_000..servers, 32).await;
    println!("durable registrations, 32 writers: {many:.0}/s");
    println!("folder: {} MiB", size(&folder) >> 20);
    store.close().await.unwrap();
    let store = reopen(&folder, &owner).await;
    lists(&store, &owner).await;
    gets(&store, &owner).await;
    writes_beside_lists(&store, &clock, &owner, servers).await;
    println!("resident: {} MiB", resident() >> 20);
    store.close().await.unwrap();
    println!("folder after closing: {} MiB", size(&folder) >> 20);
}

/// With `SERVERS` 0: opens what an earlier run left, shows the memory of a fresh process, and reads.
async fn open_only(folder: &Path) {
    let begin = Instant::now();
    let store = SledStore::open(folder).unwrap();
    println!("open: {:?}, resident: {} MiB", begin.elapsed(), resident() >> 20);
    let begin = Instant::now();
    let total = store.servers(&ServerQuery::new(Reach::AllTenants)).await.unwrap().total;
    println!("first list of {total}: {:?}, resident: {} MiB", begin.elapsed(), resident() >> 20);
    let tenant = store.tenants(PageRequest::default()).await.unwrap().items[0].id;
    let owner = &store.users(&UserQuery::new(Reach::Tenant(tenant))).await.unwrap().items[0];
    lists(&store, owner).await;
    gets(&store, owner).await;
    let begin = Instant::now();
    store.close().await.unwrap();
    println!("close: {:?}", begin.elapsed());
}

async fn populate(store: &SledStore, clock: &SampleClock) -> User {
    let tenant = sample::tenant(clock, "acme");
    let owner = sample::user(clock, &tenant, "ada");
    let event = |kind| sample::event(clock, tenant.id, kind, None);
    store.create_tenant(&tenant, event(EventType::TenantCreated)).await.unwrap();
    store.create_user(&owner, None, event(EventType::UserCreated)).await.unwrap();
    owner
}

fn server(clock: &SampleClock, owner: &User, number: usize) -> Server {
    let mix = number.wrapping_mul(2_654_435_761) >> 7;
    let (first, second) = (WORDS[mix % 12], WORDS[mix / 12 % 12]);
    let mut server = sample::server(clock, owner, &format!("{first} {second} {number}"));
    let description =
        format!("Offers {first} and {second} to the teams of region {}, with {} tools.", mix % 97, mix % 31);
    server.description = Some(Description::parse(&description).unwrap());
    server.tags = Tags::parse(&[first, second, "prod"]).unwrap();
    server.status = ServerStatus::ALL[if mix % 10 < 7 { 0 } else { mix % 4 }];
    server.metadata =
        sample::metadata(r#"{"region": "eu-west-1", "team": "platform", "tier": 2, "links": ["a", "b"]}"#);
    server
}

async fn register(
    store: &Arc<SledStore>,
    clock: &Arc<SampleClock>,
    owner: &User,
    numbers: std::ops::Range<usize>,
    writers: usize,
) -> f64 {
    let next = Arc::new(AtomicUsize::new(numbers.start));
    let begin = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..writers {
        let (store, clock, next, owner) = (store.clone(), clock.clone(), next.clone(), owner.clone());
        tasks.push(tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= numbers.end {
                    return;
                }
                let server = server(&clock, &owner, number);
                let mut key = sample::key(&*clock, &owner, "default");
                key.server_id = Some(server.id);
                let event =
                    sample::event(&*clock, owner.tenant_id, EventType::ServerRegistered, Some(server.id.0));
                store.create_server(&server, Some(&key), event).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    numbers.len() as f64 / begin.elapsed().as_secs_f64()
}

async fn reopen(folder: &Path, owner: &User) -> Arc<SledStore> {
    let begin = Instant::now();
    let store = Arc::new(SledStore::open(folder).unwrap());
    println!("open: {:?}", begin.elapsed());
    let begin = Instant::now();
    store.has_users().await.unwrap();
    println!("  first read: {:?}", begin.elapsed());
    for sort in ServerSort::ALL {
        let begin = Instant::now();
        let query = ServerQuery { sort: *sort, ..ServerQuery::new(Reach::Tenant(owner.tenant_id)) };
        store.servers(&query).await.unwrap();
        println!("  first list by {sort}: {:?}", begin.elapsed());
    }
    store
}

async fn lists(store: &SledStore, owner: &User) {
    let all = ServerQuery::new(Reach::Tenant(owner.tenant_id));
    let tag = |text| Tag::parse(text).unwrap();
    let mut cases: Vec<(String, ServerQuery)> = Vec::new();
    for sort in ServerSort::ALL {
        cases.push((format!("by {sort}"), ServerQuery { sort: *sort, ..all.clone() }));
    }
    let active = ServerQuery { status: Some(ServerStatus::Active), sort: ServerSort::Name, ..all.clone() };
    cases.push(("active, by name".to_owned(), active));
    cases.push((
        "tag prod, by name".to_owned(),
        ServerQuery { tags: vec![tag("prod")], sort: ServerSort::Name, ..all.clone() },
    ));
    cases.push((
        "tags mail + maps".to_owned(),
        ServerQuery { tags: vec![tag("mail"), tag("maps")], ..all.clone() },
    ));
    cases.push((
        "search \"e\", by name".to_owned(),
        ServerQuery { search: Some("e".to_owned()), sort: ServerSort::Name, ..all.clone() },
    ));
    cases.push((
        "search \"region 42\"".to_owned(),
        ServerQuery { search: Some("region 42".to_owned()), ..all.clone() },
    ));
    let everything = ServerQuery {
        status: Some(ServerStatus::Active),
        search: Some("teams".to_owned()),
        tags: vec![tag("prod")],
        sort: ServerSort::UpdatedAt,
        ..all.clone()
    };
    cases.push(("active, tag, search".to_owned(), everything));
    cases.push((
        "administrator's, by name".to_owned(),
        ServerQuery { sort: ServerSort::Name, ..ServerQuery::new(Reach::AllTenants) },
    ));
    for (name, query) in cases {
        for (page, order) in [(1, SortOrder::Asc), (1_000, SortOrder::Desc)] {
            let query = ServerQuery { page: PageRequest::new(page, 20).unwrap(), order, ..query.clone() };
            let total = store.servers(&query).await.unwrap().total;
            let times = times(300, async || drop(store.servers(&query).await.unwrap())).await;
            println!("list {name:<26} page {page:>4}: {times}  ({total} in all)");
        }
    }
}

async fn gets(store: &SledStore, owner: &User) {
    let reach = Reach::Tenant(owner.tenant_id);
    let page = store.servers(&ServerQuery::new(reach)).await.unwrap();
    let id = page.items[0].id;
    println!("server by id: {}", times(20_000, async || drop(store.server(reach, id).await.unwrap())).await);
    let keys = registry_core::model::key::KeyQuery {
        server_id: Some(id),
        ..registry_core::model::key::KeyQuery::new(reach)
    };
    let digest = store.keys(&keys).await.unwrap().items[0].digest;
    println!(
        "key by digest: {}",
        times(20_000, async || drop(store.key_by_digest(&digest).await.unwrap())).await
    );
}

async fn writes_beside_lists(store: &Arc<SledStore>, clock: &Arc<SampleClock>, owner: &User, from: usize) {
    let (writer, clock, user) = (store.clone(), clock.clone(), owner.clone());
    let writes = tokio::spawn(async move { register(&writer, &clock, &user, from..from + 5_000, 32).await });
    let query = ServerQuery {
        sort: ServerSort::Name,
        page: PageRequest::new(1_000, 20).unwrap(),
        ..ServerQuery::new(Reach::Tenant(owner.tenant_id))
    };
    let times = times(1_000, async || drop(store.servers(&query).await.unwrap())).await;
    println!(
        "list by name page 1000 beside 32 writers: {times}; the writers: {:.0}/s",
        writes.await.unwrap()
    );
}

async fn times(count: usize, mut work: impl AsyncFnMut()) -> String {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let begin = Instant::now();
        work().await;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    let show = |time: Duration| format!("{:>8.1} us", time.as_secs_f64() * 1e6);
    format!("p50 {} p99 {}", show(times[count / 2]), show(times[count * 99 / 100]))
}

fn size(path: &Path) -> u64 {
    let data = std::fs::symlink_metadata(path).unwrap();
    let entries = std::fs::read_dir(path).into_iter().flatten();
    data.len() + entries.map(|entry| size(&entry.unwrap().path())).sum::<u64>()
}

fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * 4_096
}
