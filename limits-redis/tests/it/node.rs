//! A node: its limiter, and its metrics.

use std::sync::Arc;
use std::time::{Duration, Instant};

use limits_redis::RedisLimits;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use registry_core::clock::{Clock, SystemClock};
use registry_core::limit::{Bucket, BucketName, Buckets, Decision, Limiter, SHARED_WAIT};
use registry_core::model::id::ApiKeyId;
use registry_core::model::settings::RateLimit;
use secrecy::SecretString;

/// What a call may take beyond the bound on waiting, for a machine that does other things too.
const SLACK: Duration = Duration::from_millis(150);
/// What one of many calls may take, for a machine that stood still meanwhile.
const STANDSTILL: Duration = Duration::from_secs(2);

pub(crate) struct Node {
    pub(crate) limiter: Limiter,
    metrics: Snapshotter,
}

/// The name of a bucket that nobody had.
pub(crate) fn fresh() -> BucketName {
    BucketName::Key(ApiKeyId(SystemClock.new_id()))
}

impl Node {
    pub(crate) async fn new(url: &SecretString, wait: Duration) -> Self {
        let shared = Arc::new(RedisLimits::connect(url).await.expect("an address"));
        let recorder = DebuggingRecorder::new();
        let limiter = metrics::with_local_recorder(&recorder, || Limiter::local().sharing(shared, wait));
        Self { limiter, metrics: recorder.snapshotter() }
    }

    pub(crate) fn bucket(&self, name: BucketName, rpm: u32, burst: u32) -> Arc<Bucket> {
        self.limiter.bucket(name, RateLimit { rpm, burst }).expect("it is limited")
    }

    pub(crate) async fn take(&self, bucket: &Bucket) -> Decision {
        self.limiter.take(&Buckets::from([Some(bucket)])).await
    }

    /// Takes as often as it says. How many were allowed; none waited longer than it may, but for one of them.
    pub(crate) async fn take_promptly(&self, bucket: &Bucket, calls: u32) -> u32 {
        let (mut allowed, mut waits) = (0, Vec::new());
        for _ in 0..calls {
            let start = Instant::now();
            allowed += u32::from(self.take(bucket).await.is_allowed());
            waits.push(start.elapsed());
        }
        waits.sort_unstable();
        let longest = waits.split_off(waits.len() - 2);
        assert!(longest[0] < SHARED_WAIT + SLACK && longest[1] < STANDSTILL, "calls waited {longest:?}");
        allowed
    }

    /// Whether the metrics say that the shared limits decide.
    pub(crate) fn is_shared(&self) -> bool {
        let all = self.metrics.snapshot().into_vec();
        let mut gauges = all.into_iter().filter_map(|(key, _, _, value)| match value {
            DebugValue::Gauge(value) => {
                Some((key.key().name() == "mcp_registry_rate_limit_shared_up", value))
            }
            DebugValue::Counter(_) | DebugValue::Histogram(_) => None,
        });
        gauges.any(|(is_it, value)| is_it && *value > 0.5)
    }

    /// Calls until the shared limits decide again.
    pub(crate) async fn wait_until_shared(&self) {
        let probe = self.bucket(fresh(), 10_000, 1_000);
        crate::server::eventually("the shared limits decide", async || {
            let _ = self.take(&probe).await;
            self.is_shared()
        })
        .await;
    }
}
