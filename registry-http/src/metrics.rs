//! Metrics in the text format of Prometheus.
//!
//! What is counted stands where it happens, through the facade `metrics`; each place describes its own. Here are the one
//! recorder of the process, the metrics of web requests, and the ways to read them. No label holds a name or an id of a
//! tenant, a name of a server, or a raw path.

mod http;
mod listener;
mod process;

use std::{sync::OnceLock, time::Duration};

use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

pub(crate) use self::http::{HttpMetrics, Measure};
pub use self::listener::serve;
use self::process::ProcessMetrics;

/// The type of what [`Metrics::render`] gives.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds of the buckets of every duration, in seconds: from reads of the store to calls that run into a time-out.
pub const DURATION_BUCKETS: [f64; 14] =
    [0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

/// Upper bounds of the buckets of how late something began, in seconds: from what is soon to what was forgotten.
pub const LATE_BUCKETS: [f64; 14] =
    [0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 600.0];

/// How often what was observed is put into its buckets, so that it does not pile up between two readings.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The metric with [`LATE_BUCKETS`].
const LATE: &str = "mcp_registry_health_check_late_seconds";
const BUILD_INFO: &str = "mcp_registry_build_info";

static INSTALLED: OnceLock<Metrics> = OnceLock::new();

/// The metrics of this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    process: ProcessMetrics,
}

/// Starts to keep metrics, or tells those that are kept already: a process has one recorder. To be called before anything
/// is made that counts (store, registry, proxy), for what is made earlier counts nowhere.
///
/// # Errors
/// If somebody else has installed a recorder.
pub fn install() -> anyhow::Result<Metrics> {
    if let Some(metrics) = installed() {
        return Ok(metrics);
    }
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &DURATION_BUCKETS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full(LATE.to_owned()), &LATE_BUCKETS))
        .context("the buckets are not valid")?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    // Of two threads that come here at once, the second finds the recorder of the first.
    if metrics::set_global_recorder(recorder).is_err() {
        return installed().context("the process has a recorder of metrics already");
    }
    let metrics = Metrics { handle, process: ProcessMetrics::new() };
    metrics::describe_gauge!(BUILD_INFO, "1, with the version of the service as a label");
    metrics::gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(INSTALLED.get_or_init(|| metrics).clone())
}

/// The metrics of this process, if [`install`] was called.
pub fn installed() -> Option<Metrics> {
    INSTALLED.get().cloned()
}

impl Metrics {
    /// All metrics as they are now, in the text format of Prometheus, version 0.0.4.
    pub fn render(&self) -> String {
        self.process.collect();
        self.handle.render()
    }

    /// Does what has to be done now and then, until `shutdown` is cancelled.
    pub async fn upkeep(self, shutdown: CancellationToken) {
        let mut ticks = interval(UPKEEP_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
            self.handle.run_upkeep();
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}
