//! Live events: how long it is from a change of a server's health to the byte on an open WebSocket, at subscribers of the
//! node that was asked for the change, and of another one.

mod changes;
mod fleet;
mod listeners;
mod tally;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use registry_core::store::Store;
use serde_json::{Map, Value};
use storage_sled::SledStore;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use crate::core::postgres::Database;
use crate::machine;
use crate::role::Role;
use crate::service::{Service, store_of};
use crate::settings::Settings;
use crate::stats::round;
use crate::stores;
use changes::Changes;
use fleet::Fleet;
use tally::Tally;

/// How many files of a process are not subscriptions.
const OTHER_FILES: usize = 200;
/// How long the last event may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often it is looked whether it has come.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) fn measure(settings: &Settings) -> Result<Map<String, Value>> {
    let runtime = Runtime::new()?;
    let (_upstream, upstream) = Role::Fleet.start()?;
    let port = upstream.port();
    let mut stores = stores::each(
        settings,
        || sled(settings, &runtime, port),
        |server| postgres(settings, &runtime, server, port),
    )?;
    let mut figures = worst(&stores);
    figures.insert("subscribers".to_owned(), settings.subscribers().into());
    figures.append(&mut stores);
    Ok(figures)
}

/// The figures that are one number for all stores: the greater.
fn worst(stores: &Map<String, Value>) -> Map<String, Value> {
    let mut worst = Map::new();
    for place in ["same_node", "other_node"] {
        for name in ["p50_ms", "p99_ms", "max_ms", "lost", "doubled"] {
            if let Some(value) = stores::greatest(stores, |store| &store[place][name]) {
                worst.insert(format!("{place}_{name}"), value.into());
            }
        }
    }
    worst
}

fn sled(settings: &Settings, runtime: &Runtime, port: u16) -> Result<Value> {
    let folder = tempfile::tempdir_in(&settings.folder)?;
    let store: Arc<dyn Store> = Arc::new(SledStore::open(store_of(folder.path()))?);
    let fleet = runtime.block_on(fleet::fill(store, settings.subscribers(), port))?;
    let nodes = [start(settings, folder.path(), None)?];
    run(settings, &fleet, &nodes)
}

fn postgres(settings: &Settings, runtime: &Runtime, server: &str, port: u16) -> Result<Value> {
    let folders: [TempDir; 2] =
        [tempfile::tempdir_in(&settings.folder)?, tempfile::tempdir_in(&settings.folder)?];
    let database = runtime.block_on(Database::create(server))?;
    let store: Arc<dyn Store> = Arc::new(runtime.block_on(database.store())?);
    let fleet = runtime.block_on(fleet::fill(store, settings.subscribers(), port))?;
    let start = |folder: &TempDir| start(settings, folder.path(), Some(database.url()));
    let nodes = [start(&folders[0])?, start(&folders[1])?];
    let figures = run(settings, &fleet, &nodes)?;
    drop(nodes);
    runtime.block_on(database.drop_it())?;
    Ok(figures)
}

/// A node on which nobody changes a server's health but who is asked to.
fn start(settings: &Settings, data: &Path, store: Option<&str>) -> Result<Service> {
    let store = store.map(|url| ["--store".to_owned(), url.to_owned()]);
    let arguments: Vec<_> = store.into_iter().flatten().chain(["--no-monitor".to_owned()]).collect();
    Service::start_with(settings.binary()?, data, &settings.log, &arguments)
}

/// Subscribes at each node, has changes made at the first one, and tells how long they took to arrive.
fn run(settings: &Settings, fleet: &Fleet, nodes: &[Service]) -> Result<Value> {
    let open = settings.subscribers() * nodes.len();
    ensure!(open + OTHER_FILES <= machine::open_files()?, "a process may not have so many files open");
    // One thread for everything: the rest of the machine is for what is measured.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(LocalSet::new().run_until(observe(settings, fleet, nodes)))
}

async fn observe(settings: &Settings, fleet: &Fleet, nodes: &[Service]) -> Result<Value> {
    let mut changes = Changes::begin(fleet, nodes[0].address).await?;
    changes.settle().await?;
    let mut tallies = Vec::new();
    for node in nodes {
        let tally = Tally::new(changes.sent());
        listeners::open(node.address, &fleet.readers, settings.subscribers(), &tally).await?;
        tallies.push(tally);
    }
    eprintln!("  {} subscribers on each of {} nodes", settings.subscribers(), nodes.len());
    let cpu = || nodes.iter().map(|node| node.process.cpu()).collect::<Result<Vec<_>>>();
    let before = cpu()?;
    let asked = changes.make(settings.changing()).await?;
    let expected = changes.made() * settings.subscribers();
    let end = tokio::time::Instant::now() + PATIENCE;
    while tallies.iter().any(|tally| tally.arrived() < expected) && tokio::time::Instant::now() < end {
        tokio::time::sleep(LOOK).await;
    }
    let used = cpu()?.into_iter().zip(before).map(|(after, before)| after - before);
    let cores = used.map(|cpu| round(cpu.as_secs_f64() / settings.changing().as_secs_f64(), 3));
    let mut figures = asked;
    figures.insert("cpu_cores_of_each_node".to_owned(), cores.collect());
    figures.insert("rss_kib".to_owned(), nodes[0].process.resident_kib()?.into());
    for (place, tally) in ["same_node", "other_node"].into_iter().zip(&tallies) {
        figures.insert(place.to_owned(), tally.figures(expected));
    }
    let figures = Value::Object(figures);
    eprintln!("{figures}");
    Ok(figures)
}
