//! From the start of the process to its first answers, with a large store.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};
use storage_sled::SledStore;
use tokio::runtime::Runtime;

use super::servers;
use crate::exchange::Connection;
use crate::service::{DEFAULT_LOG, Service, store_of};
use crate::settings::Settings;
use crate::stats::{median, round};
use crate::world::{UNREACHED, World};

/// How often it is started.
const STARTS: usize = 5;
/// How long it rests before its idle memory is read.
const REST: Duration = Duration::from_secs(2);

/// One start.
struct Start {
    health_ms: f64,
    list_ms: f64,
    fresh_kib: u64,
    listed_kib: u64,
}

pub(crate) fn measure(settings: &Settings, runtime: &Runtime) -> Result<Value> {
    let folder = tempfile::tempdir_in(&settings.folder)?;
    let key = runtime.block_on(fill(folder.path(), settings.servers()))?;
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        starts.push(start(settings.binary()?, folder.path(), &key, runtime)?);
    }
    let of = |value: fn(&Start) -> f64| round(median(&mut starts.iter().map(value).collect::<Vec<_>>()), 1);
    Ok(json!({
        "servers": settings.servers(),
        "health_ms": of(|start| start.health_ms),
        "first_list_ms": of(|start| start.list_ms),
        "resident_kib_before_any_list": of(|start| start.fresh_kib as f64),
        "resident_kib_after_a_list": of(|start| start.listed_kib as f64),
        "store_bytes_on_disk": bytes_of(folder.path())?,
    }))
}

async fn fill(data: &Path, count: usize) -> Result<String> {
    let world = Arc::new(World::on(Arc::new(SledStore::open(store_of(data))?)).await?);
    let took = servers::fill(&world, count).await?;
    eprintln!("  filled in {took:?}");
    let key = world.key(None, UNREACHED).await?;
    world.registry.close().await?;
    Ok(key.expose().to_owned())
}

/// Times count from before the process is made. The store's files are in the page cache, as after a restart.
fn start(binary: &Path, data: &Path, key: &str, runtime: &Runtime) -> Result<Start> {
    let begun = Instant::now();
    let ms = || begun.elapsed().as_secs_f64() * 1e3;
    let service = Service::start(binary, data, DEFAULT_LOG)?;
    let get = |path: &str| {
        format!("GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {key}\r\n\r\n", service.address)
    };
    let mut connection = runtime.block_on(Connection::open(service.address))?;
    runtime.block_on(connection.exchange(get("/api/health").as_bytes()))?;
    let health_ms = ms();
    std::thread::sleep(REST);
    let fresh_kib = service.process.resident_kib()?;
    let before = ms();
    runtime.block_on(connection.exchange(get("/api/servers?limit=20").as_bytes()))?;
    let list_ms = ms() - before;
    std::thread::sleep(REST);
    let listed_kib = service.process.resident_kib()?;
    eprintln!("  health after {health_ms:.1} ms, list in {list_ms:.1} ms, {fresh_kib} and {listed_kib} KiB");
    Ok(Start { health_ms, list_ms, fresh_kib, listed_kib })
}

fn bytes_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let (path, metadata) = entry.map(|entry| (entry.path(), entry.metadata()))?;
        let metadata = metadata?;
        // What is allocated: embedded stores' files may have holes.
        bytes += if metadata.is_dir() { bytes_of(&path)? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}
