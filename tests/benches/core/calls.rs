//! What the gateway costs: the same calls to the upstream itself, through a bare proxy, and through the gateway.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use crate::gateway::{self, Gateway};
use crate::load::{self, CONNECTIONS, Round, Target};
use crate::process::Process;
use crate::role::Role;
use crate::settings::Settings;
use crate::stats::round;
use crate::upstream::{JSON, SSE};

/// How often each way is measured, in turn.
const ROUNDS: usize = 3;
/// How long the gateway rests before its idle memory is read.
const REST: Duration = Duration::from_secs(2);
/// The busy log switched off, as operators can.
const QUIET_LOG: &str = "info,rmcp=off,access::mcp=off";

/// One way that calls go.
struct Way<'a> {
    name: &'static str,
    target: Target,
    middle: Option<&'a Process>,
}

pub(crate) fn measure(settings: &Settings, runtime: &Runtime) -> Result<Value> {
    let (_upstream, upstream) = Role::Upstream.start()?;
    let folders = [tempfile::tempdir_in(&settings.folder)?, tempfile::tempdir_in(&settings.folder)?];
    let mut gateways = Vec::new();
    for (folder, log) in folders.iter().zip([gateway::DEFAULT_LOG, QUIET_LOG]) {
        let key = runtime.block_on(gateway::prepare(folder.path(), upstream, &[JSON, SSE]))?;
        let gateway = Gateway::start(settings.binary()?, folder.path(), log)?;
        eprintln!("gateway with --log {log}: process {}", gateway.process.id());
        gateways.push((gateway, key.expose().to_owned()));
    }
    let (loud, quiet) = (&gateways[0], &gateways[1]);
    let (bare, bare_address) = Role::Bare { upstream, key: loud.1.clone() }.start()?;
    std::thread::sleep(REST);
    let idle = loud.0.process.resident_kib()?;

    let mut ways = Vec::new();
    for (path, direct_name, bare_name, loud_name, quiet_name) in [
        (JSON, "direct_json", "bare_json", "gateway_json", "gateway_json_no_access_log"),
        (SSE, "direct_sse", "bare_sse", "gateway_sse", "gateway_sse_no_access_log"),
    ] {
        let at = |address, key: &str| Target { address, path: path.to_owned(), key: key.to_owned() };
        let through = |(gateway, key): &(Gateway, String)| Target {
            path: format!("/mcp{path}"),
            ..at(gateway.address, key)
        };
        ways.push(Way { name: direct_name, target: at(upstream, &loud.1), middle: None });
        ways.push(Way { name: bare_name, target: at(bare_address, &loud.1), middle: Some(&bare) });
        ways.push(Way { name: loud_name, target: through(loud), middle: Some(&loud.0.process) });
        ways.push(Way { name: quiet_name, target: through(quiet), middle: Some(&quiet.0.process) });
    }
    let rounds = call(&ways, settings.round())?;
    let mut figures = summary(&ways, &rounds);
    figures.insert("connections".to_owned(), CONNECTIONS.into());
    figures.insert("gateway_resident_kib_idle".to_owned(), idle.into());
    figures.insert("gateway_resident_kib_after".to_owned(), loud.0.process.resident_kib()?.into());
    Ok(figures.into())
}

/// In turn, so that whatever else the machine does falls on all ways alike.
fn call(ways: &[Way<'_>], time: Duration) -> Result<Vec<Vec<Round>>> {
    let mut rounds = vec![Vec::with_capacity(ROUNDS); ways.len()];
    for _ in 0..ROUNDS {
        for (way, rounds) in ways.iter().zip(&mut rounds) {
            let round = load::run(&way.target, time, way.middle)?;
            eprintln!("  {}: {round:?}", way.name);
            rounds.push(round);
        }
    }
    Ok(rounds)
}

fn summary(ways: &[Way<'_>], rounds: &[Vec<Round>]) -> Map<String, Value> {
    let mut figures = Map::new();
    for (way, rounds) in ways.iter().zip(rounds) {
        let mut sorted = rounds.clone();
        sorted.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
        let Round { per_second, p50_us, p99_us, cpu_us } = sorted[sorted.len() / 2];
        let all: Vec<f64> = rounds.iter().map(|one| round(one.per_second, 0)).collect();
        let figure = json!({ "per_second": round(per_second, 0), "p50_us": round(p50_us, 0), "p99_us": round(p99_us, 0),
            "cpu_us_per_call": cpu_us.map(|cpu| round(cpu, 1)), "per_second_of_each_round": all });
        figures.insert(way.name.to_owned(), figure);
    }
    figures
}
