//! Real MCP servers and a real client of others' making, from npm (`tests/peers`).

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use black_box_tests::within;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

/// How long one may take to start, or to answer, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs. It is killed when it is dropped.
pub(super) struct Program {
    /// Its URL.
    pub(super) url: String,
    child: Child,
}

/// The URL of a [`Program::modern`] that was killed.
pub(super) struct Stopped(String);

impl Stopped {
    /// Starts it again at the same URL.
    pub(super) async fn again(self) -> Program {
        let (_, port) = self.0.trim_end_matches("/mcp").rsplit_once(':').expect("a port");
        Program::modern_on(port).await
    }
}

impl Program {
    /// `server-everything` on streamable HTTP: sessions, of the eras before 2026-07-28.
    pub(super) async fn everything() -> Self {
        Self::everything_on("streamableHttp", "mcp", "listening on port").await
    }

    /// The same over HTTP with server-sent events, of the era 2024-11-05.
    pub(super) async fn everything_by_sse() -> Self {
        Self::everything_on("sse", "sse", "running on port").await
    }

    async fn everything_on(transport: &str, path: &str, is_ready: &'static str) -> Self {
        // It cannot choose a port itself, and listens on every address.
        let port = std::net::TcpListener::bind("0.0.0.0:0")
            .expect("a port")
            .local_addr()
            .expect("an address")
            .port();
        let mut command = command("mcp-server-everything");
        let mut child = command.arg(transport).env("PORT", port.to_string()).spawn().expect("it starts");
        let errors = child.stderr.take().expect("its errors");
        line(errors, |line| line.contains(is_ready)).await;
        Self { url: format!("http://127.0.0.1:{port}/{path}"), child }
    }

    /// A server of the era 2026-07-28 and of no other.
    pub(super) async fn modern() -> Self {
        Self::modern_on("0").await
    }

    /// A server of both eras, with all that the official conformance suite asks for.
    pub(super) async fn conforming() -> Self {
        Self::script("conforming/server.mjs", "0").await
    }

    async fn modern_on(port: &str) -> Self {
        Self::script("modern_server.mjs", port).await
    }

    /// A script of ours around a package of others', which says its URL when it is ready.
    async fn script(path: &str, port: &str) -> Self {
        let mut command = command("node");
        let mut child = command.arg(path).env("PORT", port).spawn().expect("it starts");
        let output = child.stdout.take().expect("its output");
        let url = line(output, |line| line.starts_with("http://")).await;
        Self { url, child }
    }

    /// Kills it.
    pub(super) async fn stopped(mut self) -> Stopped {
        self.child.kill().await.expect("it can be killed");
        Stopped(self.url)
    }
}

/// A file of launchers in which `everything` is `server-everything`.
pub(super) fn everything_launcher() -> String {
    launcher("everything", "node_modules/@modelcontextprotocol/server-everything/dist/index.js")
}

/// The same, and `conforming` is the server of [`Program::conforming`].
pub(super) fn launchers() -> String {
    everything_launcher() + &launcher("conforming", "conforming/stdio.mjs")
}

fn launcher(name: &str, script: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers");
    let node = folder.join("node_modules/.bin/node");
    assert!(node.exists(), "`scripts/test` installs {}", node.display());
    let (node, script) = (node.display(), folder.join(script));
    let script = script.display();
    format!("[[launcher]]\nname = \"{name}\"\ncommand = \"{node}\"\nargs = [\"{script}\", \"stdio\"]\n")
}

/// What the inspector, a client that knows nothing of this project, is answered.
pub(super) async fn inspect(url: &str, key: Option<&str>, era: &str, arguments: &[&str]) -> Value {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = command("inspector");
    command.args(["--cli", url, "--transport", "http", "--protocol-era", era, "--quiet", "--format", "json"]);
    if let Some(key) = key {
        command.args(["--header", &format!("Authorization: Bearer {key}")]);
    }
    let output = command.args(arguments).env("HOME", home.path()).output();
    let output = within("the inspector ends", PATIENCE, output).await.expect("it runs");
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}\n{errors}", output.status);
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}\n{said}\n{errors}"))
}

/// A program of the npm packages, or Node itself, in `tests/peers`.
pub(super) fn command(program: &str) -> Command {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers");
    let programs = folder.join("node_modules/.bin");
    assert!(programs.is_dir(), "`scripts/test` installs {}", programs.display());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([programs.clone()].into_iter().chain(std::env::split_paths(&path)));
    let mut command = Command::new(programs.join(program));
    command.current_dir(folder).env("PATH", path.expect("a path")).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for a line, and reads on for as long as the program writes.
async fn line(pipe: impl AsyncRead + Unpin + Send + 'static, is_it: impl Fn(&str) -> bool) -> String {
    let mut lines = BufReader::new(pipe).lines();
    let found = within("the program is ready", PATIENCE, async {
        loop {
            let line = lines.next_line().await.expect("text").expect("it still runs");
            if is_it(&line) {
                return line;
            }
        }
    });
    let found = found.await;
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    found
}
