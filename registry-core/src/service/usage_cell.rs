//! Usage cell: counts the use of one key or server until the next batch. Whoever counts waits for nobody.

use std::array;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;
use crate::model::latency::{self, Latencies};
use crate::model::usage::{CallError, ErrorCounts, Usage, UsageSubject};

/// One request, as it is counted.
#[derive(Debug, Clone, Copy)]
pub struct Use {
    /// Whose doing it was, if it failed.
    pub error: Option<CallError>,
    /// Bytes of the request's body.
    pub bytes_in: u64,
    /// Bytes of the answer's body.
    pub bytes_out: u64,
    /// How long until the answer of a server began; `None` if no server was called.
    pub latency: Option<Duration>,
    /// When.
    pub at: Timestamp,
    /// From where.
    pub ip_address: Option<IpAddr>,
}

/// Counts the use of one key or server until the next batch.
#[derive(Debug)]
pub struct UsageCell {
    pub(super) subject: UsageSubject,
    requests: AtomicU64,
    /// In the order of [`CallError::ALL`].
    errors: [AtomicU64; CallError::ALL.len()],
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    latency_us: AtomicU64,
    /// Made by the first call: many keys that are at hand call no server.
    latencies: OnceLock<Box<Buckets>>,
    last_used_us: AtomicI64,
    last_ip: Mutex<Option<IpAddr>>,
    /// Whether the cell waits in the book for the next batch.
    waiting: AtomicBool,
}

/// What was counted in each bucket since the last batch: of that, four billion are enough.
type Buckets = [AtomicU32; latency::BUCKETS];

impl UsageCell {
    /// A cell of zeros.
    pub fn new(subject: UsageSubject) -> Self {
        Self {
            subject,
            requests: AtomicU64::new(0),
            errors: array::from_fn(|_| AtomicU64::new(0)),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            latency_us: AtomicU64::new(0),
            latencies: OnceLock::new(),
            last_used_us: AtomicI64::new(0),
            last_ip: Mutex::new(None),
            waiting: AtomicBool::new(false),
        }
    }

    pub(super) fn add(&self, request: &Use) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(error) = request.error {
            self.errors[error as usize].fetch_add(1, Ordering::Relaxed);
        }
        for (counter, bytes) in [(&self.bytes_in, request.bytes_in), (&self.bytes_out, request.bytes_out)] {
            if bytes > 0 {
                counter.fetch_add(bytes, Ordering::Relaxed);
            }
        }
        if let Some(latency) = request.latency {
            self.measure(latency);
        }
        self.last_used_us.fetch_max(request.at.timestamp_micros(), Ordering::Relaxed);
        // Whoever does not get the lock leaves the address to whoever has it: nobody waits.
        if let Ok(mut last) = self.last_ip.try_lock() {
            *last = request.ip_address.or(*last);
        }
    }

    fn measure(&self, latency: Duration) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latency_us.fetch_add(us, Ordering::Relaxed);
        let buckets = self.latencies.get_or_init(|| Box::new(array::from_fn(|_| AtomicU32::new(0))));
        buckets[latency::bucket_of(latency)].fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that the cell waits for the next batch; whether it waited already. A swap, not a load: whoever takes the batch
    /// then sees what was counted before.
    pub(super) fn note_waiting(&self) -> bool {
        self.waiting.swap(true, Ordering::AcqRel)
    }

    /// What was counted since the last call. First the flag, then the counters: a use in between waits for the next batch.
    pub(super) fn take(&self) -> Usage {
        self.waiting.swap(false, Ordering::AcqRel);
        let last_used = self.last_used_us.load(Ordering::Relaxed);
        let errors = ErrorCounts::from(self.errors.each_ref().map(take));
        let [bytes_in, bytes_out] = [take(&self.bytes_in), take(&self.bytes_out)];
        Usage {
            requests: take(&self.requests),
            errors: errors.total(),
            errors_by_kind: errors,
            bytes_transferred: bytes_in.saturating_add(bytes_out),
            bytes_in,
            bytes_out,
            latencies: self.take_latencies(),
            last_used_at: (last_used > 0).then(|| Timestamp::from_timestamp_micros(last_used)).flatten(),
            last_used_ip: *self.last_ip.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn take_latencies(&self) -> Latencies {
        let Some(buckets) = self.latencies.get() else { return Latencies::default() };
        let counts = buckets.iter().map(|count| count.swap(0, Ordering::Relaxed).into()).collect();
        // There are as many buckets as there can be.
        Latencies::new(counts, take(&self.latency_us)).unwrap_or_default()
    }
}

fn take(counter: &AtomicU64) -> u64 {
    counter.swap(0, Ordering::Relaxed)
}
