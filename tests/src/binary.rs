//! The real binary `mcp-registry` as a child process.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::build;
use crate::client::Client;

/// How long the binary may take to start, or to stop.
const PATIENCE: Duration = Duration::from_secs(40);
const STEP: Duration = Duration::from_millis(5);

/// The files that the process writes to. What it wrote is there at once, unlike in a pipe that somebody has to read.
struct Output(TempDir);

impl Output {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn create(&self, name: &str) -> File {
        File::create(self.0.path().join(name)).expect("a file")
    }

    fn read(&self, name: &str) -> String {
        let bytes = std::fs::read(self.0.path().join(name)).expect("what it wrote");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn finished(&self, status: ExitStatus) -> Finished {
        Finished { status, stdout: self.read(STDOUT), stderr: self.read(STDERR) }
    }
}

const STDOUT: &str = "stdout";
const STDERR: &str = "stderr";

/// The first administrator's key of every store that a test's binary makes, unless the test sets another, or an empty
/// `MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY` for none.
pub const ADMIN_KEY: &str = "mcp_TestAdministratorsKeyTestAdministratorsKeyTestAdministrators";

/// Tests call more often than people do; a test of limits sets them again.
const NO_RATE_LIMITS: [(&str, &str); 7] = [
    ("MCP_REGISTRY_RATE_LIMIT_ADMIN", "off"),
    ("MCP_REGISTRY_RATE_LIMIT_SERVER_OWNER", "off"),
    ("MCP_REGISTRY_RATE_LIMIT_USER", "off"),
    ("MCP_REGISTRY_RATE_LIMIT_TENANT", "off"),
    ("MCP_REGISTRY_RATE_LIMIT_ANONYMOUS", "off"),
    ("MCP_REGISTRY_RATE_LIMIT_PUBLIC", "off"),
    ("MCP_REGISTRY_NO_OWN_RATE_LIMITS", "true"),
];

/// What a command left.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// The running service. It is killed when it is dropped.
pub struct Binary {
    child: Child,
    output: Output,
    address: SocketAddr,
}

impl Binary {
    /// Starts `mcp-registry serve` with the data folder `data`, on a free port; waits until it listens. Other
    /// settings by arguments and environment (which is otherwise empty).
    ///
    /// # Panics
    /// If it does not start; what it wrote is in the message.
    pub fn start(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        match Self::try_start(data, arguments, environment) {
            Ok(binary) => binary,
            Err(Finished { status, stdout, stderr }) => panic!("{status}\n{stdout}\n{stderr}"),
        }
    }

    /// The same; what it left if it ended instead of listening.
    ///
    /// # Errors
    /// If it ended.
    pub fn try_start(
        data: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self, Finished> {
        let output = Output::new();
        let mut command = command(data, arguments, environment);
        command.stdout(output.create(STDOUT)).stderr(output.create(STDERR));
        let mut child = command.spawn().expect("the binary starts");
        let start = Instant::now();
        loop {
            if let Some(address) = address(&output.read(STDERR)) {
                return Ok(Self { child, output, address });
            }
            if let Some(status) = child.try_wait().expect("its state") {
                return Err(output.finished(status));
            }
            if start.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                panic!("does not listen within {PATIENCE:?}: {}", output.read(STDERR));
            }
            std::thread::sleep(STEP);
        }
    }

    /// Runs a command of `mcp-registry` to its end.
    pub fn run(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
        let output = command(data, arguments, environment).output().expect("the binary runs");
        Finished {
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client without a key.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A client with the first administrator's key: [`ADMIN_KEY`].
    pub fn admin(&self) -> Client {
        self.client().with_key(ADMIN_KEY)
    }

    /// The set-up link that it printed. It prints before it listens, so there is nothing to wait for.
    pub fn setup_link(&self) -> Option<String> {
        let stdout = self.stdout();
        stdout.lines().find(|line| line.contains("/setup#token=")).map(str::to_owned)
    }

    /// What it wrote to standard output so far.
    pub fn stdout(&self) -> String {
        self.output.read(STDOUT)
    }

    /// What it wrote to standard error so far: its log.
    pub fn stderr(&self) -> String {
        self.output.read(STDERR)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Panics
    /// If it does not end.
    pub fn terminate(mut self) -> Finished {
        let status = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status();
        assert!(status.expect("kill runs").success(), "the process was there no more");
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "SIGTERM did not end it: {}", self.stderr());
            std::thread::sleep(STEP);
        };
        self.output.finished(status)
    }

    /// Sends SIGKILL and waits for the end.
    pub fn kill9(mut self) -> Finished {
        self.child.kill().expect("it can be killed");
        let status = self.child.wait().expect("it ends");
        self.output.finished(status)
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(build::binary());
    command
        .args(arguments)
        .env_clear()
        .env("MCP_REGISTRY_LISTEN", "127.0.0.1:0")
        .env("MCP_REGISTRY_DATA_DIR", data)
        .env("MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY", ADMIN_KEY)
        .envs(NO_RATE_LIMITS)
        .envs(environment.iter().copied())
        .stdin(Stdio::null());
    command
}

/// From the line `mcp-registry: listening on http://127.0.0.1:1234 (...)`.
fn address(stderr: &str) -> Option<SocketAddr> {
    let (_, rest) = stderr.split_once("listening on http://")?;
    let (address, _) = rest.split_once(' ')?;
    address.parse().ok()
}
