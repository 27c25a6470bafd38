//! Starts the log of the service and, in builds that can, the export of traces.

use registry_http::log::{self, LogGuard};

use super::Settings;

/// Keeps both running.
#[must_use = "the log ends when this is dropped"]
pub(super) struct Logging {
    // Dropped first, so that the log still has what is said of the last export.
    #[cfg(feature = "otlp")]
    _spans: Option<registry_http::otlp::Spans>,
    _log: LogGuard,
}

/// Starts what is set.
#[cfg(not(feature = "otlp"))]
pub(super) fn start(settings: &Settings) -> anyhow::Result<Logging> {
    Ok(Logging { _log: log::init(&settings.log)? })
}

/// Starts what is set.
#[cfg(feature = "otlp")]
pub(super) fn start(settings: &Settings) -> anyhow::Result<Logging> {
    let spans = match &settings.observe.otlp_endpoint {
        Some(endpoint) => Some(export(settings, endpoint)?),
        None => None,
    };
    let log = match &spans {
        Some(spans) => log::init_with_spans(&settings.log, spans)?,
        None => log::init(&settings.log)?,
    };
    Ok(Logging { _spans: spans, _log: log })
}

/// The operator chose the collector, so it may be anywhere; and nothing else is reached by its dialer.
#[cfg(feature = "otlp")]
fn export(settings: &Settings, endpoint: &url::Url) -> anyhow::Result<registry_http::otlp::Spans> {
    use anyhow::Context;
    use registry_gateway::dial::{Dialer, EgressPolicy};
    let host = endpoint.host_str().context("--otlp-endpoint has no host")?;
    let port = endpoint.port_or_known_default().context("--otlp-endpoint has no port")?;
    let rule = format!("{host}:{port}").parse()?;
    let policy = EgressPolicy::new(vec![rule]).allow_insecure_upstreams(true);
    registry_http::otlp::Spans::export(endpoint, Dialer::new(policy, settings.tls()?))
}
