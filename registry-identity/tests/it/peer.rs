//! A real OpenID provider of others' making, from npm (`tests/peers/oidc_provider.mjs`).

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long it may take to start, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A provider that runs. It is killed when it is dropped.
pub(crate) struct Peer {
    /// Its issuer's URL.
    pub(crate) issuer: String,
    child: Child,
}

impl Peer {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With these variables in its environment.
    pub(crate) async fn start_with(environment: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers");
        let node: PathBuf = folder.join("node_modules/.bin/node");
        assert!(node.exists(), "`scripts/test` installs {}", node.display());
        let mut command = Command::new(node);
        command.arg("oidc_provider.mjs").current_dir(folder).envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, lines.next_line()).await.expect("it starts in time");
        let issuer = line.unwrap().expect("its first line is its URL");
        Self { issuer, child }
    }

    /// Ends it.
    pub(crate) async fn stopped(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Starts it again at the same address. Its keys are new ones then.
    pub(crate) async fn restarted(mut self) -> Self {
        self.child.kill().await.unwrap();
        let (_, port) = self.issuer.rsplit_once(':').unwrap();
        Self::start_with(&[("PORT", port)]).await
    }
}
