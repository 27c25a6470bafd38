//! Forgets health history, and roll-ups of usage, that are too old, in the background.

use std::sync::Arc;
use std::time::Duration;

use metrics::Unit;
use registry_core::Registry;
use registry_core::model::check_rollup::HealthPruned;
use registry_core::model::usage_rollup::UsagePruned;
use tokio_util::sync::CancellationToken;

/// How often it is looked for what is too old.
const INTERVAL: Duration = Duration::from_secs(60);
/// How many parts are forgotten each time, at most. The rest waits for the next time.
const PARTS: u32 = 20;

const PRUNED: &str = "mcp_registry_history_pruned_total";
const BACKLOG: &str = "mcp_registry_history_backlog";
const LAST: &str = "mcp_registry_history_pruned_timestamp_seconds";

/// Forgets until `shutdown` is cancelled.
pub(crate) async fn run(registry: Arc<Registry>, shutdown: CancellationToken) {
    metrics::describe_counter!(PRUNED, "Health history and usage that was forgotten, by what it was");
    metrics::describe_gauge!(
        BACKLOG,
        "1 while there is health history that is too old, 0 once it is forgotten"
    );
    metrics::describe_gauge!(LAST, Unit::Seconds, "When health history was last forgotten, as a Unix time");
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(interval.tick()).await.is_some() {
        for _ in 0..PARTS {
            if shutdown.is_cancelled() || !forget(&registry).await {
                break;
            }
        }
        for _ in 0..PARTS {
            if shutdown.is_cancelled() || !forget_usage(&registry).await {
                break;
            }
        }
    }
}

/// Forgets a part; whether there is more.
async fn forget(registry: &Registry) -> bool {
    match registry.health.prune().await {
        Ok(pruned) => {
            count(&pruned);
            metrics::gauge!(LAST).set(registry.clock().now().timestamp() as f64);
            pruned.more
        }
        Err(error) => {
            let error = registry_core::error::chain(&error);
            tracing::warn!(error, "old health history was not forgotten; the next time tries again");
            false
        }
    }
}

/// Forgets a part of the roll-ups of usage; whether there is more.
async fn forget_usage(registry: &Registry) -> bool {
    match registry.analytics.prune().await {
        Ok(UsagePruned { rollups, more }) => {
            metrics::counter!(PRUNED, "what" => "usage").increment(rollups);
            more
        }
        Err(error) => {
            let error = registry_core::error::chain(&error);
            tracing::warn!(error, "old usage was not forgotten; the next time tries again");
            false
        }
    }
}

fn count(pruned: &HealthPruned) {
    let HealthPruned { checks, rollups, changes, more } = *pruned;
    for (what, number) in [("checks", checks), ("rollups", rollups), ("status_changes", changes)] {
        metrics::counter!(PRUNED, "what" => what).increment(number);
    }
    metrics::gauge!(BACKLOG).set(f64::from(u8::from(more)));
}
