//! The limiter.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::bucket::{Bucket, Buckets};
use super::count::{Decisions, Source};
use super::decision::Decision;
use super::keep::{KEPT_BUCKETS, Keep};
use super::name::BucketName;
use super::quota::Limit;
use super::shared::SharedLimits;
use super::ticks::{SystemTicks, Ticks};
use super::watch::Watch;

/// Decides whether a call may go on. One for a process, made after the recorder of metrics is installed: what is
/// counted before that is lost.
///
/// A decision of this node takes no lock and allocates nothing. With shared limits:
///
/// - What this node must deny by itself is denied at once; a flood does not reach the shared limits.
/// - They decide the rest. What they allow is taken from this node's buckets too, so these limit at once when the
///   shared ones go away, and this node never allows more than the limit, whatever the shared ones have
///   forgotten. What they deny is taken from none.
/// - Failing or slow, this node decides. N nodes then allow up to N times the limit, and no more.
pub struct Limiter {
    ticks: Arc<dyn Ticks>,
    keep: Keep,
    shared: Option<Watch>,
    decisions: Decisions,
}

impl Limiter {
    /// A limiter of this node alone.
    pub fn local() -> Self {
        Self::with_ticks(Arc::new(SystemTicks::default()))
    }

    /// The same, with another's time.
    pub fn with_ticks(ticks: Arc<dyn Ticks>) -> Self {
        Self { ticks, keep: Keep::new(KEPT_BUCKETS), shared: None, decisions: Decisions::new() }
    }

    /// The same limiter, but `shared` decides for all nodes as long as each answer comes within `wait`
    /// ([`SHARED_WAIT`](super::SHARED_WAIT) is a good bound).
    #[must_use]
    pub fn sharing(mut self, shared: Arc<dyn SharedLimits>, wait: Duration) -> Self {
        self.shared = Some(Watch::new(shared, wait, Arc::clone(&self.ticks)));
        self
    }

    /// The one bucket of this name, or `None` if the limit is none. Hold it for as long as the caller is known:
    /// finding it costs a look-up. It is of use to this limiter only, as it goes by its time.
    ///
    /// The same name with another limit makes a new bucket, which is full. A bucket that is held is never
    /// forgotten. One that is not is forgotten, with what was taken from it, when [`KEPT_BUCKETS`] others were
    /// wanted since: for the bucket of an address as many other addresses, which would be allowed as many
    /// times more anyway.
    pub fn bucket(&self, name: BucketName, limit: impl Into<Limit>) -> Option<Arc<Bucket>> {
        match limit.into() {
            Limit::Unlimited => None,
            Limit::Of(quota) => Some(self.keep.get(name, quota)),
        }
    }

    /// Takes a call from all buckets, or from none.
    pub async fn take(&self, buckets: &Buckets<'_>) -> Decision {
        match &self.shared {
            Some(shared) => self.take_shared(shared, buckets).await,
            None => self.take_local(buckets),
        }
    }

    /// Like [`take`](Self::take) without waiting, or `None` if others have a say.
    pub fn try_take_local(&self, buckets: &Buckets<'_>) -> Option<Decision> {
        self.shared.is_none().then(|| self.take_local(buckets))
    }

    fn take_local(&self, buckets: &Buckets<'_>) -> Decision {
        self.counted(buckets.take(self.ticks.nanos()), Source::Local)
    }

    async fn take_shared(&self, shared: &Watch, buckets: &Buckets<'_>) -> Decision {
        if buckets.iter().next().is_none() {
            return Decision::Unlimited;
        }
        if let Some(denied) = buckets.look(self.ticks.nanos()) {
            return self.counted(Decision::Denied(denied), Source::Local);
        }
        let Some(decision) = shared.take(buckets).await else { return self.take_local(buckets) };
        if decision.is_allowed() {
            let local = buckets.take(self.ticks.nanos());
            if !local.is_allowed() {
                return self.counted(local, Source::Local);
            }
        }
        self.counted(decision, Source::Shared)
    }

    fn counted(&self, decision: Decision, source: Source) -> Decision {
        self.decisions.add(&decision, source);
        decision
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limiter")
    }
}
