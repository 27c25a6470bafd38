//! The load generator: so many connections, each of which calls again as soon as it is answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::task::{JoinSet, LocalSet};

use crate::exchange::Connection;
use crate::process::Process;
use crate::stats::percentile;
use crate::upstream::ANSWERED;

/// A call as clients make it.
const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"weather","arguments":{"town":"Bergen"}}}"#;

/// Where calls go.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) key: String,
}

impl Target {
    /// A `tools/call` as an MCP client sends it.
    pub(crate) fn request(&self) -> Vec<u8> {
        let Self { address, path, key } = self;
        format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\naccept: application/json, text/event-stream\r\n\
             mcp-protocol-version: 2025-11-25\r\nuser-agent: bench/1\r\ncontent-length: {}\r\n\r\n{CALL}",
            CALL.len()
        )
        .into_bytes()
    }
}

/// What a round of calls showed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// CPU time of the process in the middle, for each call.
    pub(crate) cpu_us: Option<f64>,
}

/// So many connections call for `time`, after a third of that to warm up.
pub(crate) fn run(
    target: &Target,
    connections: usize,
    time: Duration,
    middle: Option<&Process>,
) -> Result<Round> {
    let begin = Instant::now() + time / 3;
    let end = begin + time;
    let caller = {
        let target = target.clone();
        std::thread::spawn(move || call_all(&target, connections, begin, end))
    };
    let cpu = || middle.map(Process::cpu).transpose();
    std::thread::sleep(begin.saturating_duration_since(Instant::now()));
    let before = cpu()?;
    std::thread::sleep(end.saturating_duration_since(Instant::now()));
    let after = cpu()?;
    let mut times = caller.join().map_err(|_| anyhow::anyhow!("the load generator panicked"))??;
    let calls = times.len() as f64;
    let cpu = before.zip(after).map(|(before, after)| (after - before).as_secs_f64() * 1e6 / calls);
    Ok(Round {
        per_second: calls / time.as_secs_f64(),
        p50_us: percentile(&mut times, 0.5),
        p99_us: percentile(&mut times, 0.99),
        cpu_us: cpu,
    })
}

/// All clients on one thread: it takes less CPU than two would, and leaves the rest to what is measured.
fn call_all(target: &Target, connections: usize, begin: Instant, end: Instant) -> Result<Vec<f64>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let request = Arc::new(target.request());
    let address = target.address;
    let clients = async {
        let mut clients = JoinSet::new();
        for _ in 0..connections {
            clients.spawn_local(call(address, request.clone(), begin, end));
        }
        let mut times = Vec::new();
        while let Some(ended) = clients.join_next().await {
            times.extend(ended??);
        }
        Ok(times)
    };
    runtime.block_on(LocalSet::new().run_until(clients))
}

/// Microseconds of each call that began and ended within the round.
async fn call(address: SocketAddr, request: Arc<Vec<u8>>, begin: Instant, end: Instant) -> Result<Vec<f64>> {
    let mut connection = Connection::open(address).await?;
    let first = connection.exchange(&request).await?;
    let expected = ANSWERED.as_bytes();
    first.windows(expected.len()).find(|bytes| *bytes == expected).context("it is the upstream's answer")?;
    let mut times = Vec::with_capacity(64 * 1024);
    let mut before = Instant::now();
    while before < end {
        connection.exchange(&request).await?;
        let after = Instant::now();
        if before >= begin && after <= end {
            times.push((after - before).as_secs_f64() * 1e6);
        }
        before = after;
    }
    Ok(times)
}
