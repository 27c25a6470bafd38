//! The dialer, and its form that hyper-util's client connects with.

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tower_service::Service;
use url::{Host, Url};

use super::{
    error::{DialError, DialPhase},
    guard::EgressPolicy,
    resolver::{MAX_RESOLVED_ADDRESSES, RESOLVE_TIMEOUT, Resolve, SystemResolver},
    stream::DialedStream,
    target::Target,
    tls::UpstreamTls,
};

/// How long connecting may take, over all addresses that are tried.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a TLS handshake may take.
pub const TLS_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may be silent before its peer is asked by TCP whether it is still there: an event stream may have
/// nothing to say, and a peer that is gone says nothing either.
const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(60);
/// How long between two such questions; the system gives up after a few.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// How many addresses of a host are tried. All of them are checked.
pub const MAX_CONNECT_ATTEMPTS: usize = 4;

/// Opens connections under an [`EgressPolicy`]. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Dialer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    policy: EgressPolicy,
    resolver: Arc<dyn Resolve>,
    tls: UpstreamTls,
}

impl Dialer {
    /// A dialer that resolves names with the operating system.
    #[must_use]
    pub fn new(policy: EgressPolicy, tls: UpstreamTls) -> Self {
        Self::with_resolver(policy, tls, Arc::new(SystemResolver))
    }

    /// A dialer with a resolver of the caller's choice.
    #[must_use]
    pub fn with_resolver(policy: EgressPolicy, tls: UpstreamTls, resolver: Arc<dyn Resolve>) -> Self {
        Self { inner: Arc::new(Inner { policy, resolver, tls }) }
    }

    /// The policy that this dialer enforces.
    #[must_use]
    pub fn policy(&self) -> &EgressPolicy {
        &self.inner.policy
    }

    /// Checks `url` and resolves its host, but sends nothing to the target. For early answers to a person
    /// only: the address may change afterwards, so [`Dialer::dial`] checks again.
    ///
    /// # Errors
    /// `InvalidUrl`, `Refused`, `InsecureScheme`, `Resolve` or `Timeout(Resolve)`.
    pub async fn check(&self, url: &Url) -> Result<(), DialError> {
        self.addresses(&Target::of(url)?).await.map(drop)
    }

    /// Connects to the host of `url`, with TLS for https and wss.
    ///
    /// Takes at most [`RESOLVE_TIMEOUT`] + [`CONNECT_TIMEOUT`] + [`TLS_TIMEOUT`].
    ///
    /// # Errors
    /// Any [`DialError`]. No packet has been sent for `InvalidUrl`, `Refused`, `InsecureScheme` and `Resolve`.
    pub async fn dial(&self, url: &Url) -> Result<DialedStream, DialError> {
        let target = Target::of(url)?;
        let tcp = connect(&self.addresses(&target).await?, target.port()).await?;
        if !target.is_tls() {
            return Ok(DialedStream::plain(tcp));
        }
        let handshake = self.inner.tls.handshake(&target, tcp);
        let tls = timeout(TLS_TIMEOUT, handshake).await.map_err(|_| DialError::Timeout(DialPhase::Tls))??;
        Ok(DialedStream::tls(tls))
    }

    /// The addresses of the target, every one of them admitted: a name that has one refused address may
    /// be an attempt to slip it in behind a good one.
    async fn addresses(&self, target: &Target) -> Result<Vec<IpAddr>, DialError> {
        let addresses = match target.host() {
            Host::Ipv4(ip) => vec![IpAddr::V4(*ip)],
            Host::Ipv6(ip) => vec![IpAddr::V6(*ip).to_canonical()],
            Host::Domain(name) => self.resolve(name).await?,
        };
        addresses.iter().try_for_each(|ip| self.inner.policy.check_address(target, *ip))?;
        Ok(addresses)
    }

    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, DialError> {
        let found = timeout(RESOLVE_TIMEOUT, self.inner.resolver.resolve(name))
            .await
            .map_err(|_| DialError::Timeout(DialPhase::Resolve))?
            .map_err(DialError::resolve)?;
        match found.len() {
            0 => Err(DialError::resolve(io::ErrorKind::NotFound.into())),
            1..=MAX_RESOLVED_ADDRESSES => Ok(found.iter().map(IpAddr::to_canonical).collect()),
            _ => Err(DialError::resolve(io::Error::other("too many addresses"))),
        }
    }
}

/// Tries the first addresses in turn; each may use its even share of the time that is left, so that one
/// silent address does not starve the next.
async fn connect(addresses: &[IpAddr], port: u16) -> Result<TcpStream, DialError> {
    let deadline = Instant::now() + CONNECT_TIMEOUT;
    let attempts = addresses.len().min(MAX_CONNECT_ATTEMPTS);
    let mut failure = DialError::Timeout(DialPhase::Connect);
    for (tried, ip) in addresses.iter().take(attempts).enumerate() {
        let left = u32::try_from(attempts - tried).unwrap_or(1);
        let share = deadline.saturating_duration_since(Instant::now()) / left;
        match timeout(share, connect_one(SocketAddr::new(*ip, port))).await {
            Ok(Ok(tcp)) => return Ok(tcp),
            Ok(Err(error)) => failure = DialError::connect(error),
            Err(_) => failure = DialError::Timeout(DialPhase::Connect),
        }
    }
    Err(failure)
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the guarded dialer; the caller has checked the address"
)]
async fn connect_one(address: SocketAddr) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect(address).await?;
    // Some systems redirect an odd address to another one; the admitted address is the only good peer.
    if tcp.peer_addr()?.ip().to_canonical() != address.ip() {
        return Err(io::Error::other("the peer is not the address that was checked"));
    }
    tcp.set_nodelay(true)?;
    let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE_IDLE).with_interval(KEEP_ALIVE_INTERVAL);
    SockRef::from(&tcp).set_tcp_keepalive(&keep_alive)?;
    Ok(tcp)
}

/// A [`Dialer`] as the connector of hyper-util's pooled client.
#[derive(Debug, Clone)]
pub struct GuardedConnector(Dialer);

impl GuardedConnector {
    /// Connects with `dialer`.
    #[must_use]
    pub fn new(dialer: Dialer) -> Self {
        Self(dialer)
    }
}

impl Service<Uri> for GuardedConnector {
    type Response = TokioIo<DialedStream>;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let dialer = self.0.clone();
        Box::pin(async move {
            let url =
                Url::parse(&uri.to_string()).map_err(|_| DialError::InvalidUrl("it cannot be parsed"))?;
            dialer.dial(&url).await.map(TokioIo::new)
        })
    }
}
