//! How long a page of 20 servers takes, in a tenant that has 100,000.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use registry_core::memory::MemoryStore;
use registry_core::model::page::PageRequest;
use registry_core::model::server::{ServerSort, ServerStatus};
use registry_core::model::text::Tag;
use registry_core::service::ListServers;
use registry_core::store::Store;
use serde_json::{Map, Value, json};
use storage_sled::SledStore;

use super::postgres::Database;
use super::servers;
use crate::settings::Settings;
use crate::stats::{p50_p99_ms, round};
use crate::world::World;

/// How often each page is read.
const REQUESTS: usize = 500;
/// How long the requests for one page may take together; a page that is slower than that has fewer of them.
const CASE: Duration = Duration::from_secs(30);
/// The servers of a page.
const LIMIT: u32 = 20;
/// The page that is far from the start.
const FAR_PAGE: u32 = 1_000;

pub(crate) async fn measure(settings: &Settings) -> Result<Value> {
    let mut stores = Map::new();
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let world = filled(settings, memory, "memory", &mut stores).await?;
    read(&world, "memory", &mut stores).await?;
    drop(world);

    let folder = tempfile::tempdir_in(&settings.folder)?;
    let sled: Arc<dyn Store> = Arc::new(SledStore::open(folder.path())?);
    let world = filled(settings, sled, "sled", &mut stores).await?;
    read(&world, "sled", &mut stores).await?;
    world.registry.close().await?;
    drop((world, folder));

    if let Some(server) = &settings.postgres {
        let database = Database::create(server).await?;
        let postgres: Arc<dyn Store> = Arc::new(database.store().await?);
        let world = filled(settings, postgres, "postgres", &mut stores).await?;
        database.tidy().await?;
        read(&world, "postgres", &mut stores).await?;
        world.registry.close().await?;
        database.drop_it().await?;
    }
    Ok(stores.into())
}

async fn filled(
    settings: &Settings,
    store: Arc<dyn Store>,
    name: &str,
    stores: &mut Map<String, Value>,
) -> Result<Arc<World>> {
    let world = Arc::new(World::on(store).await?);
    let took = servers::fill(&world, settings.servers()).await?.as_secs_f64();
    let rate = settings.servers() as f64 / took;
    eprintln!("{name}: filled in {took:.1} s");
    let figures = json!({ "servers": settings.servers(), "fill_seconds": round(took, 2),
        "fill_per_second": round(rate, 0) });
    stores.insert(name.to_owned(), figures);
    Ok(world)
}

/// The lists that are read, by what they filter.
fn filters() -> Result<Vec<(&'static str, ListServers)>> {
    let tag = |text| Ok::<_, anyhow::Error>(vec![Tag::parse(text).map_err(|e| anyhow!("{e:?}"))?]);
    let all = ListServers::default();
    let search = |text: &str| ListServers { search: Some(text.to_owned()), ..all.clone() };
    let status = Some(ServerStatus::Active);
    Ok(vec![
        ("none", all.clone()),
        ("status, 7 in 10", ListServers { status, ..all.clone() }),
        ("search, 1 in 4", search("weather")),
        ("search, 1 in 90", search("town 77")),
        ("tag, 1 in 4", ListServers { tags: tag("some2")?, ..all.clone() }),
        ("tag, 1 in 1000", ListServers { tags: tag("rare7")?, ..all.clone() }),
        ("status, search and tag", ListServers { status, tags: tag("some2")?, ..search("weather") }),
    ])
}

async fn read(world: &World, name: &str, stores: &mut Map<String, Value>) -> Result<()> {
    let begun = Instant::now();
    world.registry.servers.list(&world.caller, ListServers::default()).await?;
    let first = begun.elapsed().as_secs_f64() * 1e3;
    let (mut cases, mut worst) = (Vec::new(), 0.0_f64);
    for (filter, list) in filters()? {
        for sort in [ServerSort::Name, ServerSort::CreatedAt] {
            for far in [false, true] {
                let case = time(world, &ListServers { sort, ..list.clone() }, far).await?;
                worst = worst.max(case.p99_ms);
                cases.push(case.shown(filter, sort));
            }
        }
    }
    if let Some(Value::Object(figures)) = stores.get_mut(name) {
        figures.insert("first_list_ms".to_owned(), round(first, 1).into());
        figures.insert("worst_p99_ms".to_owned(), worst.into());
        figures.insert("cases".to_owned(), cases.into());
    }
    Ok(())
}

struct Case {
    page: u32,
    total: u64,
    requests: usize,
    p50_ms: f64,
    p99_ms: f64,
}

impl Case {
    fn shown(&self, filter: &str, sort: ServerSort) -> Value {
        let Self { page, total, requests, p50_ms, p99_ms } = self;
        eprintln!("  {filter}, by {sort}, page {page} of {total} servers: p50 {p50_ms} ms, p99 {p99_ms} ms");
        json!({ "filter": filter, "sort": sort, "page": page, "total": total,
            "requests": requests, "p50_ms": p50_ms, "p99_ms": p99_ms })
    }
}

/// Times page 1, or page 1,000 (where the list is shorter: its last page).
async fn time(world: &World, list: &ListServers, far: bool) -> Result<Case> {
    let total = world.registry.servers.list(&world.caller, list.clone()).await?.total;
    let last = u32::try_from(total.div_ceil(u64::from(LIMIT)))?.max(1);
    let page = if far { FAR_PAGE.min(last) } else { 1 };
    let request = PageRequest::new(page, LIMIT).map_err(|error| anyhow!("{error:?}"))?;
    let mut times: Vec<Duration> = Vec::with_capacity(REQUESTS);
    let case = Instant::now();
    while times.len() < REQUESTS && case.elapsed() < CASE {
        let list = ListServers { page: request, ..list.clone() };
        let begun = Instant::now();
        let found = world.registry.servers.list(&world.caller, list).await?;
        times.push(begun.elapsed());
        anyhow::ensure!(!found.items.is_empty(), "the page is not empty");
    }
    let (p50_ms, p99_ms) = p50_p99_ms(&times);
    Ok(Case { page, total, requests: times.len(), p50_ms, p99_ms })
}
