//! Settings of alerts and webhooks.

use std::time::Duration;

use clap::Args;
use registry_core::model::delivery::RetryPolicy;
use registry_core::service::{AlertPolicy, WebhookPolicy};

/// The most that a bound may be set to.
const MAX: i64 = 1_000_000;

/// When alerts are raised, and how webhooks are told of them.
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
    /// How many seconds after a failure a delivery to a webhook is sent again; each further wait is twice as long, up to
    /// 3 hours.
    #[arg(long, global = true, env = "MCP_REGISTRY_WEBHOOK_RETRY_SECONDS", default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=3_600))]
    webhook_retry_seconds: u32,
    /// How often a delivery to a webhook is sent before it is given up.
    #[arg(long, global = true, env = "MCP_REGISTRY_WEBHOOK_ATTEMPTS", default_value_t = 16,
        value_parser = clap::value_parser!(u32).range(1..=100))]
    webhook_attempts: u32,
    /// For how many hours a webhook may only fail before it is switched off.
    #[arg(long, global = true, env = "MCP_REGISTRY_WEBHOOK_DISABLE_AFTER_HOURS", default_value_t = 72,
        value_parser = clap::value_parser!(u32).range(1..=8_760))]
    webhook_disable_after_hours: u32,
}

impl AlertSettings {
    /// What the registry is told of it.
    pub(crate) fn policy(&self) -> AlertPolicy {
        AlertPolicy {
            refused_credentials: self.alert_refused_credentials,
            refused_requests: self.alert_refused_requests,
        }
    }

    /// How webhooks are delivered to.
    pub(crate) fn webhooks(&self) -> WebhookPolicy {
        let retry = RetryPolicy {
            first: Duration::from_secs(self.webhook_retry_seconds.into()),
            attempts: self.webhook_attempts,
            ..RetryPolicy::default()
        };
        WebhookPolicy { retry, disable_after_hours: self.webhook_disable_after_hours }
    }
}
