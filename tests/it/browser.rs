//! The pages for people in a real browser: Debian's Chromium, driven by the scripts in `tests/peers/browser`. They do what
//! a person does and report what they saw; what it has to be is said here.

use std::path::Path;
use std::time::Duration;

use black_box_tests::{Binary, within};
use serde_json::{Value, json};
use tokio::process::Command;

mod accessible;
mod dead_server;
mod figures;
mod inert;
mod oidc;
mod provider;
mod roles;
mod session_end;
mod set_up;
mod shell;
mod stories;

/// The longest that a scenario may take, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(280);

/// Runs a scenario of `tests/peers/browser`; what it saw. No page may complain of anything in its console, break its
/// content security policy, or throw; requests that are refused are those of `refusals`, in
/// the order of their first time, and no others.
async fn browse(scenario: &str, input: &Value, refusals: &[&str]) -> Value {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let node = peers.join("node_modules/.bin/node");
    assert!(node.exists(), "`scripts/test` installs {}", node.display());
    let mut command = Command::new(node);
    command.args(["browser/run.mjs", scenario]).env("INPUT", input.to_string()).current_dir(peers);
    let output = within(scenario, PATIENCE, command.kill_on_drop(true).output()).await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(seen["problems"], json!([]), "{scenario}");
    assert_eq!(seen["refusals"], json!(refusals), "{scenario}");
    seen
}

/// Makes somebody who can sign in: name, password and id.
async fn user(binary: &Binary, username: &str, role: &str) -> Value {
    let tenant = binary.admin().get("/api/users/me").await.expect(200)["tenantId"].clone();
    let password = format!("plum anvil lantern {username}");
    let body = json!({ "username": username, "email": format!("{username}@acme.example"),
        "role": role, "tenantId": tenant, "password": password });
    let id = binary.admin().post("/api/users", &body).await.assert(201).id();
    json!({ "username": username, "password": password, "id": id })
}
