//! Usage: counted in memory without a lock, stored in batches.
//!
//! A crash loses at most what was counted since the last batch: never a record, never an audit entry.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::context::Context;
use super::usage_cell::{UsageCell, Use};
use crate::access::{Caller, Permission, require};
use crate::error::Error;
use crate::model::server::Server;
use crate::model::usage::{Usage, UsageSubject};

/// What waits for the next batch.
#[derive(Debug, Default)]
pub(super) struct UsageBook {
    /// The cells that were used since the last batch.
    used: Mutex<Vec<Arc<UsageCell>>>,
    /// What the store did not take, summed up: at most one value a key and server, however long it is away.
    refused: Mutex<Batch>,
    /// One batch at a time: what was counted before a flush is stored when it ends, also if another one had taken it.
    flushing: tokio::sync::Mutex<()>,
}

type Batch = BTreeMap<UsageSubject, Usage>;

impl UsageBook {
    fn count(&self, cell: &Arc<UsageCell>, request: &Use) {
        cell.add(request);
        // The book's lock is taken once per cell and batch, not once per request.
        if !cell.note_waiting() {
            lock(&self.used).push(cell.clone());
        }
    }

    fn take(&self) -> Batch {
        let mut batch = std::mem::take(&mut *lock(&self.refused));
        for cell in std::mem::take(&mut *lock(&self.used)) {
            batch.entry(cell.subject).or_default().add(&cell.take());
        }
        batch
    }

    fn put_back(&self, batch: Vec<(UsageSubject, Usage)>) {
        let mut refused = lock(&self.refused);
        for (subject, usage) in batch {
            refused.entry(subject).or_default().add(&usage);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Usage counters.
pub struct UsageService {
    pub(super) context: Arc<Context>,
}

impl UsageService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Counts a request.
    pub fn count(&self, cell: &Arc<UsageCell>, request: &Use) {
        self.context.usage.count(cell, request);
    }

    /// Stores what was counted since the last batch, and adds it to the roll-ups now and then; with `all_now` at once. To be
    /// called each second, and at the end.
    ///
    /// # Errors
    /// [`Error`] if the store refuses; what it refused waits for the next call then.
    pub async fn flush(&self, all_now: bool) -> Result<(), Error> {
        let _alone = self.context.usage.flushing.lock().await;
        let counted = self.flush_counters().await;
        let rolled_up = self.flush_rollups(all_now).await;
        counted.and(rolled_up)
    }

    async fn flush_counters(&self) -> Result<(), Error> {
        let batch: Vec<_> = self.context.usage.take().into_iter().collect();
        if batch.is_empty() {
            return Ok(());
        }
        match self.context.store.add_usage(&batch).await {
            Ok(()) => self.context.rollups.gather(self.context.clock.now(), &batch),
            Err(error) => {
                self.context.usage.put_back(batch);
                return Err(error.into());
            }
        }
        Ok(())
    }

    async fn flush_rollups(&self, all_now: bool) -> Result<(), Error> {
        let mut waiting = self.context.rollups.take(self.context.clock.now(), all_now);
        while let Some(part) = waiting.pop() {
            if let Err(error) = self.context.store.add_usage_rollups(&part).await {
                self.context.rollups.put_back(part);
                waiting.into_iter().for_each(|part| self.context.rollups.put_back(part));
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// The counters of a server. They tell of all who call it, whatever their tenant: so they are for whoever reaches the
    /// server's own tenant, and `None` for others who see it because it is shared.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn of_server(&self, caller: &Caller, server: &Server) -> Result<Option<Usage>, Error> {
        require(caller, Permission::ServerRead, server)?;
        match caller.reach().owns(server) {
            true => {
                let subject = UsageSubject::Server(server.id);
                Ok(Some(self.context.store.usage(server.tenant_id, subject).await?))
            }
            false => Ok(None),
        }
    }
}
