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

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use uuid::Uuid;

    use super::*;
    use crate::model::id::UserId;

    const FEW: usize = 64;

    fn user(number: u128) -> BucketName {
        BucketName::User(UserId(Uuid::from_u128(number)))
    }

    fn address(number: u32) -> BucketName {
        BucketName::Refused(IpAddr::V4(Ipv4Addr::from_bits(number)).into())
    }

    fn quota(rpm: u32) -> Quota {
        Quota::new(rpm, rpm).unwrap()
    }

    /// What is wanted once only never pushes out what was there before.
    fn wanted_often(keep: &Keep, name: BucketName) {
        for _ in 0..3 {
            keep.get(name, quota(5));
        }
    }

    #[test]
    fn a_name_has_one_bucket_until_its_quota_changes() {
        let keep = Keep::new(FEW);
        let first = keep.get(user(1), quota(5));
        assert!(Arc::ptr_eq(&first, &keep.get(user(1), quota(5))));
        assert!(!Arc::ptr_eq(&first, &keep.get(user(2), quota(5))));
        let changed = keep.get(user(1), quota(6));
        assert_eq!(changed.quota(), quota(6));
        assert!(Arc::ptr_eq(&changed, &keep.get(user(1), quota(6))));
    }

    #[test]
    fn a_bucket_in_use_is_not_forgotten_however_many_others_come() {
        let keep = Keep::new(FEW);
        let held = keep.get(user(0), quota(5));
        for other in 1..100 * FEW as u128 {
            wanted_often(&keep, user(other));
        }
        assert!(Arc::ptr_eq(&held, &keep.get(user(0), quota(5))));
        assert!(keep.principals.len() <= 2 * FEW, "{} are kept", keep.principals.len());
    }

    #[test]
    fn a_flood_of_addresses_stays_within_bounds_and_pushes_out_no_user() {
        let keep = Keep::new(FEW);
        let bucket = Arc::downgrade(&keep.get(user(0), quota(5)));
        for number in 0..10_000 {
            wanted_often(&keep, address(number));
        }
        assert!(keep.addresses.len() <= 2 * FEW, "{} are kept", keep.addresses.len());
        assert!(Arc::ptr_eq(&bucket.upgrade().expect("kept"), &keep.get(user(0), quota(5))));
    }

    #[test]
    fn threads_that_want_a_new_bucket_at_once_get_the_same() {
        for _ in 0..200 {
            let keep = Keep::new(FEW);
            let got: Vec<_> = std::thread::scope(|scope| {
                let wanted: Vec<_> = (0..4).map(|_| scope.spawn(|| keep.get(user(1), quota(5)))).collect();
                wanted.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert!(got.iter().all(|bucket| Arc::ptr_eq(bucket, &got[0])));
        }
    }
}
