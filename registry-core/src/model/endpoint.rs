//! Endpoint: where a server is, and over which transport it is reached.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use super::field::Invalid;
use super::role::spelled;

spelled! {
    /// How the server speaks MCP.
    Transport {
        /// Streamable HTTP (MCP 2025-03-26 and later).
        Http = "http",
        /// JSON-RPC over a WebSocket.
        Websocket = "websocket",
        /// A launcher of the operator's, over its standard input and output.
        Stdio = "stdio",
        /// HTTP with server-sent events (MCP 2024-11-05).
        Sse = "sse",
    }
}

impl Transport {
    /// The URL schemes that go with it; none for stdio, which names a launcher.
    pub const fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Http | Self::Sse => &["http", "https"],
            Self::Websocket => &["ws", "wss"],
            Self::Stdio => &["stdio"],
        }
    }
}

/// Where a server is: a URL whose scheme fits the transport, without user info and fragment. Which addresses
/// may be connected to is the dialer's matter, at each connect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Endpoint {
    transport: Transport,
    url: Url,
}

impl Endpoint {
    /// The longest URL, in bytes.
    pub const MAX_URL_BYTES: usize = 2_048;

    /// Checks that `url` is one for `transport`. A stdio endpoint is `stdio:launcher-name`.
    ///
    /// # Errors
    /// [`Invalid`] says which rule it breaks.
    pub fn parse(transport: Transport, url: &str) -> Result<Self, Invalid> {
        let too_long = || Invalid::new("must be at most 2048 bytes long, with what is not ASCII escaped");
        if url.len() > Self::MAX_URL_BYTES {
            return Err(too_long());
        }
        let url = Url::parse(url.trim()).map_err(|_| Invalid::new("must be an absolute URL"))?;
        // Escaping makes it longer, and what is stored must be valid when it is read.
        if url.as_str().len() > Self::MAX_URL_BYTES {
            return Err(too_long());
        }
        check(transport, &url)?;
        Ok(Self { transport, url })
    }

    /// The transport.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// The URL, normalised (WHATWG URL).
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

fn check(transport: Transport, url: &Url) -> Result<(), Invalid> {
    let schemes = transport.schemes();
    if !schemes.contains(&url.scheme()) {
        let schemes = schemes.join(" or ");
        return Err(Invalid::new(format!("must have the scheme {schemes} for transport {transport}")));
    }
    if transport != Transport::Stdio && url.host_str().is_none_or(str::is_empty) {
        return Err(Invalid::new("must name a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Invalid::new("must not hold a user name or password; use authConfig"));
    }
    if url.fragment().is_some() {
        return Err(Invalid::new("must not have a fragment"));
    }
    Ok(())
}

#[derive(Serialize, Deserialize)]
struct Raw {
    transport: Transport,
    url: String,
}

impl TryFrom<Raw> for Endpoint {
    type Error = Invalid;

    fn try_from(raw: Raw) -> Result<Self, Invalid> {
        Self::parse(raw.transport, &raw.url)
    }
}

impl From<Endpoint> for Raw {
    fn from(endpoint: Endpoint) -> Self {
        Self { transport: endpoint.transport, url: endpoint.url.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Transport};

    #[test]
    fn an_endpoint_is_valid_when_it_is_read_again() {
        let long = |letter: &str, times| format!("https://example.com/{}", letter.repeat(times));
        for (url, is_valid) in
            [(long("a", 2_028), true), (long("a", 2_029), false), (long("ü", 1_000), false)]
        {
            assert_eq!(Endpoint::parse(Transport::Http, &url).is_ok(), is_valid);
        }
        let endpoint = Endpoint::parse(Transport::Http, &long("ü", 300)).unwrap();
        let json = serde_json::to_string(&endpoint).unwrap();
        assert_eq!(serde_json::from_str::<Endpoint>(&json).unwrap(), endpoint);
    }
}
