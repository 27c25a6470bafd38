//! Usage: counted in memory without a lock, stored in batches.
//!
//! A crash loses at most what was counted since the last batch: never a record, never an audit entry.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::context::Context;
use crate::access::{Caller, Permission};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::model::id::{ApiKeyId, ServerId};
use crate::model::usage::{Usage, UsageSubject};

/// One request, as it is counted.
#[derive(Debug, Clone, Copy)]
pub struct Use {
    /// Whether it failed.
    pub is_error: bool,
    /// Bytes of bodies, both ways.
    pub bytes: u64,
    /// How long until the answer began.
    pub latency: Duration,
    /// When.
    pub at: Timestamp,
    /// From where.
    pub ip_address: Option<IpAddr>,
}

/// Counts the use of one key or server until the next batch.
#[derive(Debug)]
pub struct UsageCell {
    subject: UsageSubject,
    requests: AtomicU64,
    errors: AtomicU64,
    bytes: AtomicU64,
    latency_us: AtomicU64,
    last_used_us: AtomicI64,
    last_ip: Mutex<Option<IpAddr>>,
    /// Whether the cell waits in the book for the next batch.
    waiting: AtomicBool,
}

/// What waits for the next batch.
#[derive(Debug, Default)]
pub(super) struct UsageBook {
    /// The cells that were used since the last batch.
    used: Mutex<Vec<Arc<UsageCell>>>,
    /// What the store did not take, summed up: at most one value a key and server, however long it is away.
    refused: Mutex<Batch>,
}

type Batch = BTreeMap<UsageSubject, Usage>;

impl UsageCell {
    /// A cell of zeros.
    pub fn new(subject: UsageSubject) -> Self {
        Self {
            subject,
            requests: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            latency_us: AtomicU64::new(0),
            last_used_us: AtomicI64::new(0),
            last_ip: Mutex::new(None),
            waiting: AtomicBool::new(false),
        }
    }

    fn add(&self, request: &Use) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.errors.fetch_add(u64::from(request.is_error), Ordering::Relaxed);
        self.bytes.fetch_add(request.bytes, Ordering::Relaxed);
        let latency = u64::try_from(request.latency.as_micros()).unwrap_or(u64::MAX);
        self.latency_us.fetch_add(latency, Ordering::Relaxed);
        self.last_used_us.fetch_max(request.at.timestamp_micros(), Ordering::Relaxed);
        // Whoever does not get the lock leaves the address to whoever has it: nobody waits.
        if let Ok(mut last) = self.last_ip.try_lock() {
            *last = request.ip_address.or(*last);
        }
    }

    /// What was counted since the last call.
    fn take(&self) -> Usage {
        let last_used = self.last_used_us.load(Ordering::Relaxed);
        Usage {
            requests: self.requests.swap(0, Ordering::Relaxed),
            errors: self.errors.swap(0, Ordering::Relaxed),
            bytes_transferred: self.bytes.swap(0, Ordering::Relaxed),
            total_latency_us: self.latency_us.swap(0, Ordering::Relaxed),
            last_used_at: (last_used > 0).then(|| Timestamp::from_timestamp_micros(last_used)).flatten(),
            last_used_ip: *lock(&self.last_ip),
        }
    }
}

impl UsageBook {
    fn count(&self, cell: &Arc<UsageCell>, request: &Use) {
        cell.add(request);
        // The book's lock is taken once per cell and batch, not once per request.
        if !cell.waiting.swap(true, Ordering::AcqRel) {
            lock(&self.used).push(cell.clone());
        }
    }

    fn take(&self) -> Batch {
        let mut batch = std::mem::take(&mut *lock(&self.refused));
        for cell in std::mem::take(&mut *lock(&self.used)) {
            // First the flag, then the counters: a use in between waits for the next batch.
            cell.waiting.swap(false, Ordering::AcqRel);
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
    context: Arc<Context>,
}

impl UsageService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Counts a request.
    pub fn count(&self, cell: &Arc<UsageCell>, request: &Use) {
        self.context.usage.count(cell, request);
    }

    /// Stores what was counted since the last batch. To be called each second, and at the end.
    ///
    /// # Errors
    /// [`Error`] if the store refuses; the batch waits for the next call then.
    pub async fn flush(&self) -> Result<(), Error> {
        let batch: Vec<_> = self.context.usage.take().into_iter().collect();
        if batch.is_empty() {
            return Ok(());
        }
        let stored = self.context.store.add_usage(&batch).await;
        if stored.is_err() {
            self.context.usage.put_back(batch);
        }
        Ok(stored?)
    }

    /// The counters of a key.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn of_key(&self, caller: &Caller, id: ApiKeyId) -> Result<Usage, Error> {
        let key = self.context.permitted_key(caller, Permission::KeyRead, id).await?;
        Ok(self.context.store.usage(Some(key.tenant_id), UsageSubject::Key(id)).await?)
    }

    /// The counters of a server.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn of_server(&self, caller: &Caller, id: ServerId) -> Result<Usage, Error> {
        let server = self.context.permitted_server(caller, Permission::ServerRead, id).await?;
        Ok(self.context.store.usage(server.tenant_id, UsageSubject::Server(id)).await?)
    }
}
