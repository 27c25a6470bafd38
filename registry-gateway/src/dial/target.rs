//! The part of a URL that says where to connect.

use std::net::IpAddr;

use url::{Host, Url};

use super::error::DialError;

/// Host, port and security of an http or https URL, or a ws or wss one, that has passed the checks of its form.
///
/// The host comes from the WHATWG parser of `url`, so decimal, octal, hex and short IPv4 forms, percent
/// encoding and IDNA are already resolved to one form: what is checked is what is connected to.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    host: Host<String>,
    port: u16,
    tls: bool,
}

impl Target {
    /// Reads `url`; any scheme but http, https, ws and wss, userinfo and port 0 are `InvalidUrl`.
    pub(crate) fn of(url: &Url) -> Result<Self, DialError> {
        let tls = match url.scheme() {
            "https" | "wss" => true,
            "http" | "ws" => false,
            _ => return Err(DialError::InvalidUrl("the scheme must be http, https, ws or wss")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(DialError::InvalidUrl("user name and password are not allowed in the URL"));
        }
        let port = match url.port_or_known_default() {
            Some(port) if port != 0 => port,
            _ => return Err(DialError::InvalidUrl("the port must be 1 to 65535")),
        };
        let host = match url.host() {
            Some(Host::Domain(name)) => Host::Domain(without_root(name)?.to_owned()),
            Some(Host::Ipv4(ip)) => Host::Ipv4(ip),
            Some(Host::Ipv6(ip)) => Host::Ipv6(ip),
            None => return Err(DialError::InvalidUrl("the host is missing")),
        };
        Ok(Self { host, port, tls })
    }

    /// The host name without its trailing dot, when the host is a name.
    pub(crate) fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Domain(name) => Some(name),
            _ => None,
        }
    }

    /// The address, when the host is a literal.
    pub(crate) fn literal(&self) -> Option<IpAddr> {
        match self.host {
            Host::Domain(_) => None,
            Host::Ipv4(ip) => Some(ip.into()),
            Host::Ipv6(ip) => Some(ip.into()),
        }
    }

    pub(crate) fn host(&self) -> &Host<String> {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.tls
    }
}

/// A name without the dot of the root. With more dots than that one it is no name, and `127.0.0.1..` would be an address
/// that was never looked at as one.
fn without_root(name: &str) -> Result<&str, DialError> {
    match name.strip_suffix('.').unwrap_or(name) {
        "" => Err(DialError::InvalidUrl("the host is missing")),
        name if name.ends_with('.') => Err(DialError::InvalidUrl("the host has an empty label at its end")),
        name => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn a_name_may_end_in_the_dot_of_the_root_and_no_other() {
        let name = |url: &str| Target::of(&url.parse().unwrap()).ok()?.name().map(str::to_owned);
        assert_eq!(name("https://mcp.example.com./").as_deref(), Some("mcp.example.com"));
        for bad in ["https://127.0.0.1../", "https://x../", "https://./", "https://1.2.3.4..../"] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }
}
