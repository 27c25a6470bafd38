//! What a fault means for the check: status, code and a sentence for a person.

use std::fmt;

use registry_core::{
    model::health::{CheckError, CheckStatus},
    probe::{
        NOT_MCP, REFUSED_ADDRESS, TIMEOUT, UNAUTHORIZED, UNREACHABLE, UNSUPPORTED_TRANSPORT, UPSTREAM_ERROR,
    },
};

use super::fault::Fault;

impl Fault {
    /// The status of a check whose handshake ended so.
    pub(super) fn status(self) -> CheckStatus {
        match self {
            Self::Timeout => CheckStatus::Timeout,
            // Alive and well by its own words, only not for this probe.
            Self::OauthPending | Self::ModernRefusal(_) | Self::NoCommonVersion => CheckStatus::Degraded,
            // It says nothing of the server but that this is not the time to ask.
            Self::RateLimited | Self::Busy => CheckStatus::Unknown,
            fault if fault.is_answer() => CheckStatus::Unhealthy,
            _ => CheckStatus::Error,
        }
    }

    /// The status of a check whose handshake went well, but a request after it ended so. One list that
    /// fails leaves the rest of the server of use; credentials that it does not take do not.
    pub(super) fn status_in_use(self) -> CheckStatus {
        match self {
            Self::Unauthorized => CheckStatus::Unhealthy,
            _ => CheckStatus::Degraded,
        }
    }

    /// Whether the server refused the credentials.
    pub(super) fn is_about_credentials(self) -> bool {
        self.code() == UNAUTHORIZED
    }

    /// The stable code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Refused | Self::InsecureScheme | Self::InvalidUrl => REFUSED_ADDRESS,
            Self::Unresolved | Self::Unconnected | Self::Tls | Self::Broken | Self::Unstarted => UNREACHABLE,
            Self::Timeout => TIMEOUT,
            Self::Unauthorized
            | Self::OauthPending
            | Self::Token(_)
            | Self::Forbidden
            | Self::UnusableCredential => UNAUTHORIZED,
            Self::NoEndpoint(_) | Self::NotMcp | Self::LegacySse | Self::OtherOrigin => NOT_MCP,
            Self::NoLauncher => UNSUPPORTED_TRANSPORT,
            Self::RateLimited
            | Self::Redirect(_)
            | Self::Status(_)
            | Self::JsonRpc(_)
            | Self::ModernRefusal(_)
            | Self::NoCommonVersion
            | Self::SessionLost
            | Self::Busy => UPSTREAM_ERROR,
        }
    }

    /// The error of the report.
    pub(super) fn error(self) -> CheckError {
        CheckError { code: self.code().to_owned(), message: self.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirect(status) => {
                write!(f, "the server redirects (HTTP {status}), which is not followed; use the final URL")
            }
            Self::NoEndpoint(status) => {
                write!(f, "nothing speaks MCP over this transport at this URL (HTTP {status})")
            }
            Self::Status(status) => write!(f, "the server answered HTTP {status}"),
            Self::JsonRpc(code) => write!(f, "the server answered with the JSON-RPC error {code}"),
            Self::ModernRefusal(code) => {
                write!(f, "the server speaks MCP, but refused discovery with the JSON-RPC error {code}")
            }
            Self::Token(error) => write!(f, "there is no OAuth token for the server: {error}"),
            fault => f.write_str(fault.sentence()),
        }
    }
}

impl Fault {
    fn sentence(self) -> &'static str {
        match self {
            Self::Refused => {
                "this registry does not connect to this address; \
                 the operator can allow it with --allow-upstream"
            }
            Self::InsecureScheme => "this registry does not use plain http for this address; use https",
            Self::InvalidUrl => "this registry does not connect to URLs of this form",
            Self::Unresolved => "the host name cannot be resolved",
            Self::Unconnected => "no connection could be made to the server",
            Self::Tls => "the TLS handshake failed; check the certificate and its host name",
            Self::Broken => "the connection broke before the server had answered",
            Self::Timeout => "the server did not answer in time",
            Self::UnusableCredential => "the credentials cannot be sent as HTTP headers",
            Self::Unauthorized => "the server does not accept the credentials (HTTP 401)",
            Self::OauthPending => {
                "the server is alive and wants an OAuth token (HTTP 401), which it has not yet"
            }
            Self::Forbidden => "the server does not allow the credentials to do this (HTTP 403)",
            Self::RateLimited => "the server limits the rate of requests (HTTP 429); its state is unknown",
            Self::NoCommonVersion => "the server speaks MCP, but no version that this registry speaks",
            Self::SessionLost => "the server lost the session that it had just opened (HTTP 404)",
            Self::LegacySse => {
                "this URL speaks the older transport HTTP+SSE (MCP 2024-11-05); use transportType `sse`"
            }
            Self::OtherOrigin => {
                "the server wants its messages, with the credentials, at another origin; nothing was sent there"
            }
            Self::NoLauncher => "the operator of this registry has no launcher of this name",
            Self::Busy => "the launcher runs as many processes as it may; the server's state is unknown",
            Self::Unstarted => "the launcher's command could not be started",
            _ => "the server does not answer as an MCP server does",
        }
    }
}
