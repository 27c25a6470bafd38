//! Why a connection was not opened.

use std::{io, sync::Arc};

/// A dial that failed. The variants are stable: they are stored with health checks and shown to users.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DialError {
    /// The egress policy refuses the address. One text for every refused address and every state of its
    /// port, so that nobody can map the operator's network with it (THREATS S6).
    #[error("the address is not allowed by this registry's egress policy")]
    Refused,
    /// Not an absolute http, https, ws or wss URL, or one with userinfo; the text says which.
    #[error("invalid URL: {0}")]
    InvalidUrl(&'static str),
    /// The host name has no address.
    #[error("the host name cannot be resolved")]
    Resolve(#[source] Arc<io::Error>),
    /// None of the host's addresses accepted the connection.
    #[error("the connection failed")]
    Connect(#[source] Arc<io::Error>),
    /// The named phase did not end in its time.
    #[error("time-out while {0}")]
    Timeout(DialPhase),
    /// The TLS handshake failed: certificate, name or protocol.
    #[error("the TLS handshake failed: {0}")]
    Tls(#[source] Arc<io::Error>),
    /// Plain http to an address outside the operator's own network.
    #[error("plain http is not allowed for this address, use https")]
    InsecureScheme,
}

impl DialError {
    /// The stable machine-readable name of the kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::InvalidUrl(_) => "invalid_url",
            Self::Resolve(_) => "resolve",
            Self::Connect(_) => "connect",
            Self::Timeout(_) => "timeout",
            Self::Tls(_) => "tls",
            Self::InsecureScheme => "insecure_scheme",
        }
    }

    pub(crate) fn resolve(error: io::Error) -> Self {
        Self::Resolve(Arc::new(error))
    }

    pub(crate) fn connect(error: io::Error) -> Self {
        Self::Connect(Arc::new(error))
    }

    pub(crate) fn tls(error: io::Error) -> Self {
        Self::Tls(Arc::new(error))
    }
}

/// The step of a dial that ran out of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialPhase {
    /// Resolving the host name.
    Resolve,
    /// Opening the TCP connection.
    Connect,
    /// The TLS handshake.
    Tls,
}

impl std::fmt::Display for DialPhase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolving the host name",
            Self::Connect => "connecting",
            Self::Tls => "negotiating TLS",
        })
    }
}
