//! Header: the name of an HTTP header that a credential may set.

use serde::{Deserialize, Serialize};

use super::field::Invalid;

/// A header that a credential may set: a token (RFC 9110 section 5.1) in lower case, and none that frames
/// the message, routes it or belongs to MCP.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderName(String);

/// Headers that the gateway itself decides.
const RESERVED: &[&str] = &[
    "accept",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "last-event-id",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

impl HeaderName {
    /// Checks `name` and puts it in lower case.
    ///
    /// # Errors
    /// [`Invalid`] if it is no header name, or one that the gateway itself decides.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        let name = name.to_ascii_lowercase();
        let token = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
        if name.is_empty() || name.len() > 100 || !token {
            return Err(Invalid::new("must be an HTTP header name of at most 100 characters"));
        }
        let prefixed = ["mcp-", "proxy-", "sec-", "x-forwarded-"].iter().any(|p| name.starts_with(p));
        if RESERVED.contains(&name.as_str()) || prefixed {
            return Err(Invalid::new("must not be a header that the gateway itself decides"));
        }
        Ok(Self(name))
    }

    /// The name, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HeaderName {
    type Error = Invalid;

    fn try_from(name: String) -> Result<Self, Invalid> {
        Self::parse(&name)
    }
}

impl From<HeaderName> for String {
    fn from(name: HeaderName) -> Self {
        name.0
    }
}

impl std::fmt::Display for HeaderName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
