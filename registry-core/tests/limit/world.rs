//! Buckets, and shared limits that do as they are told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use registry_core::limit::{
    Bucket, BucketName, Buckets, Decision, Limiter, ManualTicks, SharedLimits, SharedLimitsError,
};
use registry_core::model::id::{ApiKeyId, TenantId, UserId};
use registry_core::model::settings::RateLimit;
use uuid::Uuid;

/// A limiter of one node, and its time.
pub(crate) fn limiter() -> (Limiter, Arc<ManualTicks>) {
    let ticks = Arc::new(ManualTicks::default());
    (Limiter::with_ticks(Arc::clone(&ticks) as _), ticks)
}

/// The bucket of a key.
pub(crate) fn key(limiter: &Limiter, rpm: u32, burst: u32) -> Arc<Bucket> {
    bucket(limiter, BucketName::Key(ApiKeyId(Uuid::from_u128(1))), rpm, burst)
}

/// The bucket of a user.
pub(crate) fn user(limiter: &Limiter, rpm: u32, burst: u32) -> Arc<Bucket> {
    bucket(limiter, BucketName::User(UserId(Uuid::from_u128(2))), rpm, burst)
}

/// The bucket of a tenant.
pub(crate) fn tenant(limiter: &Limiter, rpm: u32, burst: u32) -> Arc<Bucket> {
    bucket(limiter, BucketName::Tenant(TenantId(Uuid::from_u128(3))), rpm, burst)
}

fn bucket(limiter: &Limiter, name: BucketName, rpm: u32, burst: u32) -> Arc<Bucket> {
    limiter.bucket(name, RateLimit { rpm, burst }).expect("it is limited")
}

/// What shared limits do next.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mood {
    Fail,
    Hang,
    Work,
}

/// Shared limits in memory.
pub(crate) struct Fake {
    mood: Mutex<Mood>,
    asked: AtomicUsize,
    ticks: Arc<ManualTicks>,
    limiter: Mutex<Limiter>,
}

impl Fake {
    /// They work, by this time.
    pub(crate) fn new(ticks: &Arc<ManualTicks>) -> Arc<Self> {
        let limiter = Mutex::new(Limiter::with_ticks(Arc::clone(ticks) as _));
        let (mood, asked) = (Mutex::new(Mood::Work), AtomicUsize::new(0));
        Arc::new(Self { mood, asked, ticks: Arc::clone(ticks), limiter })
    }

    /// Their buckets are full again.
    pub(crate) fn forget(&self) {
        *self.limiter.lock().expect("not poisoned") = Limiter::with_ticks(Arc::clone(&self.ticks) as _);
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().expect("not poisoned") = mood;
    }

    /// How often they were asked since this was last called.
    pub(crate) fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }

    /// Takes from their buckets as another node would.
    pub(crate) fn take_elsewhere(&self, buckets: &Buckets<'_>) -> Decision {
        let limiter = self.limiter.lock().expect("not poisoned");
        let theirs: Vec<_> = buckets
            .iter()
            .map(|bucket| {
                let limit = RateLimit { rpm: bucket.quota().rpm(), burst: bucket.quota().burst() };
                limiter.bucket(bucket.name(), limit)
            })
            .collect();
        let at = |index: usize| theirs.get(index).and_then(|bucket| bucket.as_deref());
        limiter.try_take_local(&Buckets::from([at(0), at(1), at(2)])).expect("it is a local limiter")
    }
}

#[async_trait]
impl SharedLimits for Fake {
    async fn take(&self, buckets: &Buckets<'_>) -> Result<Decision, SharedLimitsError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mood = *self.mood.lock().expect("not poisoned");
        // So that calls meet on their way.
        tokio::task::yield_now().await;
        match mood {
            Mood::Work => Ok(self.take_elsewhere(buckets)),
            Mood::Fail => Err(SharedLimitsError::Failed("refused".into())),
            Mood::Hang => {
                tokio::time::sleep(Duration::from_secs(3_600)).await;
                Err(SharedLimitsError::Timeout)
            }
        }
    }
}
