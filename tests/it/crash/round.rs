//! Rounds of writing, a crash, and a look at what is left.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::check::{self, Settled};
use super::dice::Dice;
use super::ledger::Step;
use super::service::{Api, Launch, Service};
use super::view::View;
use super::work::{Stopped, Writer};

/// Says how often each test crashes.
const VARIABLE: &str = "MCP_REGISTRY_TEST_CRASHES";

/// How often each test crashes.
pub(crate) fn crashes() -> u32 {
    match std::env::var(VARIABLE) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{VARIABLE} is to be a number, not {text}")),
        Err(_) => 20,
    }
}

/// Writers over many crashes, and what came of it.
#[derive(Debug)]
pub(crate) struct Series {
    writers: Vec<Writer>,
    before: View,
    dice: Dice,
    begin: Instant,
    rounds: u32,
    settled: Settled,
    slowest_start: Duration,
    /// How long after a crash the last writer was told, or cut off.
    pub(crate) slowest_stop: Duration,
}

impl Series {
    /// Starts the service for the first time.
    pub(crate) async fn begin(launch: &Launch, seed: u64) -> (Self, Service) {
        let begin = Instant::now();
        let service = launch.serve().await;
        let before = View::read(&service.api).await;
        let series = Self {
            writers: Writer::team(seed),
            before,
            dice: Dice::new(seed),
            begin,
            rounds: 0,
            settled: Settled::default(),
            slowest_start: begin.elapsed(),
            slowest_stop: Duration::ZERO,
        };
        (series, service)
    }

    /// Starts the service on what a crash left, and wants all of it to be there.
    pub(crate) async fn resume(&mut self, launch: &Launch) -> Service {
        let begin = Instant::now();
        let service = launch.serve().await;
        self.slowest_start = self.slowest_start.max(begin.elapsed());
        self.check(&service.api).await;
        service
    }

    /// Wants everything to be there that was acknowledged.
    pub(crate) async fn check(&mut self, api: &Api) {
        self.settled += check::check(api, &mut self.writers, &self.before).await;
    }

    /// The service that refused changes shows none of them; it may say that its store is away (503). Started again,
    /// it may find one of them whole, if the disk failed after it was written.
    pub(crate) async fn check_refused(&self, service: &Service) {
        let doubts = self.writers.iter().filter_map(|writer| writer.ledger.doubt.as_ref());
        let refused: BTreeSet<_> = doubts.filter_map(Step::new_name).collect();
        let lists =
            [("/api/servers", "servers"), ("/api/api-keys", "apiKeys"), ("/api/audit-logs", "entries")];
        for (path, items) in lists {
            let read = service.api.get(&format!("{path}?limit=100")).await;
            let answers = matches!(read.status, 200 | 503);
            assert!(answers, "GET {path} answers {}: {}\n{}", read.status, read.body, service.log());
            for item in read.body[items].as_array().into_iter().flatten() {
                let names = [&item["name"], &item["metadata"]["name"]];
                let seen =
                    names.into_iter().filter_map(|name| name.as_str()).find(|name| refused.contains(name));
                assert_eq!(seen, None, "what was refused is seen: {item}");
            }
        }
    }

    /// Has everybody write until `service` is killed, at a random moment.
    pub(crate) async fn write_and_kill(&mut self, service: Service) {
        let api = service.api.clone();
        for stopped in self.write_until(&api, service.kill()).await {
            assert!(matches!(stopped, Stopped::Lost), "writing goes well until the kill: {stopped:?}");
        }
    }

    /// Has everybody write until each of them is stopped by `crash`, which happens at a random moment.
    pub(crate) async fn write_until(&mut self, api: &Api, crash: impl Future<Output = ()>) -> Vec<Stopped> {
        let mut tasks = JoinSet::new();
        for mut writer in self.writers.drain(..) {
            let api = api.clone();
            tasks.spawn(async move {
                let stopped = writer.write(&api).await;
                (writer, stopped)
            });
        }
        tokio::time::sleep(self.dice.between_ms(50, 400)).await;
        crash.await;
        let begin = Instant::now();
        self.rounds += 1;
        let (writers, stopped) = tasks.join_all().await.into_iter().unzip();
        self.writers = writers;
        self.slowest_stop = self.slowest_stop.max(begin.elapsed());
        stopped
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let acknowledged: u64 = self.writers.iter().map(|writer| writer.ledger.acknowledged).sum();
        let Settled { done, undone } = self.settled;
        let (start, stop) = (self.slowest_start.as_millis(), self.slowest_stop.as_millis());
        write!(
            f,
            "{} crashes, {acknowledged} acknowledged changes, none lost; {} in doubt, {done} of them done; slowest \
             start {start} ms, slowest end of a writer {stop} ms; {:.1} s in all",
            self.rounds,
            done + undone,
            self.begin.elapsed().as_secs_f32(),
        )
    }
}

/// Verifies the audit log with the binary's own command, which finds nothing wrong.
pub(crate) async fn verify(launch: &Launch) {
    let output = launch.run(&["audit", "verify"]).await;
    assert!(output.status.success(), "audit verify: {output:?}");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains(" entries, head "), "audit verify finds no chain at all: {output:?}");
}
