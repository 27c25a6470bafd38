//! Nodes that share their limits by Redis: the real binary, twice, and a Redis of the test's own.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use black_box_tests::{Binary, Client, Database, eventually};
use tempfile::TempDir;

use super::kit::ME;

/// A minute, and as many at once: 5 a second.
const RPM: u32 = 300;
/// How long the load goes on.
const TIME: Duration = Duration::from_secs(16);
const PATIENCE: Duration = Duration::from_secs(20);
/// What a node says that limits by itself.
const AWAY: &str = "the shared rate limits are away";

/// A Redis on a socket. It is killed when it is dropped.
struct Redis {
    folder: TempDir,
    child: Child,
}

impl Redis {
    async fn start() -> Self {
        let program = std::env::var("MCP_REGISTRY_TEST_REDIS_SERVER")
            .expect("run: scripts/redis -- scripts/postgres -- cargo nextest run -p black-box-tests");
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("redis.sock");
        let mut command = Command::new(program);
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(&socket);
        let child = command.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        eventually("Redis listens", PATIENCE, async || socket.exists().then_some(())).await;
        Self { folder, child }
    }

    fn url(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("redis.sock").display())
    }

    fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Scene {
    database: Database,
    folder: TempDir,
    redis: Redis,
}

impl Scene {
    async fn new() -> Self {
        Self {
            database: Database::create().await,
            folder: tempfile::tempdir().unwrap(),
            redis: Redis::start().await,
        }
    }

    fn node(&self) -> Binary {
        let (store, rpm) = (self.database.url(), RPM.to_string());
        let environment = [("MCP_REGISTRY_STORE", &*store), ("MCP_REGISTRY_RATE_LIMIT_ADMIN", &*rpm)];
        Binary::start(self.folder.path(), &["--redis", &self.redis.url()], &environment)
    }
}

/// What calls at a steady rate got: how many passed, and how many were refused. All others fail the test.
#[derive(Debug, Clone, Copy, Default)]
struct Load {
    passed: u32,
    refused: u32,
}

async fn load(client: Client, per_second: f64, time: Duration) -> Load {
    let mut beat = tokio::time::interval(Duration::from_secs_f64(1.0 / per_second));
    let (start, mut load) = (Instant::now(), Load::default());
    while start.elapsed() < time {
        beat.tick().await;
        match client.get(ME).await.status.as_u16() {
            200 => load.passed += 1,
            429 => load.refused += 1,
            other => panic!("a call failed with {other}"),
        }
    }
    load
}

/// Four times the limit, half of it to each node.
async fn offered(nodes: &[Binary; 2], time: Duration) -> [Load; 2] {
    let within = f64::from(RPM) * (1.0 + time.as_secs_f64() / 60.0);
    let per_second = 4.0 * within / time.as_secs_f64() / 2.0;
    let [one, other] = nodes;
    let loads =
        futures::future::join(load(one.admin(), per_second, time), load(other.admin(), per_second, time));
    let (one, other) = loads.await;
    [one, other]
}

fn sum(loads: [Load; 2]) -> f64 {
    f64::from(loads[0].passed + loads[1].passed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_under_four_times_the_limit_let_one_limit_pass() {
    let scene = Scene::new().await;
    let nodes = [scene.node(), scene.node()];
    let start = Instant::now();
    let loads = offered(&nodes, TIME).await;
    let limit = f64::from(RPM) * (1.0 + start.elapsed().as_secs_f64() / 60.0);
    println!("{loads:?}: {} passed of {limit:.0} that burst and rate allow", sum(loads));
    for node in nodes {
        let log = node.stderr();
        assert!(
            !log.contains(AWAY),
            "Redis was too slow to decide, so this says nothing of shared limits: {log}"
        );
    }
    assert!((sum(loads) - limit).abs() <= 0.1 * limit, "{loads:?} and {limit}");
    scene.database.remove().await;
}

/// Each node then limits by itself: it lets no more pass than the limit allows one node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_redis_is_killed_the_nodes_limit_on_and_no_call_fails() {
    let mut scene = Scene::new().await;
    let nodes = [scene.node(), scene.node()];
    let start = Instant::now();
    let before = offered(&nodes, TIME / 2).await;
    scene.redis.kill();
    let after = offered(&nodes, TIME / 2).await;
    let limit = f64::from(RPM) * (1.0 + start.elapsed().as_secs_f64() / 60.0);
    println!(
        "{before:?} with Redis, {after:?} without: {} passed; {limit:.0} is one node's limit",
        sum(before) + sum(after)
    );
    for (before, after) in before.iter().zip(after) {
        assert!(
            f64::from(before.passed + after.passed) <= 1.02 * limit,
            "a node let more pass than its limit"
        );
        assert!(after.refused > 0, "it limits no more");
    }
    for node in nodes {
        let log = node.stderr();
        assert!(log.contains(AWAY), "{log}");
        assert!(node.terminate().status.success());
    }
    scene.database.remove().await;
}
