//! The service: the release binary on a folder that was prepared for it.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use registry_core::clock::SystemClock;
use registry_core::secret::Keyring;
use secrecy::{ExposeSecret, SecretString};

use crate::process::Process;

/// What the binary logs unless it is told otherwise.
pub(crate) const DEFAULT_LOG: &str = "info,rmcp=off";
/// How long it may take to start.
const START: Duration = Duration::from_secs(60);
/// How often the start is looked for.
const LOOK: Duration = Duration::from_micros(200);
/// The limits of the caller and of its tenant: the service counts against them, and never refuses.
const HIGH_LIMITS: [&str; 4] = ["--rate-limit-server-owner", "100000000", "--rate-limit-tenant", "100000000"];
/// The line that says where it listens.
const LISTENING: &str = "listening on http://";

/// The keys that secrets are encrypted with. They are the same for all nodes, and for a database that is in use already.
static KEYS: LazyLock<SecretString> = LazyLock::new(|| Keyring::generate(&SystemClock));

/// The running service.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Service {
    /// Starts it on the data folder. Its log goes to a file there, as a container's log does.
    pub(crate) fn start(binary: &Path, data: &Path, log: &str) -> Result<Self> {
        Self::start_with(binary, data, log, &[])
    }

    /// The same with more arguments.
    pub(crate) fn start_with(binary: &Path, data: &Path, log: &str, arguments: &[String]) -> Result<Self> {
        let log_path = log_of(data);
        let mut command = Command::new(binary);
        command
            .args(["--listen", "127.0.0.1:0", "--log", log, "--data-dir"])
            .arg(data)
            .args(HIGH_LIMITS)
            .args(arguments)
            .env("MCP_REGISTRY_SECRET_KEYS", KEYS.expose_secret());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log_path)?);
        let mut process = Process::start(&mut command)?;
        let begun = Instant::now();
        while begun.elapsed() < START {
            if let Some(address) = listening(&std::fs::read_to_string(&log_path)?)? {
                return Ok(Self { process, address });
            }
            if let Some(status) = process.child().try_wait()? {
                bail!("the service ended with {status}: {}", std::fs::read_to_string(&log_path)?);
            }
            std::thread::sleep(LOOK);
        }
        bail!("the service does not say where it listens");
    }
}

fn listening(log: &str) -> Result<Option<SocketAddr>> {
    let rest = log.split_once(LISTENING).map(|(_, rest)| rest);
    let address = rest.and_then(|rest| rest.split_once(' ')).map(|(address, _)| address);
    address.map(|address| address.parse().context("an address")).transpose()
}

/// Where the service on a data folder logs.
pub(crate) fn log_of(data: &Path) -> PathBuf {
    data.join("stderr.log")
}

/// The embedded store of a data folder.
pub(crate) fn store_of(data: &Path) -> PathBuf {
    data.join("store")
}
