//! Delivery to webhooks: the task of the node that claims what is due and sends it.

use std::sync::Arc;
use std::time::Duration;

use metrics::Gauge;
use registry_core::Registry;
use registry_core::service::DELIVERIES_AT_ONCE;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often is looked for what is due.
const INTERVAL: Duration = Duration::from_secs(1);
/// After how many looks what is due is counted.
const COUNTED_EACH: u32 = 10;
/// The metric of what is due.
const DUE: &str = "mcp_registry_webhook_deliveries_due";

/// Sends what is due until `shutdown` is cancelled. What is under way then is due again when it counts as lost.
pub(crate) async fn run(registry: Arc<Registry>, shutdown: CancellationToken) {
    metrics::describe_gauge!(DUE, "Deliveries to webhooks that are due and not sent");
    let due = metrics::gauge!(DUE);
    let (mut interval, mut sending, mut looks) = (tokio::time::interval(INTERVAL), JoinSet::new(), 0_u32);
    while shutdown.run_until_cancelled(interval.tick()).await.is_some() {
        while sending.try_join_next().is_some() {}
        send(&registry, &mut sending).await;
        if looks.is_multiple_of(COUNTED_EACH) {
            count(&registry, &due).await;
        }
        looks = looks.wrapping_add(1);
    }
}

/// Begins to send as much of what is due as there is room for. A receiver that is slow holds up no other.
async fn send(registry: &Arc<Registry>, sending: &mut JoinSet<()>) {
    let under_way = u32::try_from(sending.len()).unwrap_or(u32::MAX);
    match registry.webhooks.claim(DELIVERIES_AT_ONCE.saturating_sub(under_way)).await {
        Ok(claimed) => {
            for delivery in claimed {
                let registry = registry.clone();
                sending.spawn(async move {
                    if let Err(error) = registry.webhooks.attempt(&delivery).await {
                        warn(&error);
                    }
                });
            }
        }
        Err(error) => warn(&error),
    }
}

async fn count(registry: &Registry, due: &Gauge) {
    match registry.webhooks.due().await {
        Ok(number) => due.set(number as f64),
        Err(error) => warn(&error),
    }
}

fn warn(error: &registry_core::Error) {
    tracing::warn!(
        error = registry_core::error::chain(error),
        "a delivery to a webhook waits for the next time"
    );
}
