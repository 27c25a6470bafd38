//! From host names to addresses.

use std::{fmt::Debug, io, net::IpAddr, time::Duration};

use async_trait::async_trait;

/// How long one resolution may take.
pub const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);

/// How many addresses of a name are looked at; a name with more is refused rather than checked in part.
pub const MAX_RESOLVED_ADDRESSES: usize = 64;

/// A source of addresses, so that tests can inject names and their changes.
#[async_trait]
pub trait Resolve: Debug + Send + Sync {
    /// All addresses of `host`, which is never an IP literal. The dialer bounds the time.
    ///
    /// # Errors
    /// Whatever the resolver reports; an empty list counts as not found.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver (`getaddrinfo`, on tokio's blocking threads).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let addresses = tokio::net::lookup_host((host, 0)).await?;
        Ok(addresses.map(|address| address.ip()).take(MAX_RESOLVED_ADDRESSES + 1).collect())
    }
}
