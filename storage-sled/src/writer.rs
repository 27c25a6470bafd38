//! The one thread that changes anything.
//!
//! It takes the jobs that wait, plans and applies one after the other (each as one sled transaction over all the trees
//! that it touches), syncs once for all of them, and only then answers. As nobody else writes, what a plan reads
//! cannot change under it. A job whose plan fails changes nothing and leaves its neighbours alone.
//!
//! When a transaction or a sync fails, every job of the group is answered with `Unavailable`, and so is every later
//! one: after a failed fsync the kernel may have dropped the pages that it could not write, so nothing that was
//! written since the last good sync is known to be there, and a second fsync would say nothing about it. Only
//! opening the store again, which reads what really is on disk, helps. Readers see the last state that was synced
//! ([`crate::view`]), or `Unavailable`, for sled itself may refuse to read after an error.

use std::convert::Infallible;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use metrics::Gauge;
use registry_core::store::StoreError;
use sled::transaction::{TransactionError, Transactional};
use sled::{Db, Tree};
use tokio::sync::{mpsc, oneshot};

use crate::core::Core;
use crate::disk::Syncer;
use crate::plan::{Draft, Plan};
use crate::shelf::RowChange;
use crate::table::Table;

/// How many jobs may wait for the writer; who comes then waits to be let in.
const QUEUE: usize = 1_024;
/// The metric of the jobs that wait.
const WAITING: &str = "mcp_registry_store_writer_queue";
/// How many jobs one sync is for, at most.
const GROUP: usize = 256;

/// A write: a plan, and somebody who waits for what comes of it.
pub(crate) trait Job: Send {
    /// Plans the changes; `None` if the plan fails.
    fn plan(&mut self, core: &Core) -> Option<Plan>;

    /// Answers: with what the plan said if the group was synced, with the error if not.
    fn finish(self: Box<Self>, synced: Result<(), StoreError>);
}

struct Task<T, F> {
    plan: Option<F>,
    planned: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnOnce(&mut Draft<'_>) -> Result<T, StoreError> + Send> Job for Task<T, F> {
    fn plan(&mut self, core: &Core) -> Option<Plan> {
        let plan = self.plan.take()?;
        let mut draft = Draft::new(core);
        let planned = plan(&mut draft);
        let succeeded = planned.is_ok();
        self.planned = Some(planned);
        succeeded.then(|| draft.finish())
    }

    fn finish(self: Box<Self>, synced: Result<(), StoreError>) {
        let planned = self.planned.unwrap_or_else(|| Err(stopped()));
        // Nobody waits any more if the caller was cancelled; the write stands all the same.
        let _ = self.reply.send(synced.and(planned));
    }
}

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Jobs {
    sender: mpsc::Sender<Box<dyn Job>>,
    waiting: Gauge,
}

impl Jobs {
    /// Hands a job over, as soon as there is room.
    async fn send(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        let place = self.sender.reserve().await.map_err(|_| stopped())?;
        // Before it is sent, so that the writer cannot take it off the count earlier; and a place is never given up.
        self.waiting.increment(1);
        place.send(job);
        Ok(())
    }
}

/// Starts the writer. It ends when the last `Jobs` is dropped and all jobs are done.
pub(crate) fn start(core: Arc<Core>, db: Db, syncer: Syncer) -> std::io::Result<(Jobs, JoinHandle<()>)> {
    metrics::describe_gauge!(WAITING, "Writes that wait for the embedded store's writer");
    let waiting = metrics::gauge!(WAITING);
    let (sender, queue) = mpsc::channel(QUEUE);
    let writer = Writer { core, db, syncer, waiting: waiting.clone() };
    let thread = Builder::new().name("sled-writer".to_owned()).spawn(move || writer.run(queue))?;
    Ok((Jobs { sender, waiting }, thread))
}

/// Has the writer do what `plan` plans, and waits until it is on disk.
pub(crate) async fn write<T, F>(jobs: &Jobs, plan: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce(&mut Draft<'_>) -> Result<T, StoreError> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let task = Task { plan: Some(plan), planned: None, reply };
    jobs.send(Box::new(task)).await?;
    answer.await.map_err(|_| stopped())?
}

fn stopped() -> StoreError {
    StoreError::Unavailable("the writer of the sled store has stopped".to_owned())
}

/// What the writes of a group mean for others, once they are on disk.
#[derive(Default)]
struct Effects {
    rows: Vec<Arc<RowChange>>,
    tells: bool,
}

struct Writer {
    core: Arc<Core>,
    db: Db,
    syncer: Syncer,
    waiting: Gauge,
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Box<dyn Job>>) {
        while let Some(job) = queue.blocking_recv() {
            let mut group = vec![job];
            let mut effects = Effects::default();
            let mut changed = self.take(&mut group[0], &mut effects);
            while group.len() < GROUP {
                let Ok(mut job) = queue.try_recv() else { break };
                changed |= self.take(&mut job, &mut effects);
                group.push(job);
            }
            self.waiting.decrement(group.len() as f64);
            if changed {
                self.sync();
            }
            if self.core.state().is_ok() {
                self.core.shelves.apply(&effects.rows);
                if effects.tells {
                    self.core.signal.raise();
                }
            }
            for job in group {
                job.finish(self.core.state());
            }
        }
    }

    /// Plans and applies a job; whether that changed anything.
    fn take(&self, job: &mut Box<dyn Job>, effects: &mut Effects) -> bool {
        if self.core.state().is_err() {
            return false;
        }
        let Some(plan) = job.plan(&self.core) else { return false };
        if plan.changes.is_empty() {
            return false;
        }
        if let Err(error) = self.apply(&plan) {
            self.poison(&format!("a transaction failed: {error}"));
        }
        effects.rows.extend(plan.rows);
        effects.tells |= plan.tells;
        true
    }

    fn apply(&self, plan: &Plan) -> Result<(), TransactionError<Infallible>> {
        let view = &self.core.view;
        view.pending.note(&view.tables, plan.changes.keys())?;
        let mut touched: Vec<Table> = plan.changes.keys().map(|(table, _)| *table).collect();
        touched.dedup();
        let trees: Vec<&Tree> = touched.iter().map(|table| view.tables.of(*table)).collect();
        trees[..].transaction(|views| {
            let mut position = 0;
            for ((table, key), value) in &plan.changes {
                position += usize::from(touched[position] != *table);
                match value {
                    Some(value) => views[position].insert(key.as_slice(), value.as_slice())?,
                    None => views[position].remove(key.as_slice())?,
                };
            }
            Ok(())
        })
    }

    fn sync(&mut self) {
        if self.core.state().is_err() {
            return;
        }
        if let Err(error) = self.db.flush() {
            return self.poison(&format!("sled could not write its log: {error}"));
        }
        if let Err(error) = self.syncer.sync() {
            return self.poison(&format!("the data could not be synced to disk: {error}"));
        }
        self.core.view.pending.forget();
    }

    fn poison(&self, reason: &str) {
        tracing::error!(reason, "the store takes no more writes");
        let _ = self
            .core
            .poison
            .set(format!("{reason}; the store takes no more writes until it is opened again"));
    }
}
