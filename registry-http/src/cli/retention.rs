//! Settings of how long history is kept.

use clap::Args;
use registry_core::service::{HISTORY_DAYS, HistoryRetention};

/// How long history is kept.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct RetentionSettings {
    /// How many days health checks are kept; what they came to by hour and by day is kept longer.
    #[arg(long, global = true, env = "MCP_REGISTRY_HEALTH_HISTORY_DAYS", default_value_t = HISTORY_DAYS,
        value_parser = clap::value_parser!(u32).range(1..=365))]
    health_history_days: u32,
}

impl RetentionSettings {
    /// The retention.
    pub(crate) fn history(self) -> HistoryRetention {
        HistoryRetention { checks_days: self.health_history_days }
    }
}
