//! The gateway: the release binary on a folder that was prepared for it.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use registry_core::clock::SystemClock;
use registry_core::conformance::sample;
use registry_core::model::audit::EventType;
use registry_core::model::endpoint::{Endpoint, Transport};
use registry_core::model::key::KeySecret;
use registry_core::model::server::Server;
use storage_sled::SledStore;

use crate::process::Process;
use crate::world::World;

/// What the binary logs unless it is told otherwise.
pub(crate) const DEFAULT_LOG: &str = "info,rmcp=off";
/// How long it may take to start.
const START: Duration = Duration::from_secs(60);
/// How often the start is looked for.
const LOOK: Duration = Duration::from_micros(200);
/// The line that says where it listens.
const LISTENING: &str = "listening on http://";

/// A running gateway.
pub(crate) struct Gateway {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Gateway {
    /// Starts it on the data folder. Its log goes to a file there, as a container's log does.
    pub(crate) fn start(binary: &Path, data: &Path, log: &str) -> Result<Self> {
        let log_path = data.join("stderr.log");
        let mut command = Command::new(binary);
        command.args(["--listen", "127.0.0.1:0", "--log", log, "--data-dir"]).arg(data);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log_path)?);
        let mut process = Process::start(&mut command)?;
        let begun = Instant::now();
        while begun.elapsed() < START {
            if let Some(address) = listening(&std::fs::read_to_string(&log_path)?)? {
                return Ok(Self { process, address });
            }
            if let Some(status) = process.child().try_wait()? {
                bail!("the gateway ended with {status}: {}", std::fs::read_to_string(&log_path)?);
            }
            std::thread::sleep(LOOK);
        }
        bail!("the gateway does not say where it listens");
    }
}

fn listening(log: &str) -> Result<Option<SocketAddr>> {
    let rest = log.split_once(LISTENING).map(|(_, rest)| rest);
    let address = rest.and_then(|rest| rest.split_once(' ')).map(|(address, _)| address);
    address.map(|address| address.parse().context("an address")).transpose()
}

/// The embedded store of a data folder.
pub(crate) fn store_of(data: &Path) -> PathBuf {
    data.join("store")
}

/// Registers `paths` of the upstream, as active servers named like them, and makes a key that calls them all.
pub(crate) async fn prepare(data: &Path, upstream: SocketAddr, paths: &[&str]) -> Result<KeySecret> {
    let world = World::on(Arc::new(SledStore::open(store_of(data))?)).await?;
    for path in paths {
        let endpoint = Endpoint::parse(Transport::Http, &format!("http://{upstream}{path}"))?;
        let name = path.trim_start_matches('/');
        let server = Server { endpoint, ..sample::server(&SystemClock, &world.owner, name) };
        let (tenant, id) = (world.owner.tenant_id, Some(server.id.0));
        let event = sample::event(&SystemClock, tenant, EventType::ServerRegistered, id);
        world.store.create_server(&server, None, event).await?;
    }
    let key = world.key(None).await?;
    world.registry.close().await?;
    Ok(key)
}
