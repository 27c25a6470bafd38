//! Settings of what the service sees of its clients, and of what operators see of the service.

use std::net::SocketAddr;

use anyhow::Context;
use clap::Args;
use registry_http::ambient::Ambient;
use registry_http::forwarded::{TrustedProxies, TrustedProxy};
use registry_http::metrics::{self, Metrics};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::complain;

/// Settings of observation.
#[derive(Debug, Clone, Args)]
pub(crate) struct ObserveSettings {
    /// Proxies that are believed when they say for whom they call: addresses and networks, as in `10.1.2.3,fd12::/48`.
    #[arg(long, global = true, env = "MCP_REGISTRY_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<TrustedProxy>,
    /// An address to serve `/metrics` on, without a credential. Otherwise it takes the scope `audit:read`.
    #[arg(long, global = true, env = "MCP_REGISTRY_METRICS_LISTEN")]
    metrics_listen: Option<SocketAddr>,
    /// The OpenTelemetry collector that gets the traces, by OTLP over HTTP: `http://127.0.0.1:4318`.
    #[cfg(feature = "otlp")]
    #[arg(long, global = true, env = "MCP_REGISTRY_OTLP_ENDPOINT")]
    pub(super) otlp_endpoint: Option<url::Url>,
}

impl ObserveSettings {
    /// The proxies whose forwarding headers are believed.
    pub(crate) fn trusted_proxies(&self) -> TrustedProxies {
        self.trusted_proxy.iter().copied().collect()
    }

    /// Keeps the metrics up, and serves them if they have an address, until `shutdown` is cancelled.
    pub(crate) async fn start(
        &self,
        metrics: Metrics,
        ambient: Ambient,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<()> {
        if let Some(listener) = self.metrics_listener().await? {
            complain(&format!("metrics on http://{}/metrics", listener.local_addr()?));
            tokio::spawn(metrics::serve(listener, metrics.clone(), ambient, shutdown.clone()));
        }
        tokio::spawn(metrics.upkeep(shutdown.clone()));
        Ok(())
    }

    async fn metrics_listener(&self) -> anyhow::Result<Option<TcpListener>> {
        let Some(address) = self.metrics_listen else { return Ok(None) };
        let listener = TcpListener::bind(address).await;
        Ok(Some(listener.with_context(|| format!("cannot listen on {address} for metrics"))?))
    }
}
