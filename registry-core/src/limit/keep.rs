//! Keeps buckets by name.

use std::sync::Arc;

use quick_cache::sync::{Cache, EntryAction, EntryResult};
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};

use super::bucket::Bucket;
use super::name::BucketName;
use super::quota::Quota;

/// How many buckets are kept of keys, users, tenants and servers together, and as many again of addresses: about
/// 200 bytes each, so 80 MB if all are there.
pub const KEPT_BUCKETS: usize = 200_000;
/// For how many buckets room is made at the start.
const INITIAL_BUCKETS: usize = 1_024;

type Kept = Cache<BucketName, Arc<Bucket>, UnitWeighter, DefaultHashBuilder, InUse>;

/// The buckets there are. Addresses have a cache of their own, so that whoever has many of them can push out no
/// other's bucket.
pub(super) struct Keep {
    principals: Kept,
    addresses: Kept,
}

impl Keep {
    /// Keeps up to `capacity` of either sort, and those in use besides.
    pub(super) fn new(capacity: usize) -> Self {
        let kept = || {
            let initial = INITIAL_BUCKETS.min(capacity);
            Cache::with(initial, capacity as u64, UnitWeighter, DefaultHashBuilder::default(), InUse)
        };
        Self { principals: kept(), addresses: kept() }
    }

    /// The one bucket of this name; a new one if it was made for another quota.
    pub(super) fn get(&self, name: BucketName, quota: Quota) -> Arc<Bucket> {
        let kept = if name.is_of_address() { &self.addresses } else { &self.principals };
        kept.get(&name).filter(|bucket| bucket.quota() == quota).unwrap_or_else(|| make(kept, name, quota))
    }
}

/// Of two threads that want the same bucket at once, both get the one.
fn make(kept: &Kept, name: BucketName, quota: Quota) -> Arc<Bucket> {
    let fresh = || Arc::new(Bucket::new(name, quota));
    let entry = kept.entry(&name, None, |_, bucket| {
        if bucket.quota() != quota {
            *bucket = fresh();
        }
        EntryAction::Retain(Arc::clone(bucket))
    });
    match entry {
        EntryResult::Retained(bucket) => bucket,
        EntryResult::Vacant(place) => {
            let bucket = fresh();
            // Fails only if the entry was removed meanwhile, and nothing here removes one.
            let _ = place.insert(Arc::clone(&bucket));
            bucket
        }
        // Not reached: the action above retains, and waits without a bound.
        EntryResult::Removed(..) | EntryResult::Replaced(..) | EntryResult::Timeout => fresh(),
    }
}

/// A bucket that somebody holds is not pushed out: else the next look-up would make a second one beside it, and
/// its caller would have twice its limit.
#[derive(Debug, Clone)]
struct InUse;

impl Lifecycle<BucketName, Arc<Bucket>> for InUse {
    type RequestState = ();

    fn is_pinned(&self, _: &BucketName, bucket: &Arc<Bucket>) -> bool {
        Arc::strong_count(bucket) > 1
    }

    fn on_evict(&self, (): &mut (), _: BucketName, _: Arc<Bucket>) {}
}
