//! A real OpenID provider of others' making, from npm (`tests/peers/oidc_provider.mjs`), and a service that signs people in
//! there.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use black_box_tests::{Options, within};
use registry_core::clock::SystemClock;
use registry_http::app;
use registry_identity::{IdentityConfig, Oidc};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::issuer::dialer;

/// How long it may take to start, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "peer-password-of-the-dashboard";
/// The id of the provider, in the file that the service reads.
const ID: &str = "peer";

/// A provider that runs. It is killed when it is dropped.
pub(crate) struct Provider {
    /// Its issuer's URL.
    pub(crate) issuer: String,
    _child: Child,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let node: PathBuf = folder.join("node_modules/.bin/node");
        assert!(node.exists(), "`scripts/test` installs {}", node.display());
        let mut command = Command::new(node);
        command.arg("oidc_provider.mjs").current_dir(folder);
        command.env("REDIRECT_URIS", format!("http://127.0.0.1/api/auth/oidc/{ID}/callback"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = within("the provider starts", PATIENCE, lines.next_line()).await;
        Self { issuer: line.unwrap().expect("its first line is its URL"), _child: child }
    }

    /// A service at which people sign in here, with these rules about them.
    pub(crate) fn options(&self, rules: &str) -> Options {
        let file = format!(
            "[[provider]]\nid = \"{ID}\"\nname = \"The peer\"\nissuer = \"{}\"\nclient_id = \"dashboard\"\n\
             client_secret_env = \"SECRET\"\nscopes = [\"openid\", \"profile\", \"email\", \"groups\"]\n[provider.claims]\n\
             role_claim = \"groups\"\nroles = {{ registry-admins = \"admin\", developers = \"server_owner\" }}\n{rules}",
            self.issuer
        );
        let config = IdentityConfig::parse(&file, &|_| Some(SECRET.to_owned())).expect("the file is good");
        let oidc = Some(Arc::new(Oidc::new(&config, dialer(), Arc::new(SystemClock))));
        Options { app: app::Options { oidc, ..app::Options::default() }, ..Options::default() }
    }
}
