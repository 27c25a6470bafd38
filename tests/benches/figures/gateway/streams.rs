//! Streams that are open and silent: what each keeps of memory, and what they cost by merely being there.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::ways::{Way, Ways};
use crate::exchange::Connection;
use crate::machine;
use crate::process::Process;
use crate::settings::Settings;
use crate::stats::round;
use crate::upstream::{ANSWERED, STREAM};

/// Over how many servers the streams spread, for a server may bound how many calls it takes at once.
const SERVERS: usize = 100;
/// How many streams are opened at the same time.
const OPENERS: usize = 64;
/// How many files of a process are not streams.
const OTHER_FILES: usize = 200;
/// How long processes rest before their memory is read.
const REST: Duration = Duration::from_secs(2);
/// For how long the CPU time of open streams is counted.
const IDLE: Duration = Duration::from_secs(5);

pub(super) fn measure(settings: &Settings, runtime: &Runtime) -> Result<Value> {
    // A proxy has two files for each stream.
    let count = settings.streams().min((machine::open_files()?.saturating_sub(OTHER_FILES)) / 2);
    let paths: Vec<_> = (0..SERVERS).map(|number| format!("{STREAM}{number}")).collect();
    let ways = Ways::start(settings, runtime, &paths)?;
    let mut figures = json!({ "open": count });
    for (way, process) in [(Way::Bare, &ways.bare), (Way::Gateway, &ways.gateway.process)] {
        let figure = runtime.block_on(hold(&ways, way, &paths, count, process))?;
        eprintln!("  {count} streams, {way:?}: {figure}");
        figures[format!("{way:?}").to_lowercase()] = figure;
    }
    Ok(figures)
}

async fn hold(ways: &Ways, way: Way, paths: &[String], count: usize, process: &Process) -> Result<Value> {
    tokio::time::sleep(REST).await;
    let before = process.resident_kib()?;
    let opening = (0..count).map(|number| open(ways, way, &paths[number % paths.len()]));
    let streams: Vec<Connection> = stream::iter(opening).buffer_unordered(OPENERS).try_collect().await?;
    tokio::time::sleep(REST).await;
    let (begun, busy) = (Instant::now(), process.cpu()?);
    tokio::time::sleep(IDLE).await;
    let busy = (process.cpu()? - busy).as_secs_f64() / begun.elapsed().as_secs_f64();
    let open = process.resident_kib()?;
    drop(streams);
    let each = open.saturating_sub(before) as f64 / count as f64;
    Ok(json!({ "resident_kib_before": before, "resident_kib": open, "kib_each": round(each, 2),
        "idle_cpu_percent": round(busy * 100.0, 1) }))
}

async fn open(ways: &Ways, way: Way, path: &str) -> Result<Connection> {
    let target = ways.target(way, path);
    let mut connection = Connection::open(target.address).await?;
    connection.begin(&target.request(), ANSWERED.as_bytes()).await?;
    Ok(connection)
}
