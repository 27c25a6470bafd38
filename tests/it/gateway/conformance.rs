//! The official conformance suite (npm `@modelcontextprotocol/conformance`), against a conforming server and against the
//! same server through the gateway: whatever passes there passes here.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use black_box_tests::{Options, Service, StoreKind, server_at, within};
use registry_core::model::role::Role;
use registry_gateway::proxy::ProxyLimits;
use serde_json::Value;

use super::forwarder::Forwarder;
use super::program::{Program, command};
use crate::support::text;

/// How long one run of the suite may take; it takes three seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// The end of the name of a scenario's folder, `-2026-07-28T12-00-00-000Z`.
const TIME_LENGTH: usize = 25;

/// What no server of ours offers: an extension of the protocol, which the suite runs and does not count.
const EXTENSION: &str = "tasks-";

/// Scenarios, their checks in order, and what became of each.
type Outcome = BTreeMap<String, Vec<(String, String)>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_of_2025_11_25_passes_through_the_gateway() {
    compare("2025-11-25", 33).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_of_2026_07_28_passes_through_the_gateway() {
    compare("2026-07-28", 40).await;
}

/// Both runs; `scenarios` is how many of the revision the suite has at least, so that none goes missing unseen.
async fn compare(revision: &str, scenarios: usize) {
    let server = Program::conforming().await;
    let direct = suite(&server.url, revision).await;
    assert_conforms(&direct, scenarios);

    let forwarder = Forwarder::bind().await;
    // The suite calls as a page of the server's own origin would; the gateway has such pages listed.
    let origin = format!("http://{}", forwarder.address).parse().expect("an origin");
    let proxy = ProxyLimits { allowed_origins: vec![origin], ..ProxyLimits::default() };
    let service = Service::start_with(StoreKind::Memory, Options { proxy, ..Options::default() }).await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = owner.client.post("/api/servers", &server_at("Conforming", &server.url)).await.expect(201);
    let url = format!("http://{}/mcp/conforming", forwarder.address);
    let _forwarding = forwarder.start(service.address, text(&made, "apiKey"));
    let through = suite(&url, revision).await;
    assert_same(&direct, &through);
    service.stop().await;
}

/// Runs all of a revision's scenarios. Their exit code is not looked at: what each check said is.
async fn suite(url: &str, revision: &str) -> Outcome {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = command("conformance");
    command.args(["server", "--url", url, "--requirements", revision, "--output-dir"]).arg(folder.path());
    let output = within("the suite ends", PATIENCE, command.output()).await.expect("it runs");
    let outcome = outcome(folder.path());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!outcome.is_empty(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    outcome
}

fn outcome(folder: &Path) -> Outcome {
    let entries = std::fs::read_dir(folder).expect("the results");
    let scenario = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().expect("a name");
        let name = name.strip_prefix("server-").expect("a scenario");
        let text = std::fs::read(entry.path().join("checks.json")).expect("the checks");
        let checks: Vec<Value> = serde_json::from_slice(&text).expect("JSON");
        (name[..name.len() - TIME_LENGTH].to_owned(), checks.iter().filter_map(verdict).collect())
    };
    entries.map(|entry| scenario(entry.expect("a scenario"))).collect()
}

/// What a check says; the suite's notes of what was on the wire are no checks.
fn verdict(check: &Value) -> Option<(String, String)> {
    let (id, status) = (text(check, "id"), text(check, "status"));
    (status != "INFO").then(|| (id.to_owned(), status.to_owned()))
}

fn assert_conforms(direct: &Outcome, scenarios: usize) {
    let counted = direct.iter().filter(|(scenario, _)| !scenario.starts_with(EXTENSION));
    let bad = |checks: &[(String, String)]| checks.iter().any(|(_, status)| status != "SUCCESS");
    let failed: BTreeMap<_, _> = counted.clone().filter(|(_, checks)| bad(checks)).collect();
    assert!(failed.is_empty(), "the server itself does not conform: {failed:#?}");
    assert!(counted.clone().all(|(_, checks)| !checks.is_empty()), "{direct:#?}");
    assert!(counted.count() >= scenarios, "{:#?}", direct.keys());
}

fn assert_same(direct: &Outcome, through: &Outcome) {
    let names: std::collections::BTreeSet<_> = direct.keys().chain(through.keys()).collect();
    let differs = |name: &&&String| direct.get(**name) != through.get(**name);
    let tell = |name: &String| {
        format!("{name}\n  direct:  {:?}\n  through: {:?}\n", direct.get(name), through.get(name))
    };
    let difference: String = names.iter().filter(differs).map(|name| tell(name)).collect();
    assert!(difference.is_empty(), "not the same through the gateway:\n{difference}");
}
