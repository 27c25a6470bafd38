//! A9: a flood of wrong keys costs no memory, fills no log, and keeps nobody out.

use std::time::{Duration, Instant};

use black_box_tests::{Binary, Client};
use futures::StreamExt;
use futures::stream;

use super::kit::ME;
use crate::account::kit::entries;

/// How many wrong keys, unless the environment says (`MCP_REGISTRY_TEST_FLOOD`).
const WRONG_KEYS: usize = 20_000;
const CONNECTIONS: usize = 32;
/// How often the good key calls, without the flood.
const CALLS: usize = 500;
/// What caches that are bounded may take besides: 16,384 refused keys are remembered.
const MEMORY: u64 = 24 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_flood_of_wrong_keys_costs_no_memory_and_no_log_and_keeps_nobody_out() {
    let number = std::env::var("MCP_REGISTRY_TEST_FLOOD").map_or(WRONG_KEYS, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let binary = Binary::start(folder.path(), &[], &[("MCP_REGISTRY_RATE_LIMIT_ANONYMOUS", "20")]);
    let (admin, start) = (binary.admin(), Instant::now());
    let quiet = latencies(&admin, CALLS).await;
    flood(wrong(&binary), 1_000).await;
    let before = resident(&binary);
    let start_of_flood = Instant::now();
    let calling = during(&admin, flood(wrong(&binary), number)).await;
    let took = start_of_flood.elapsed();
    let after = resident(&binary);
    let busy = during(&admin, flood(|_| admin.clone(), number)).await;
    println!("{number} wrong keys in {took:?}: {} KiB before, {} KiB after", before / 1024, after / 1024);
    println!(
        "a good key, p99: {:?} alone, {:?} during the flood, {:?} during as many calls with good keys",
        p99(quiet),
        p99(calling),
        p99(busy)
    );
    assert!(after < before + MEMORY, "{before} bytes, then {after}");
    let most = 2 + start.elapsed().as_secs() / 60;
    for event_type in ["authentication_failed", "rate_limit_exceeded"] {
        let entries = entries(&admin, event_type).await;
        assert!(!entries.is_empty() && entries.len() as u64 <= most, "{entries:?}");
    }
    assert!(binary.terminate().status.success());
    let again = Binary::start(folder.path(), &[], &[]);
    let told = async |event_type: &str| {
        let entries = entries(&again.admin(), event_type).await;
        entries.iter().map(|entry| entry["metadata"]["count"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(told("authentication_failed").await, number as u64 + 1_000, "each is counted");
    assert!(told("rate_limit_exceeded").await >= number as u64 - 1_000);
}

/// A client with a wrong key, each time another one.
fn wrong(binary: &Binary) -> impl Fn(usize) -> Client {
    let client = binary.client();
    move |number| client.with_key(&format!("mcp_{number:060}"))
}

/// Calls so often, from one address.
async fn flood(client: impl Fn(usize) -> Client, number: usize) {
    let call = |number: usize| {
        let client = client(number);
        async move {
            let status = client.get(ME).await.status.as_u16();
            assert!([200, 401, 429].contains(&status), "{status}");
        }
    };
    stream::iter(0..number).for_each_concurrent(CONNECTIONS, call).await;
}

/// How long the good key's calls take while this goes on; each passes.
async fn during(admin: &Client, flood: impl Future<Output = ()>) -> Vec<Duration> {
    let (mut times, mut flood) = (Vec::new(), std::pin::pin!(flood));
    loop {
        tokio::select! {
            biased;
            time = timed(admin) => times.push(time),
            () = &mut flood => return times,
        }
    }
}

async fn latencies(admin: &Client, calls: usize) -> Vec<Duration> {
    let mut times = Vec::with_capacity(calls);
    for _ in 0..calls {
        times.push(timed(admin).await);
    }
    times
}

async fn timed(admin: &Client) -> Duration {
    let start = Instant::now();
    admin.get(ME).await.assert(200);
    start.elapsed()
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

/// The memory that the process has, in bytes.
fn resident(binary: &Binary) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", binary.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says so");
    1_024 * line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
}
