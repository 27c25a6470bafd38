//! Settings of what the service sees of its clients, and of what operators see of the service.

use clap::Args;
use registry_http::forwarded::{TrustedProxies, TrustedProxy};

/// Settings of observation.
#[derive(Debug, Clone, Args)]
pub(crate) struct ObserveSettings {
    /// Proxies that are believed when they say for whom they call: addresses and networks, as in `10.1.2.3,fd12::/48`.
    #[arg(long, global = true, env = "MCP_REGISTRY_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<TrustedProxy>,
}

impl ObserveSettings {
    /// The proxies whose forwarding headers are believed.
    pub(crate) fn trusted_proxies(&self) -> TrustedProxies {
        self.trusted_proxy.iter().copied().collect()
    }
}
