//! Whose request it is when proxies stand in between: the client's address, as far as listed proxies vouch for it.
//!
//! A forwarding header is a list to which each proxy appends the address that it was called from. So it is read from
//! the right, and only as far as the writer is a proxy that the operator has listed: whatever is further left was
//! written by somebody who is not trusted.

mod element;
mod list;
#[cfg(test)]
mod tests;

use std::{net::IpAddr, str::FromStr, sync::Arc};

use http::{HeaderMap, HeaderName, header};
use ipnet::{IpNet, Ipv4Net};

use self::list::FromRight;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The bits of `::ffff:0:0/96`, where IPv4 addresses are written as IPv6.
const MAPPED_BITS: u8 = 96;

/// A proxy, or a network of proxies: `10.1.2.3`, `fd12::/48`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// The text is no address and no network, or is the network of all addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProxy {
    /// Neither an address nor a network.
    #[error("neither an address nor a network in CIDR notation")]
    Syntax,
    /// With everybody listed, every client could choose its address.
    #[error("a network of all addresses lists every client as a proxy")]
    Everybody,
}

impl FromStr for TrustedProxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let net = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address.to_canonical()),
            Err(_) => canonical(text.parse().map_err(|_| InvalidProxy::Syntax)?),
        };
        if net.prefix_len() == 0 { Err(InvalidProxy::Everybody) } else { Ok(Self(net)) }
    }
}

/// A network of IPv4 addresses that are written as IPv6 is one of IPv4 addresses.
fn canonical(net: IpNet) -> IpNet {
    let mapped = |net: &IpNet| match net.addr().to_canonical() {
        IpAddr::V4(address) => Ipv4Net::new(address, net.prefix_len().checked_sub(MAPPED_BITS)?).ok(),
        IpAddr::V6(_) => None,
    };
    match net {
        IpNet::V6(_) => mapped(&net).map_or(net, IpNet::V4),
        IpNet::V4(_) => net,
    }
}

/// The proxies whose forwarding headers are believed. By default there are none.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

impl FromIterator<TrustedProxy> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = TrustedProxy>>(proxies: I) -> Self {
        Self(proxies.into_iter().map(|proxy| proxy.0).collect())
    }
}

impl TrustedProxies {
    /// The address of the client of a request that came from `peer`, an IPv4 address always as such.
    ///
    /// Unless `peer` is listed, that is `peer`. Otherwise it is the first address from the right, in `Forwarded`
    /// (RFC 7239) or `X-Forwarded-For`, that is not listed. Where the list ends, or what stands there is no address
    /// (`unknown`, an obfuscated name, anything malformed), it is the last address before. When both headers are there
    /// and do not agree, it is `peer`: one of the two may be the client's own.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.lists(peer) {
            return peer;
        }
        let forwarded = self.walk(peer, headers, &header::FORWARDED, element::forwarded_for);
        let listed = self.walk(peer, headers, &X_FORWARDED_FOR, element::node);
        match (forwarded, listed) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(client), _) | (None, Some(client)) => client,
            (None, None) => peer,
        }
    }

    fn lists(&self, address: IpAddr) -> bool {
        self.0.iter().any(|net| net.contains(&address))
    }

    /// Where a header leads to, if it is there. Its lines are one list.
    fn walk(
        &self,
        peer: IpAddr,
        headers: &HeaderMap,
        name: &HeaderName,
        read: fn(&str) -> Option<IpAddr>,
    ) -> Option<IpAddr> {
        let mut lines = headers.get_all(name).iter().rev().peekable();
        lines.peek()?;
        let mut client = peer;
        for element in lines.flat_map(|line| FromRight::new(line.as_bytes())) {
            let Some(address) = std::str::from_utf8(element).ok().and_then(read) else { break };
            client = address;
            if !self.lists(client) {
                break;
            }
        }
        Some(client)
    }
}
