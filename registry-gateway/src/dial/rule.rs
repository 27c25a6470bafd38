//! One entry of the operator's egress allow-list.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net};
use url::Host;

use super::target::Target;

/// What the operator admits beyond the public internet.
///
/// Written as a network (`10.1.0.0/16`), an address (`10.1.2.3`, `fd12::7`), an address and port
/// (`127.0.0.1:8080`, `[::1]:8080`), a host name (`mcp.internal`) or a host name and port
/// (`mcp.internal:8080`). A host name is matched against the URL as written, case and trailing dot aside,
/// and admits whatever it resolves to; wildcards are not supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowRule {
    scope: Scope,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scope {
    Net(IpNet),
    Name(String),
}

/// The text is no network, address or host name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a network, address, host or host:port: {0:?}")]
pub struct InvalidRule(String);

impl AllowRule {
    /// Whether the rule admits `ip` as an address of `target`; `ip` must be canonical.
    pub(crate) fn admits(&self, target: &Target, ip: IpAddr) -> bool {
        self.port.is_none_or(|port| port == target.port())
            && match &self.scope {
                Scope::Net(net) => net.contains(&ip),
                Scope::Name(name) => target.name().is_some_and(|host| host == name),
            }
    }

    /// Whether the rule names exactly this address. Metadata services need that: a broad network or a
    /// name must not open them by accident.
    pub(crate) fn names(&self, target: &Target, ip: IpAddr) -> bool {
        self.admits(target, ip)
            && matches!(&self.scope, Scope::Net(net) if net.prefix_len() == net.max_prefix_len())
    }

    fn net(net: IpNet, port: Option<u16>) -> Self {
        Self { scope: Scope::Net(canonical(net)), port }
    }

    fn host(host: &str, port: Option<u16>) -> Option<Self> {
        match Host::parse(host).ok()? {
            Host::Ipv4(ip) => Some(Self::net(IpAddr::V4(ip).into(), port)),
            Host::Ipv6(ip) => Some(Self::net(IpAddr::V6(ip).into(), port)),
            Host::Domain(name) => {
                let name = name.trim_end_matches('.').to_owned();
                (!name.is_empty()).then_some(Self { scope: Scope::Name(name), port })
            }
        }
    }
}

impl FromStr for AllowRule {
    type Err = InvalidRule;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(net) = text.parse::<IpNet>() {
            return Ok(Self::net(net, None));
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::net(ip.into(), None));
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self::net(address.ip().into(), Some(address.port())));
        }
        let rule = match text.rsplit_once(':') {
            Some((host, port)) => port.parse().ok().and_then(|port| Self::host(host, Some(port))),
            None => Self::host(text, None),
        };
        rule.ok_or_else(|| InvalidRule(text.to_owned()))
    }
}

/// A network written in IPv4-mapped form is the IPv4 network, as addresses are compared in that form.
fn canonical(net: IpNet) -> IpNet {
    if let IpNet::V6(v6) = net
        && let IpAddr::V4(ip) = IpAddr::V6(v6.addr()).to_canonical()
        && let Some(prefix) = v6.prefix_len().checked_sub(96)
        && let Ok(v4) = Ipv4Net::new(ip, prefix)
    {
        return v4.into();
    }
    net
}

#[cfg(test)]
mod tests {
    use super::AllowRule;

    #[test]
    fn forms_that_parse_and_forms_that_do_not() {
        for text in
            ["10.0.0.0/8", "10.0.0.1", "::1", "[::1]:80", "127.0.0.1:80", "Mcp.Internal", "mcp.internal:80"]
        {
            assert!(text.parse::<AllowRule>().is_ok(), "{text}");
        }
        for text in ["", "10.0.0.0/33", "a b", "mcp.internal:http", "mcp.internal:70000", ":80", "http://x"] {
            assert!(text.parse::<AllowRule>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_mapped_network_is_the_ipv4_network() {
        assert_eq!("::ffff:10.0.0.0/104".parse::<AllowRule>(), "10.0.0.0/8".parse());
    }
}
