//! The Redis that the environment names, and servers that a test starts and stops.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redis::Client;
use redis::aio::MultiplexedConnection;
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::net::UnixStream;

/// How long anything may take that a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The Redis for tests that stop none.
pub(crate) fn url() -> String {
    variable("MCP_REGISTRY_TEST_REDIS_URL")
}

fn variable(name: &str) -> String {
    let hint = "is set; run: scripts/redis -- cargo nextest run -p limits-redis";
    std::env::var(name).unwrap_or_else(|_| panic!("{name} {hint}"))
}

/// A connection beside those of the limits.
pub(crate) async fn connection() -> MultiplexedConnection {
    let client = Client::open(url()).expect("an address");
    client.get_multiplexed_async_connection().await.expect("a Redis")
}

/// A server of one test, on a socket in a folder of its own. It is killed when it is dropped.
pub(crate) struct Server {
    folder: TempDir,
    arguments: Vec<String>,
    child: Child,
}

impl Server {
    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let arguments: Vec<_> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let child = spawn(&folder, &arguments);
        let server = Self { folder, arguments, child };
        server.wait_until_up().await;
        server
    }

    /// Its address, without a password.
    pub(crate) fn url(&self) -> SecretString {
        format!("redis+unix://{}", self.socket().display()).into()
    }

    /// Its address, with a password.
    pub(crate) fn url_with(&self, password: &str) -> SecretString {
        format!("redis+unix://{}?pass={password}", self.socket().display()).into()
    }

    /// Ends it at once, with all that it knew.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Starts it again, empty.
    pub(crate) async fn restart(&mut self) {
        std::fs::remove_file(self.socket()).expect("the socket is left over");
        self.child = spawn(&self.folder, &self.arguments);
        self.wait_until_up().await;
    }

    /// Stops it as it is: connections stay, and nothing is answered.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    /// Makes it a replica, of a primary that is not there: it answers, but takes no write.
    pub(crate) async fn demote(&self) {
        let client = Client::open(self.url().expose_secret()).expect("an address");
        let mut connection = client.get_multiplexed_async_connection().await.expect("it is up");
        let demoted = redis::cmd("REPLICAOF").arg("127.0.0.1").arg(1).exec_async(&mut connection).await;
        demoted.expect("it obeys");
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args([signal, &id]).status().expect("there is a kill");
        assert!(status.success(), "{signal}");
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    async fn wait_until_up(&self) {
        // The socket is there a moment before it is listened on.
        eventually("the server is up", async || UnixStream::connect(self.socket()).await.is_ok()).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test may have killed it before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &TempDir, arguments: &[String]) -> Child {
    let folder = folder.path();
    Command::new(variable("MCP_REGISTRY_TEST_REDIS_SERVER"))
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(folder.join("redis.sock"))
        .arg("--dir")
        .arg(folder)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .expect("a Redis starts")
}

/// Waits until it is so.
pub(crate) async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
