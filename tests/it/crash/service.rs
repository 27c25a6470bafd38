//! The service as a child process that can be killed at any moment, and calls of its API.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use black_box_tests::{Binary, NO_RATE_LIMITS, within};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::process::{Child, Command};

/// How long anything may take that should take a moment.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
pub(crate) const TICK: Duration = Duration::from_millis(5);
/// The administrator's key, which the first start takes from the environment.
pub(crate) const ADMIN: &str = "mcp_CrashTestsCrashTestsCrashTestsCrashTestsCrashTestsCrashTests";
/// Names another binary to test, as for an older version, or one that was broken on purpose.
const OTHER_BINARY: &str = "MCP_REGISTRY_TEST_BINARY";
/// An encryption key, so that no file has to survive.
const SECRET_KEYS: &str = "crash:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// How to start the binary.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    data: PathBuf,
    store: Option<String>,
    environment: Vec<(String, String)>,
    /// The most 1,024-byte blocks that a file may have.
    file_blocks: Option<u64>,
}

impl Launch {
    /// On the embedded store in this folder.
    pub(crate) fn sled(data: &Path) -> Self {
        Self { data: data.to_owned(), store: None, environment: Vec::new(), file_blocks: None }
    }

    /// On PostgreSQL. The folder is for the log of the service.
    pub(crate) fn postgres(url: String, data: &Path) -> Self {
        Self { store: Some(url), ..Self::sled(data) }
    }

    /// With another variable in the environment of the service (not of other commands).
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// With no file longer than this many KiB: writing more fails, as on a full disk.
    pub(crate) fn with_files_up_to_kib(mut self, blocks: u64) -> Self {
        self.file_blocks = Some(blocks);
        self
    }

    /// Starts the service, and does not wait for it.
    pub(crate) fn spawn(&self) -> Child {
        let file = File::create(self.log()).expect("the log can be made");
        let mut command = self.command(&["serve"]);
        command.envs(self.environment.iter().cloned());
        command.stdout(Stdio::null()).stderr(file).kill_on_drop(true);
        command.spawn().expect("the binary starts")
    }

    /// Starts the service and waits until it listens.
    pub(crate) async fn serve(&self) -> Service {
        let (mut child, log) = (self.spawn(), self.log());
        let base = address(&mut child, &log).await;
        Service { child, api: Api { base, pool: Pool::builder(TokioExecutor::new()).build_http() }, log }
    }

    /// Runs another command of the binary to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let run = self.command(arguments).kill_on_drop(true).output();
        tokio::time::timeout(PATIENCE, run).await.expect("the command ends").expect("the binary starts")
    }

    fn log(&self) -> PathBuf {
        self.data.with_extension("log")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = match self.file_blocks {
            // The limit's signal would kill; ignored, the write fails instead.
            Some(blocks) => {
                let mut shell = Command::new("bash");
                shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
                shell.arg(binary());
                shell
            }
            None => Command::new(binary()),
        };
        command.args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MCP_REGISTRY_")) {
            command.env_remove(name);
        }
        command.env("MCP_REGISTRY_LISTEN", "127.0.0.1:0").env("MCP_REGISTRY_LOG", "warn");
        command.env("MCP_REGISTRY_DATA_DIR", &self.data).env("MCP_REGISTRY_SECRET_KEYS", SECRET_KEYS);
        command.env("MCP_REGISTRY_BOOTSTRAP_ADMIN_KEY", ADMIN).envs(NO_RATE_LIMITS);
        if let Some(store) = &self.store {
            command.env("MCP_REGISTRY_STORE", store);
        }
        command
    }
}

/// The binary under test.
fn binary() -> &'static Path {
    static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
        if let Some(other) = std::env::var_os(OTHER_BINARY) {
            return other.into();
        }
        // The harness builds it if it has to, and then it is beside this program's folder.
        let version = Binary::run(Path::new("."), &["--version"], &[]);
        assert!(version.status.success(), "the binary runs: {version:?}");
        let test = std::env::current_exe().expect("the path of the test");
        test.ancestors().nth(2).expect("the folder of the profile").join("mcp-registry")
    });
    &BINARY
}

/// Where the service listens, as it says in its log.
async fn address(child: &mut Child, log: &Path) -> String {
    let begin = Instant::now();
    loop {
        let text = fs::read_to_string(log).unwrap_or_default();
        if let Some((_, rest)) = text.split_once("listening on ")
            && let Some((address, _)) = rest.split_once(' ')
        {
            return address.to_owned();
        }
        let ended = child.try_wait().expect("the child can be asked");
        assert!(ended.is_none(), "the service did not start ({ended:?}): {text}");
        assert!(begin.elapsed() < PATIENCE, "the service does not listen: {text}");
        tokio::time::sleep(TICK).await;
    }
}

/// A running service.
pub(crate) struct Service {
    child: Child,
    pub(crate) api: Api,
    log: PathBuf,
}

impl Service {
    /// Ends it without warning.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("the service is killed");
    }

    /// Asks it to end, and waits until it did.
    pub(crate) async fn stop(mut self) -> ExitStatus {
        let id = self.child.id().expect("the service runs").to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status().await;
        assert!(told.expect("kill starts").success(), "the service is told to stop");
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("the service stops in time").expect("the service is waited for")
    }

    /// Waits until the service says that it is ready.
    pub(crate) async fn wait_until_ready(&self) {
        let begin = Instant::now();
        while self.api.get("/api/ready").await.status != 200 {
            assert!(begin.elapsed() < PATIENCE, "the service does not become ready: {}", self.log());
            tokio::time::sleep(TICK).await;
        }
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// The API of a running service. Unlike the harness's client it can do without an answer.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    base: String,
    pool: Pool<HttpConnector, Full<Bytes>>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// No answer came.
#[derive(Debug)]
pub(crate) struct NoAnswer;

impl Api {
    /// Calls an operation with a key.
    pub(crate) async fn call(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, NoAnswer> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        request = request.header("authorization", format!("Bearer {key}"));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = Full::from(body.map(Value::to_string).unwrap_or_default());
        let asked = self.pool.request(request.body(body).expect("a request"));
        let answer = within(path, PATIENCE, asked).await.map_err(|_| NoAnswer)?;
        let status = answer.status().as_u16();
        let text =
            within(path, PATIENCE, answer.into_body().collect()).await.map_err(|_| NoAnswer)?.to_bytes();
        Ok(Answer { status, body: serde_json::from_slice(&text).unwrap_or(Value::Null) })
    }

    /// Reads as the administrator.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(ADMIN, "GET", path, None).await.unwrap_or_else(|_| panic!("GET {path}: no answer"))
    }

    /// All items of a list, page by page.
    pub(crate) async fn all(&self, path: &str, items: &str) -> Vec<Value> {
        let mut found = Vec::new();
        for page in 1.. {
            let answer = self.get(&format!("{path}?limit=100&page={page}")).await;
            assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
            found.extend(answer.body[items].as_array().cloned().unwrap_or_default());
            if answer.body["pagination"]["totalPages"].as_u64().is_none_or(|pages| page >= pages) {
                let total = answer.body["pagination"]["total"].as_u64();
                assert_eq!(total, Some(found.len() as u64), "the total of {path} is that of its items");
                break;
            }
        }
        found
    }
}
