//! A node that asks shared limits, and its metrics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use registry_core::limit::{Buckets, Decision, Limiter, ManualTicks};

use crate::world::{Fake, key};

pub(crate) const WAIT: Duration = Duration::from_millis(50);

pub(crate) struct Node {
    pub(crate) limiter: Limiter,
    pub(crate) ticks: Arc<ManualTicks>,
    pub(crate) shared: Arc<Fake>,
    metrics: Snapshotter,
}

pub(crate) fn node() -> Node {
    let ticks = Arc::new(ManualTicks::default());
    let shared = Fake::new(&ticks);
    let recorder = DebuggingRecorder::new();
    let limiter = metrics::with_local_recorder(&recorder, || {
        Limiter::with_ticks(Arc::clone(&ticks) as _).sharing(Arc::clone(&shared) as _, WAIT)
    });
    Node { limiter, ticks, shared, metrics: recorder.snapshotter() }
}

impl Node {
    /// Calls with a key that has a hundred calls and gets no more.
    pub(crate) async fn take(&self) -> Decision {
        let key = key(&self.limiter, 1, 100);
        self.limiter.take(&Buckets::from([Some(&*key)])).await
    }

    /// The metrics that are not zero: counters since this was last called, and the gauge.
    pub(crate) fn metrics(&self) -> BTreeMap<String, u64> {
        let named = |(key, _, _, value): (metrics_util::CompositeKey, _, _, DebugValue)| {
            let labels: Vec<_> = key.key().labels().map(|label| label.value()).collect();
            let name = key.key().name().trim_start_matches("mcp_registry_rate_limit_");
            let value = match value {
                DebugValue::Counter(value) => value,
                DebugValue::Gauge(value) => u64::from(*value > 0.5),
                DebugValue::Histogram(_) => panic!("there is none"),
            };
            (format!("{name} {}", labels.join(" ")).trim().to_owned(), value)
        };
        let all = self.metrics.snapshot().into_vec().into_iter().map(named);
        all.filter(|(_, value)| *value > 0).collect()
    }
}

pub(crate) fn expected<const N: usize>(metrics: [(&str, u64); N]) -> BTreeMap<String, u64> {
    metrics.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
