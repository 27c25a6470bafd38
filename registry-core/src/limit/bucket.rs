//! Buckets, and the several that one decision takes from.

use std::fmt;
use std::sync::atomic::AtomicU64;

use super::decision::{Decision, Standing};
use super::gcra::{Step, decide};
use super::name::{BucketName, LimitKind};
use super::quota::Quota;

/// From how many buckets one decision takes at most.
pub const MAX_BUCKETS: usize = 5;

/// What one caller has left of one limit, on this node. It is one atomic number; see
/// [`Limiter::bucket`](super::Limiter::bucket).
pub struct Bucket {
    name: BucketName,
    quota: Quota,
    /// When it is full again, by the limiter's [`Ticks`](super::Ticks).
    full_at: AtomicU64,
}

impl Bucket {
    pub(super) const fn new(name: BucketName, quota: Quota) -> Self {
        Self { name, quota, full_at: AtomicU64::new(0) }
    }

    /// Its name, the same on every node.
    pub const fn name(&self) -> BucketName {
        self.name
    }

    /// How much it allows.
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    /// Which limit it is an instance of.
    pub const fn kind(&self) -> LimitKind {
        self.name.kind()
    }

    /// The standing after a step at `now`: an error if there is no call left.
    fn step(&self, now: u64, step: Step) -> Result<Standing, Standing> {
        let standing = |debt| Standing::new(self.kind(), self.quota, debt);
        decide(&self.full_at, now, self.quota, step).map(standing).map_err(standing)
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("name", &self.name).field("quota", &self.quota).finish_non_exhaustive()
    }
}

/// The buckets that one call is taken from, in order, and borrowed: whoever holds them for many calls (the cache
/// of grants) builds this for each call on the stack, from what each `Option` holds:
/// `Buckets::from([key.as_deref(), user.as_deref(), tenant.as_deref()])`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Buckets<'a>([Option<&'a Bucket>; MAX_BUCKETS]);

impl<'a, const N: usize> From<[Option<&'a Bucket>; N]> for Buckets<'a> {
    /// More than [`MAX_BUCKETS`] do not compile.
    fn from(buckets: [Option<&'a Bucket>; N]) -> Self {
        const { assert!(N <= MAX_BUCKETS, "more buckets than a decision takes from") };
        let mut all = [None; MAX_BUCKETS];
        for (slot, bucket) in all.iter_mut().zip(buckets) {
            *slot = bucket;
        }
        Self(all)
    }
}

impl<'a> Buckets<'a> {
    /// The buckets, in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a Bucket> {
        self.0.iter().filter_map(|bucket| *bucket)
    }

    /// The denial that a call at `now` would meet: that with the longest wait. Changes nothing.
    pub(super) fn look(&self, now: u64) -> Option<Standing> {
        self.iter().filter_map(|bucket| bucket.step(now, Step::Look).err()).reduce(Standing::longer)
    }

    /// Takes a call at `now` from all of them, or from none.
    ///
    /// All are looked at first. Only if another thread takes a bucket's last call between the look and the take
    /// do the buckets before that one lose a call that was denied: never is one allowed too many.
    pub(super) fn take(&self, now: u64) -> Decision {
        if let Some(denied) = self.look(now) {
            return Decision::Denied(denied);
        }
        let mut tightest: Option<Standing> = None;
        for bucket in self.iter() {
            match bucket.step(now, Step::Take) {
                Ok(standing) => tightest = Some(tightest.map_or(standing, |other| other.tighter(standing))),
                Err(standing) => return Decision::Denied(standing),
            }
        }
        tightest.map_or(Decision::Unlimited, Decision::Allowed)
    }
}
