//! Monitor: checks servers without being asked.
//!
//! A loop claims what is due in the next moment, and puts each check into the line of its host when it is due; checks are done
//! by tasks, so many at once, and one at a host. What is claimed is due again when the claim ends, so a node that dies, or is too slow, holds nobody up.

mod attempt;
mod job;
mod jobs;
mod line;
mod meter;
mod upcoming;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval};

use self::job::{Host, Job, Reason};
use self::jobs::Jobs;
use self::line::Lines;
use self::meter::Meter;
use self::upcoming::Upcoming;
use super::context::Context;
use crate::access::Reach;
use crate::error::{Error, chain};
use crate::model::health::CheckStatus;
use crate::model::id::ServerId;
use crate::model::watch::LEASE;
use crate::service::health_job::Batch;
use crate::store::StoreError;

/// How often the store is asked for what is due.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long before it is due a check may be claimed: until the store is asked the next time.
const LOOK_AHEAD: Duration = POLL_INTERVAL;
/// The pause after the store has failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// How many servers that said that they list other things now are put into lines at once, at most.
const REFRESHES_AT_ONCE: usize = 16;
/// How many checks are claimed and not begun, at most.
const MAX_WAITING: usize = 4_096;
/// The most checks at once unless the operator says otherwise.
pub const DEFAULT_CONCURRENCY: u32 = 128;

/// How a node watches servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonitorSettings {
    /// Whether it does checks that are due. If no node does, nobody does.
    pub scheduled: bool,
    /// How many checks it does at once; at least 1.
    pub concurrency: u32,
}

impl Default for MonitorSettings {
    fn default() -> Self {
        Self { scheduled: true, concurrency: DEFAULT_CONCURRENCY }
    }
}

/// Checks servers without being asked.
pub struct MonitorService {
    context: Arc<Context>,
}

impl MonitorService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Checks what is due, and what is asked for by jobs, until `stop` ends. Then it gives back what it has claimed.
    /// A registry has one monitor; a second one takes no jobs.
    pub async fn run(&self, settings: MonitorSettings, stop: impl Future<Output = ()>) {
        let mut monitor = Monitor::new(self.context.clone(), settings);
        monitor.run(stop).await;
        monitor.end().await;
    }
}

/// What came of a check.
struct Outcome {
    status: CheckStatus,
    /// Why it did not find the server well.
    code: Option<String>,
}

/// A check that is being done.
struct Running {
    host: Host,
    server: ServerId,
    reason: Reason,
    since: Instant,
}

struct Monitor {
    context: Arc<Context>,
    concurrency: usize,
    upcoming: Upcoming,
    lines: Lines,
    jobs: Jobs,
    /// Where jobs come from; `None` once there can be no more.
    orders: Option<mpsc::Receiver<Batch>>,
    tasks: JoinSet<Result<Outcome, Error>>,
    running: HashMap<Id, Running>,
    /// The store is asked for nothing until then.
    paused_until: Instant,
    scheduled: bool,
    meter: Meter,
}

impl Monitor {
    fn new(context: Arc<Context>, settings: MonitorSettings) -> Self {
        let orders = context.ordered.lock().unwrap_or_else(PoisonError::into_inner).take();
        Self {
            jobs: Jobs::default(),
            orders,
            context,
            concurrency: usize::try_from(settings.concurrency.max(1)).unwrap_or(usize::MAX),
            upcoming: Upcoming::default(),
            lines: Lines::default(),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            paused_until: Instant::now(),
            scheduled: settings.scheduled,
            meter: Meter::new(),
        }
    }

    async fn run(&mut self, stop: impl Future<Output = ()>) {
        let mut ticks = interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                _ = ticks.tick() => self.tick().await,
                () = self.upcoming.due() => {}
                order = next(&mut self.orders), if self.jobs.has_room() => self.order(order),
                Some(done) = self.tasks.join_next_with_id() => self.done(done),
            }
            self.line_up_due();
            self.begin();
            self.meter.load(self.running.len(), self.lines.waiting());
        }
    }

    async fn tick(&mut self) {
        self.jobs.write(&self.context).await;
        self.refresh().await;
        self.poll().await;
    }

    /// Puts servers that said that they list other things now into the lines of their hosts. One that finds no place, or
    /// cannot be read, waits on.
    async fn refresh(&mut self) {
        let now = self.context.clock.now();
        for id in self.context.refreshes.take(now, REFRESHES_AT_ONCE) {
            if self.is_paused() || !self.line_up(id).await {
                self.context.refreshes.note(id, now);
            }
        }
    }

    /// Puts a look at this server into its host's line. Whether there is nothing left to do.
    async fn line_up(&mut self, id: ServerId) -> bool {
        match self.context.store.server(Reach::AllTenants, id).await {
            Ok(Some(server)) => self.lines.push(Job::noted(server)).is_ok(),
            Ok(None) => true,
            Err(error) => {
                self.pause(error);
                false
            }
        }
    }

    fn is_paused(&self) -> bool {
        Instant::now() < self.paused_until
    }

    /// The store has failed: it is left alone for a moment.
    fn pause(&mut self, error: StoreError) {
        let error = chain(&Error::from(error));
        tracing::warn!(error, "the servers that are to be checked could not be read");
        self.paused_until = Instant::now() + STORE_PAUSE;
    }

    fn order(&mut self, order: Option<Batch>) {
        match order {
            Some(batch) => self.jobs.add(batch),
            None => self.orders = None,
        }
    }

    /// Claims what is due, if there is room.
    async fn poll(&mut self) {
        if !self.scheduled || self.is_paused() {
            return;
        }
        if let Err(error) = self.claim().await {
            self.pause(error);
        }
    }

    async fn claim(&mut self) -> Result<(), StoreError> {
        let (now, limit) = (self.context.clock.now(), self.room());
        if limit > 0 {
            for claim in self.context.store.claim_due(now + LOOK_AHEAD, now + LEASE, limit).await? {
                let wait = (claim.lease.due_at - now).to_std().unwrap_or_default();
                self.upcoming.put(Instant::now() + LOOK_AHEAD.min(wait), Job::of(claim));
            }
        }
        let earliest = self.context.store.earliest_due().await?;
        self.meter.queue(earliest, now);
        Ok(())
    }

    /// Puts the checks that are due by now into the lines of their hosts.
    fn line_up_due(&mut self) {
        let now = Instant::now();
        while let Some(job) = self.upcoming.take(now) {
            if self.lines.push(job).is_err() {
                self.meter.lapsed(1);
            }
        }
    }

    /// How many checks to claim: no more than can be begun soon, whatever waits for a slow host.
    fn room(&self) -> u32 {
        let upcoming = self.upcoming.waiting();
        let soon = (2 * self.concurrency).saturating_sub(self.lines.ready() + upcoming);
        let room = soon.min(MAX_WAITING.saturating_sub(self.lines.waiting() + upcoming));
        u32::try_from(room).unwrap_or(u32::MAX)
    }

    /// Begins as many checks as may be done at once.
    fn begin(&mut self) {
        // Half of the places are for what is due.
        self.jobs.feed(&mut self.lines, self.concurrency.div_ceil(2));
        while self.running.len() < self.concurrency {
            let Some(job) = self.lines.next() else { return };
            let host = job.host();
            if job.has_time(Duration::ZERO) {
                self.spawn(host, job);
            } else {
                self.meter.lapsed(1);
                self.lines.done(&host, job.timeout());
            }
        }
    }

    fn spawn(&mut self, host: Host, job: Job) {
        if let Reason::Due(lease) = &job.reason {
            self.meter.begins(lease.due_at, self.context.clock.now());
        }
        let reason = job.reason.clone();
        let running = Running { host, server: job.server.id, reason, since: Instant::now() };
        let context = self.context.clone();
        let task = self.tasks.spawn(async move { attempt::check(&context, &job).await });
        self.running.insert(task.id(), running);
    }

    fn done(&mut self, done: Result<(Id, Result<Outcome, Error>), JoinError>) {
        let (id, outcome) = match done {
            Ok((id, outcome)) => (id, outcome.map_err(|error| chain(&error))),
            Err(error) => (error.id(), Err(error.to_string())),
        };
        let Some(running) = self.running.remove(&id) else { return };
        let took = running.since.elapsed();
        self.lines.done(&running.host, took);
        if let Err(error) = &outcome {
            tracing::warn!(server = %running.server, error, "a health check was not recorded");
        }
        match &running.reason {
            Reason::Due(_) => self.meter.ends(outcome.ok().map(|outcome| outcome.status), took),
            Reason::Asked(asked) => self.jobs.done(asked, running.server, outcome.ok()),
            Reason::Noted => {}
        }
    }

    /// Stops what is being done and gives the claims back, for others to go on at once.
    async fn end(mut self) {
        self.tasks.shutdown().await;
        self.jobs.stop(&self.context).await;
        let running = self.running.values().map(|running| (running.server, running.reason.clone()));
        let waiting = self.lines.drain().into_iter().chain(self.upcoming.drain());
        let waiting = waiting.map(|job| (job.server.id, job.reason));
        let lease = |(server, reason)| match reason {
            Reason::Due(lease) => Some((server, lease)),
            Reason::Asked(_) | Reason::Noted => None,
        };
        let claims: Vec<_> = running.chain(waiting).filter_map(lease).collect();
        if !claims.is_empty()
            && let Err(error) = self.context.store.release_claims(&claims).await
        {
            let error = chain(&Error::from(error));
            tracing::warn!(error, "claims of health checks were not given back; they end by themselves");
        }
        self.meter.load(0, 0);
    }
}

/// The next job; none ever if there is nobody left who could send one.
async fn next(orders: &mut Option<mpsc::Receiver<Batch>>) -> Option<Batch> {
    match orders {
        Some(orders) => orders.recv().await,
        None => std::future::pending().await,
    }
}
