//! Settings of how this node watches servers.

use clap::Args;
use registry_core::service::{DEFAULT_CONCURRENCY, MonitorSettings};

/// How this node watches servers.
#[derive(Debug, Clone, Args)]
pub(crate) struct MonitorArgs {
    /// Does no health checks that are due; other nodes do, or nobody does.
    #[arg(long, global = true, env = "MCP_REGISTRY_NO_MONITOR")]
    no_monitor: bool,
    /// The most health checks at once on this node.
    #[arg(long, global = true, env = "MCP_REGISTRY_HEALTH_CONCURRENCY", default_value_t = DEFAULT_CONCURRENCY,
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    health_concurrency: u32,
}

impl MonitorArgs {
    /// The settings.
    pub(crate) fn settings(&self) -> MonitorSettings {
        MonitorSettings { scheduled: !self.no_monitor, concurrency: self.health_concurrency }
    }
}
