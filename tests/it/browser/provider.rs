//! The OpenID provider at which people sign in: npm `oidc-provider`, see `tests/peers/README.md`.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use black_box_tests::within;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// The variable in which the service finds the client's secret.
pub(super) const SECRET: (&str, &str) = ("PEER_SECRET", "peer-password-of-the-dashboard");

/// A provider that runs. It is killed when it is dropped.
pub(super) struct Provider {
    issuer: String,
    _child: Child,
}

impl Provider {
    pub(super) async fn start() -> Self {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let mut command = Command::new(peers.join("node_modules/.bin/node"));
        command.arg("oidc_provider.mjs").current_dir(peers).kill_on_drop(true);
        command.env("REDIRECT_URIS", "http://127.0.0.1/api/auth/oidc/peer/callback");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("`scripts/test` installs Node.js");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = within("the provider starts", PATIENCE, lines.next_line()).await;
        Self { issuer: line.unwrap().expect("its first line is its URL"), _child: child }
    }

    /// Its URL.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Writes the file by which the service knows it under `name`; the file's path.
    pub(super) fn configure(&self, folder: &Path, name: &str) -> String {
        configure(folder, name, &self.issuer)
    }
}

/// Writes the file by which the service knows a provider; the file's path.
pub(super) fn configure(folder: &Path, name: &str, issuer: &str) -> String {
    let text = format!(
        r#"
[[provider]]
id = "peer"
name = '{name}'
issuer = "{issuer}"
client_id = "dashboard"
client_secret_env = "{}"
scopes = ["openid", "profile", "email", "groups"]

[provider.claims]
tenant = "default"
role_claim = "groups"
roles = {{ "registry-admins" = "admin", "developers" = "server_owner" }}
"#,
        SECRET.0
    );
    let path = folder.join("identity.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}
