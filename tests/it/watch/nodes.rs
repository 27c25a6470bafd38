//! Three nodes on one PostgreSQL share the work; what a dead one was doing is done by the others.

use std::time::Duration;

use black_box_tests::{Binary, Client, Database, Exposition, Mode, Upstream, eventually};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{history, switched_on};
use crate::support::text;

/// How many servers answer, and how many hang.
const OPEN: usize = 18;
const HUNG: usize = 12;
/// The interval of the servers: the shortest there is.
const INTERVAL: TimeDelta = TimeDelta::seconds(60);
const PATIENCE: Duration = Duration::from_secs(150);

/// A server and the upstream that it is at.
type Watched = (Value, Upstream);

async fn servers(client: &Client, count: usize, mode: Mode) -> Vec<Watched> {
    let mut servers = Vec::new();
    for number in 0..count {
        let upstream = Upstream::start().await;
        upstream.set(mode.clone());
        let name = format!("{}-{number}", if mode == Mode::Silent { "hung" } else { "open" });
        let policy = json!({ "healthCheckTimeout": 30, "healthCheckRetries": 0 });
        servers.push((switched_on(client, &name, &upstream.url, &policy).await, upstream));
    }
    servers
}

async fn in_flight(node: &Binary) -> f64 {
    let text = node.admin().get("/metrics").await.text();
    Exposition::parse(&text).sum("mcp_registry_health_checks_in_flight", &[])
}

/// When the server was switched on and when each of its checks began, oldest first.
async fn moments(client: &Client, server: &Value) -> Vec<DateTime<Utc>> {
    let time =
        |value: &Value, field: &str| DateTime::parse_from_rfc3339(text(value, field)).unwrap().to_utc();
    // A check is told of with the time of its end.
    let took = |check: &Value| Duration::from_secs_f64(check["responseTime"].as_f64().unwrap() / 1_000.0);
    let began = |check: &Value| time(check, "timestamp") - took(check);
    let mut checks: Vec<_> = history(client, server).await.iter().map(began).collect();
    checks.push(time(server, "updatedAt"));
    checks.reverse();
    checks
}

/// Waits until each of these servers was checked so often.
async fn checked(client: &Client, servers: &[Watched], times: usize) {
    for (server, _) in servers {
        let often = async || (history(client, server).await.len() >= times).then_some(());
        eventually(&format!("{} is checked {times} times", server["name"]), PATIENCE, often).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_nodes_check_each_server_once_an_interval_and_one_that_is_killed_is_stood_in_for() {
    let (database, folder) = (Database::create().await, tempfile::tempdir().unwrap());
    let start = || Binary::start(folder.path(), &[], &[("MCP_REGISTRY_STORE", &*database.url())]);
    let mut nodes = vec![start(), start(), start()];
    let client = nodes[0].admin();
    let hung = servers(&client, HUNG, Mode::Silent).await;
    let open = servers(&client, OPEN, Mode::Open).await;
    checked(&client, &open, 1).await;
    let mut doing = Vec::new();
    for node in &nodes[1..] {
        doing.push(in_flight(node).await);
    }
    // A node of which nobody is a client here, and the busier of the two.
    let dead = nodes.remove(if doing[1] > doing[0] { 2 } else { 1 });
    assert!(doing.iter().sum::<f64>() > 0.0, "the nodes share the checks: {doing:?}");
    dead.kill9();
    hung.iter().for_each(|(_, upstream)| upstream.set(Mode::Open));
    checked(&client, &hung, 1).await;
    checked(&client, &open, 2).await;
    let (mut longest, mut shortest) = (TimeDelta::zero(), TimeDelta::MAX);
    for (server, _) in hung.iter().chain(&open) {
        let moments = moments(&client, server).await;
        let gaps: Vec<_> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
        longest = longest.max(gaps.iter().copied().max().unwrap());
        // From the switching on to the first check it is no interval.
        shortest = shortest.min(gaps[1..].iter().copied().min().unwrap_or(TimeDelta::MAX));
    }
    eprintln!("{doing:?} in flight; checks of one server {shortest} to {longest} apart");
    assert!(longest < INTERVAL * 2, "{longest}");
    assert!(shortest > TimeDelta::seconds(25), "{shortest}: no server is checked twice");
    for node in nodes {
        assert!(node.terminate().status.success());
    }
    database.remove().await;
}
