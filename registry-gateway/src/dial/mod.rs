//! The one way out: every outgoing connection of the service is opened here.
//!
//! A user of the registry chooses the addresses that the service connects to, so each dial goes through
//! the same steps (THREATS S1 to S7): parse the URL, refuse userinfo and odd schemes, check a literal address,
//! resolve a name once, refuse when *any* of its addresses is refused, connect to exactly the checked
//! addresses, check the peer, then TLS under the original name. Nothing here follows redirects, reads
//! `HTTP_PROXY`, or resolves a name a second time.

mod address;
mod client;
mod connector;
mod error;
#[cfg(test)]
mod fuzz;
mod guard;
mod pool;
mod resolver;
mod rule;
mod stream;
mod target;
mod timer;
mod tls;

pub use address::AddressClass;
pub use client::{
    MAX_IDLE_PER_UPSTREAM, MAX_RESPONSE_HEAD_BYTES, POOL_IDLE_TIMEOUT, UpstreamClient, UpstreamError,
};
pub use connector::{CONNECT_TIMEOUT, Dialer, GuardedConnector, MAX_CONNECT_ATTEMPTS, TLS_TIMEOUT};
pub use error::{DialError, DialPhase};
pub use guard::EgressPolicy;
pub use pool::{CallTime, Pool, PooledBody, Pools};
pub use resolver::{MAX_RESOLVED_ADDRESSES, RESOLVE_TIMEOUT, Resolve, SystemResolver};
pub use rule::{AllowRule, InvalidRule};
pub use stream::DialedStream;
pub use timer::LazyTimer;
pub use tls::UpstreamTls;
