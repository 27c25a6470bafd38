//! Settings of alerts.

use clap::Args;
use registry_core::service::AlertPolicy;

/// The most that a bound may be set to.
const MAX: i64 = 1_000_000;

/// When alerts are raised.
#[derive(Debug, Clone, Args)]
pub(crate) struct AlertSettings {
    /// How many refused credentials of one source in a minute raise an alert.
    #[arg(long, global = true, env = "MCP_REGISTRY_ALERT_REFUSED_CREDENTIALS", default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..=MAX))]
    alert_refused_credentials: u32,
    /// How many requests of a key or a user, refused in a minute because of a limit, raise an alert.
    #[arg(long, global = true, env = "MCP_REGISTRY_ALERT_REFUSED_REQUESTS", default_value_t = 60,
        value_parser = clap::value_parser!(u32).range(1..=MAX))]
    alert_refused_requests: u32,
}

impl AlertSettings {
    /// What the registry is told of it.
    pub(crate) fn policy(&self) -> AlertPolicy {
        AlertPolicy {
            refused_credentials: self.alert_refused_credentials,
            refused_requests: self.alert_refused_requests,
        }
    }
}
