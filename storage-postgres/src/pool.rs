//! How full the pool of connections is, as metrics.

use std::time::Duration;

use metrics::Gauge;
use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::task::AbortOnDropHandle;

const CONNECTIONS: &str = "mcp_registry_postgres_connections";
const MAX_CONNECTIONS: &str = "mcp_registry_postgres_max_connections";

/// How often the pool is looked at.
const INTERVAL: Duration = Duration::from_secs(5);

/// Watches the pool until the handle is dropped or the pool is closed.
pub(crate) fn watch(pool: PgPool) -> AbortOnDropHandle<()> {
    metrics::describe_gauge!(CONNECTIONS, "Connections to PostgreSQL of this process, used and idle");
    metrics::describe_gauge!(MAX_CONNECTIONS, "The most connections to PostgreSQL that this process takes");
    metrics::gauge!(MAX_CONNECTIONS).set(pool.options().get_max_connections());
    let gauges = ["used", "idle"].map(|state| metrics::gauge!(CONNECTIONS, "state" => state));
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let closed = pool.close_event();
        tokio::pin!(closed);
        loop {
            tokio::select! {
                () = &mut closed => break,
                _ = ticks.tick() => tell(&pool, &gauges),
            }
        }
    }))
}

fn tell(pool: &PgPool, [used, idle]: &[Gauge; 2]) {
    // The two numbers are not read at once.
    let (all, free) = (pool.size() as usize, pool.num_idle());
    used.set(all.saturating_sub(free) as f64);
    idle.set(free as f64);
}
