//! The clients: scripts around SDKs of others, and rmcp.

use std::path::PathBuf;
use std::time::Duration;

use black_box_tests::within;
use serde_json::{Value, json};
use tokio::process::Command;

use super::super::program::command;
use super::{rmcp_client, scenario};

/// How long a client may take for all of its steps.
const PATIENCE: Duration = Duration::from_secs(80);

/// The eras of the protocol, as clients are told them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// 2025-03-26 to 2025-11-25: sessions.
    Legacy,
    /// 2026-07-28: none.
    Modern,
}

/// Whose client.
#[derive(Debug, Clone, Copy)]
pub(super) enum Client {
    /// npm `@modelcontextprotocol/sdk`.
    TypescriptV1,
    /// npm `@modelcontextprotocol/client`.
    TypescriptV2,
    /// PyPI `mcp`.
    Python,
    /// crates.io `rmcp`.
    Rmcp,
}

impl Client {
    /// Connects to `url`, goes through the steps, and says what became of each.
    pub(super) async fn run(self, url: &str, key: Option<&str>, era: Era, steps: &[Value]) -> Vec<Value> {
        let mut program = match self {
            Self::TypescriptV1 => script("clients/typescript_v1.mjs"),
            Self::TypescriptV2 => script("clients/typescript_v2.mjs"),
            Self::Python => python(),
            Self::Rmcp => {
                let steps = rmcp_client::run(url, key, era, steps);
                return within("the client has done its steps", PATIENCE, steps).await;
            }
        };
        let era = if era == Era::Modern { "modern" } else { "legacy" };
        let input =
            json!({ "url": url, "key": key, "era": era, "answers": scenario::answers(), "steps": steps });
        let output = program.env("INPUT", input.to_string()).output();
        let output = within("the client has done its steps", PATIENCE, output).await.expect("it runs");
        let (said, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{self:?}: {}\n{said}\n{errors}", output.status);
        let line = said.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{self:?}: {error}\n{said}\n{errors}"))
    }
}

fn script(path: &str) -> Command {
    let mut node = command("node");
    node.arg(path);
    node
}

fn python() -> Command {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers/clients/python");
    let program = folder.join(".venv/bin/python");
    assert!(program.exists(), "`scripts/test` installs {}", program.display());
    let mut command = Command::new(program);
    command.arg("client.py").current_dir(folder).kill_on_drop(true);
    command
}
