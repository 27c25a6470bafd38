//! Servers that are watched: how late their checks are, what that costs, and what it does to lists and calls.

mod clients;
mod fleet;
mod history;
mod scrape;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use registry_core::store::Store;
use serde_json::{Map, Value, json};
use storage_sled::SledStore;
use tokio::runtime::Runtime;

use crate::core::postgres::Database;
use crate::process::Process;
use crate::role::Role;
use crate::service::{Service, store_of};
use crate::settings::Settings;
use crate::stats::round;
use crate::stores;
use clients::Clients;
use scrape::Scrape;

/// The interval of every server, and by how much the first check may come later.
const INTERVAL: Duration = Duration::from_secs(60);
const WARM_UP: Duration = Duration::from_secs(95);
/// How often the service's memory is looked at.
const LOOK: Duration = Duration::from_secs(1);

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
    figures.insert("servers".to_owned(), settings.watched().into());
    figures.insert("interval_s".to_owned(), INTERVAL.as_secs().into());
    figures.append(&mut stores);
    Ok(figures)
}

/// The figures that are one number for all stores: the greater.
fn worst(stores: &Map<String, Value>) -> Map<String, Value> {
    let worst = |name: &str| Some((name.to_owned(), stores::greatest(stores, |store| &store[name])?.into()));
    ["late_p99_s", "cpu_cores", "rss_mib"].into_iter().filter_map(worst).collect()
}

fn sled(settings: &Settings, runtime: &Runtime, port: u16) -> Result<Value> {
    let folder = tempfile::tempdir_in(&settings.folder)?;
    let open = || -> Result<Arc<dyn Store>> { Ok(Arc::new(SledStore::open(store_of(folder.path()))?)) };
    let run = Run { settings, runtime, data: folder.path(), store: Vec::new() };
    run.measure(port, open)
}

fn postgres(settings: &Settings, runtime: &Runtime, server: &str, port: u16) -> Result<Value> {
    let folder = tempfile::tempdir_in(&settings.folder)?;
    let database = runtime.block_on(Database::create(server))?;
    let open = || -> Result<Arc<dyn Store>> { Ok(Arc::new(runtime.block_on(database.store())?)) };
    let store = vec!["--store".to_owned(), database.url().to_owned()];
    let run = Run { settings, runtime, data: folder.path(), store };
    let figures = run.measure(port, open)?;
    runtime.block_on(database.drop_it())?;
    Ok(figures)
}

/// A run on one store.
struct Run<'a> {
    settings: &'a Settings,
    runtime: &'a Runtime,
    data: &'a std::path::Path,
    /// The arguments that name the store.
    store: Vec<String>,
}

impl Run<'_> {
    fn measure(&self, port: u16, open: impl Fn() -> Result<Arc<dyn Store>>) -> Result<Value> {
        let fleet = self.runtime.block_on(fleet::fill(open()?, self.settings.watched(), port))?;
        let quiet = self.quiet(&fleet)?;
        let mut figures = self.watching(&fleet)?;
        let gaps = self.runtime.block_on(history::gaps(open()?, &fleet.servers))?;
        figures["checks"] = gaps;
        figures["clients_unwatched"] = quiet;
        Ok(figures)
    }

    fn start(&self, arguments: &[&str]) -> Result<Service> {
        let own = arguments.iter().map(|argument| (*argument).to_owned());
        let arguments: Vec<_> = self.store.iter().cloned().chain(own).collect();
        Service::start_with(self.settings.binary()?, self.data, &self.settings.log, &arguments)
    }

    /// What clients see while nothing is watched.
    fn quiet(&self, fleet: &fleet::Fleet) -> Result<Value> {
        let service = self.start(&["--no-monitor"])?;
        Clients::new(service.address, fleet).measure(self.settings.clients())
    }

    fn watching(&self, fleet: &fleet::Fleet) -> Result<Value> {
        let service = self.start(&["--metrics-listen", "127.0.0.1:0"])?;
        let metrics = scrape::address(self.data)?;
        eprintln!("warm-up of {} s", WARM_UP.as_secs());
        std::thread::sleep(WARM_UP);
        let before = self.runtime.block_on(Scrape::of(metrics))?;
        let (begun, cpu) = (Instant::now(), service.process.cpu()?);
        let clients = Clients::new(service.address, fleet);
        let measured = std::thread::scope(|scope| -> Result<_> {
            let clients = scope.spawn(|| clients.measure(self.settings.clients()));
            let rss = watch_memory(&service.process, begun + self.settings.watching())?;
            let clients = clients.join().map_err(|_| anyhow::anyhow!("the clients panicked"))??;
            Ok((rss, clients))
        })?;
        let (rss_kib, clients) = measured;
        let (time, used) = (begun.elapsed().as_secs_f64(), service.process.cpu()? - cpu);
        let seen = self.runtime.block_on(Scrape::of(metrics))?.since(&before);
        let figures = json!({
            "late_p50_s": round(seen.late(0.5), 3), "late_p99_s": round(seen.late(0.99), 3),
            "cpu_cores": round(used.as_secs_f64() / time, 3), "rss_mib": round(rss_kib as f64 / 1024.0, 1),
            "checks_per_second": round(seen.checks() / time, 1), "failed": seen.failed(), "lapsed": seen.lapsed(),
            "cpu_us_per_check": round(used.as_secs_f64() * 1e6 / seen.checks().max(1.0), 0),
            "seconds": round(time, 0), "clients_watched": clients,
        });
        eprintln!("{figures}");
        Ok(figures)
    }
}

/// The most memory that the process has until then, in KiB.
fn watch_memory(process: &Process, end: Instant) -> Result<u64> {
    let mut most = 0;
    while Instant::now() < end {
        most = most.max(process.resident_kib()?);
        std::thread::sleep(LOOK);
    }
    Ok(most)
}
