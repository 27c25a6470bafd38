//! The store traits of registry-core on embedded sled 0.34.
//!
//! - **One writer.** A thread owns all mutation. It plans each job from what is stored, applies it as one transaction
//!   over all the trees that it touches (record, indexes, audit entry, head of the chain), syncs once for all jobs
//!   that waited, and only then answers. `Ok` means that the data is on disk, whatever the power does next.
//! - **Readers see only what is on disk.** What is applied but not yet synced is hidden from them.
//! - **A failed sync stops all writes** until the store is opened again: after it, nothing is known of what was
//!   written.
//! - **Lists of servers** come from memory, built when they are first asked for and kept up to date by the writer.
//! - **Older formats** are brought to the present one when the store is opened; the new one is only called so once it is on
//!   disk, so an interrupted upgrade leaves a store that the older version still opens.
//! - **One process.** The folder is locked; a second opening is refused.
//!
//! Point reads run where they are called: they take microseconds. Lists run on Tokio's blocking threads (which
//! exist under every flavor of its runtime), since a filter may look at every row and the first list builds.

mod admin;
mod alert;
mod analytics;
mod audit;
mod capability;
mod check_rollup;
mod claims;
mod codec;
mod core;
mod delivery;
mod dependency;
mod disk;
mod event;
mod fault;
mod haystack;
mod health;
mod health_job;
mod home;
mod key;
mod key_list;
mod open;
mod order;
mod outline;
mod page;
mod plan;
mod postings;
mod preference;
mod prune;
mod record;
mod rollup;
mod row;
mod server;
mod server_count;
mod server_list;
mod session;
mod shelf;
mod shelves;
mod slots;
mod status_change;
mod table;
mod tenant;
mod ticket;
mod tool_search;
mod upgrade;
mod usage;
mod usage_rollup;
mod user;
mod user_change;
mod user_list;
mod user_row;
mod view;
mod watch;
mod webhook;
mod writer;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use registry_core::model::audit::AuditEvent;
use registry_core::store::{EventSignal, Operation, Store, StoreError, StoreMeter};

use crate::core::Core;
use crate::open::Running;
use crate::plan::Draft;

pub use crate::open::{CACHE_BYTES, FORMAT, OpenError};

/// A store in a folder of its own.
pub struct SledStore {
    /// `None` once it is closed.
    running: RwLock<Option<Running>>,
    signal: EventSignal,
    meter: StoreMeter,
}

impl SledStore {
    /// Opens the store in the folder `path`; creates it if need be.
    ///
    /// # Errors
    /// [`OpenError`] if another process has it open, a newer version wrote it, or it cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let running = Running::start(path.as_ref())?;
        let signal = running.core.signal.clone();
        Ok(Self { running: RwLock::new(Some(running)), signal, meter: StoreMeter::new("sled") })
    }

    fn with<T>(&self, use_it: impl FnOnce(&Running) -> T) -> Result<T, StoreError> {
        let running = self.running.read().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(use_it).ok_or_else(closed)
    }

    fn core(&self) -> Result<Arc<Core>, StoreError> {
        self.with(|running| running.core.clone())
    }

    /// Runs a read that may take more than a few microseconds.
    async fn read<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Core) -> Result<T, StoreError> + Send + 'static,
    {
        let core = self.core()?;
        let reading = tokio::task::spawn_blocking(move || core.view.at_once(|| read(&core)));
        self.meter.time(Operation::Read, async { reading.await.map_err(StoreError::backend)? }).await
    }

    /// Writes what `plan` plans together with the audit entry of `event`, which the plan may add to.
    async fn write<T, F>(&self, mut event: AuditEvent, plan: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Draft<'_>, &mut AuditEvent) -> Result<T, StoreError> + Send + 'static,
    {
        let audited = move |draft: &mut Draft<'_>| {
            let planned = plan(draft, &mut event)?;
            audit::append(draft, event)?;
            Ok(planned)
        };
        self.write_unaudited(audited).await
    }

    /// Writes what `plan` plans: only for what the contract takes no audit event for.
    async fn write_unaudited<T, F>(&self, plan: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Draft<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let jobs = self.with(|running| running.jobs.clone())?;
        self.meter.time(Operation::Write, writer::write(&jobs, plan)).await
    }

    fn take(&self) -> Option<Running> {
        self.running.write().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

#[async_trait]
impl Store for SledStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.core()?.state()
    }

    fn is_shared(&self) -> bool {
        false
    }

    async fn close(&self) -> Result<(), StoreError> {
        let Some(running) = self.take() else { return Ok(()) };
        tokio::task::spawn_blocking(move || running.stop()).await.map_err(StoreError::backend)?
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        if let Some(running) = self.take()
            && let Err(error) = running.stop()
        {
            tracing::error!(%error, "the sled store did not close cleanly");
        }
    }
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SledStore")
    }
}
