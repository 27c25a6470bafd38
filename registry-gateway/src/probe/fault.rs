//! What was wrong with an upstream, found in the errors of rmcp and of the dialer.

use std::error::Error;

use http::StatusCode;
use rmcp::{
    model::ErrorCode,
    service::{ClientInitializeError, ServiceError},
    transport::{DynamicTransportError, streamable_http_client::StreamableHttpError},
};

use crate::{
    credential::TokenError,
    dial::{DialError, UpstreamError},
    transport::{channel::ChannelError, streamable_http::Failure},
};

/// One finding. It holds no text of the upstream's, so that none reaches a log, the audit or a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The egress policy refuses the address.
    Refused,
    /// Plain http to an address in the open.
    InsecureScheme,
    /// The dialer takes no such URL.
    InvalidUrl,
    /// The host name has no address.
    Unresolved,
    /// No TCP connection.
    Unconnected,
    /// No TLS session.
    Tls,
    /// The connection broke before the answer was whole.
    Broken,
    /// No answer in time.
    Timeout,
    /// A credential that HTTP cannot carry.
    UnusableCredential,
    /// HTTP 401.
    Unauthorized,
    /// HTTP 401 to a server whose credentials are OAuth tokens, of which there are none yet.
    OauthPending,
    /// An OAuth token that could not be fetched.
    Token(TokenError),
    /// HTTP 403.
    Forbidden,
    /// HTTP 429.
    RateLimited,
    /// HTTP 3xx.
    Redirect(u16),
    /// HTTP 404, 405 or 410: nothing speaks MCP at that path.
    NoEndpoint(u16),
    /// Any other failed HTTP status.
    Status(u16),
    /// An answer that is no MCP message.
    NotMcp,
    /// A JSON-RPC error.
    JsonRpc(i32),
    /// A JSON-RPC error by which servers of the modern era refuse discovery.
    ModernRefusal(i32),
    /// The server offers no protocol version that rmcp speaks.
    NoCommonVersion,
    /// The session was gone as soon as it was opened.
    SessionLost,
    /// The URL of streamable HTTP is one of HTTP+SSE.
    LegacySse,
    /// The server wants its messages, and the credentials, at another origin.
    OtherOrigin,
    /// The operator's file has no such launcher.
    NoLauncher,
    /// The launcher runs as many processes as it may.
    Busy,
    /// The launcher's command could not be started.
    Unstarted,
}

impl Fault {
    /// What failed a request.
    pub(super) fn of(failure: &Failure) -> Self {
        match failure {
            StreamableHttpError::Client(error) => Self::of_upstream(error),
            StreamableHttpError::HttpStatus(error) => Self::of_status(error.status),
            StreamableHttpError::AuthRequired(_) => Self::Unauthorized,
            StreamableHttpError::InsufficientScope(_) => Self::Forbidden,
            StreamableHttpError::SessionExpired => Self::SessionLost,
            StreamableHttpError::Io(_)
            | StreamableHttpError::UnexpectedEndOfStream
            | StreamableHttpError::TransportChannelClosed => Self::Broken,
            _ => Self::NotMcp,
        }
    }

    /// What kept a channel from opening, or ended it.
    pub(super) fn of_channel(error: &ChannelError) -> Self {
        match error {
            ChannelError::Closed => Self::Broken,
            ChannelError::Protocol(_) => Self::NotMcp,
            ChannelError::Dial(error) => Self::of_dial(error),
            ChannelError::Upstream(error) => Self::of_upstream(error),
            ChannelError::Status(status) => Self::of_status(status.as_u16()),
            ChannelError::Timeout(_) => Self::Timeout,
            ChannelError::OtherOrigin => Self::OtherOrigin,
            ChannelError::Reserved(_) => Self::UnusableCredential,
            ChannelError::NoLauncher => Self::NoLauncher,
            // Of this node, which is full.
            ChannelError::Busy | ChannelError::Stalled | ChannelError::Crowded => Self::Busy,
            ChannelError::Start(_) => Self::Unstarted,
        }
    }

    fn of_upstream(error: &UpstreamError) -> Self {
        match error {
            UpstreamError::Dial(error) => Self::of_dial(error),
            UpstreamError::Timeout(_) => Self::Timeout,
            // The headers are this probe's own but for the session id, which the upstream made unusable.
            UpstreamError::Request(_) | UpstreamError::Encode(_) => Self::NotMcp,
            UpstreamError::Exchange(error) if speaks_no_http(&**error) => Self::NotMcp,
            UpstreamError::Exchange(_) | UpstreamError::Body(_) => Self::Broken,
        }
    }

    pub(super) fn of_dial(error: &DialError) -> Self {
        match error {
            DialError::Refused => Self::Refused,
            DialError::InsecureScheme => Self::InsecureScheme,
            DialError::InvalidUrl(_) => Self::InvalidUrl,
            DialError::Resolve(_) => Self::Unresolved,
            DialError::Connect(_) => Self::Unconnected,
            DialError::Tls(_) => Self::Tls,
            DialError::Timeout(_) => Self::Timeout,
        }
    }

    fn of_status(status: u16) -> Self {
        match StatusCode::from_u16(status) {
            Ok(StatusCode::UNAUTHORIZED) => Self::Unauthorized,
            Ok(StatusCode::FORBIDDEN) => Self::Forbidden,
            Ok(StatusCode::TOO_MANY_REQUESTS) => Self::RateLimited,
            Ok(StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE) => {
                Self::NoEndpoint(status)
            }
            Ok(code) if code.is_redirection() => Self::Redirect(status),
            _ => Self::Status(status),
        }
    }

    /// What failed a handshake; `None` when rmcp does not tell.
    pub(super) fn of_handshake(error: &ClientInitializeError) -> Option<Self> {
        match error {
            ClientInitializeError::TransportError { error, .. } => Self::of_transport(error),
            ClientInitializeError::JsonRpcError(error) => Some(match error.code {
                ErrorCode::HEADER_MISMATCH | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY => {
                    Self::ModernRefusal(error.code.0)
                }
                code => Self::JsonRpc(code.0),
            }),
            ClientInitializeError::NoCompatibleProtocolVersion { .. } => Some(Self::NoCommonVersion),
            ClientInitializeError::LegacyFallbackFailed { fallback, .. } => Self::of_handshake(fallback),
            ClientInitializeError::ConnectionClosed(_)
            | ClientInitializeError::Cancelled
            | ClientInitializeError::UncorrelatedErrorResponse { .. } => None,
            _ => Some(Self::NotMcp),
        }
    }

    /// What failed a request in a session; `None` as with [`Fault::of_handshake`].
    pub(super) fn of_use(error: &ServiceError) -> Option<Self> {
        match error {
            ServiceError::McpError(error) => Some(Self::JsonRpc(error.code.0)),
            ServiceError::TransportSend(error) => Self::of_transport(error),
            ServiceError::TransportClosed | ServiceError::Cancelled { .. } => None,
            ServiceError::Timeout { .. } => Some(Self::Timeout),
            _ => Some(Self::NotMcp),
        }
    }

    fn of_transport(error: &DynamicTransportError) -> Option<Self> {
        if let Some(error) = error.error.downcast_ref::<ChannelError>() {
            // Why it closed is in the trace.
            return Some(Self::of_channel(error)).filter(|fault| *fault != Self::Broken);
        }
        match error.error.downcast_ref::<Failure>() {
            Some(StreamableHttpError::TransportChannelClosed) | None => None,
            Some(failure) => Some(Self::of(failure)),
        }
    }

    /// Whether the upstream itself said so.
    pub(super) fn is_answer(self) -> bool {
        !matches!(
            self,
            Self::Refused
                | Self::InsecureScheme
                | Self::InvalidUrl
                | Self::Unresolved
                | Self::Unconnected
                | Self::Tls
                | Self::Broken
                | Self::Timeout
                | Self::UnusableCredential
                | Self::Token(_)
                | Self::NoLauncher
                | Self::Busy
                | Self::Unstarted
        )
    }

    /// Whether the server may be one of HTTP+SSE, which knows no POST at the URL of its stream.
    pub(super) fn may_be_legacy_sse(self) -> bool {
        matches!(self, Self::NoEndpoint(404 | 405) | Self::Status(400))
    }

    /// Whether a refused discovery tells that the server may be of an older era, or that a second look is
    /// worth its while: whatever would not come out the same for `initialize`.
    pub(super) fn allows_initialize(self) -> bool {
        matches!(
            self,
            Self::Broken
                | Self::Timeout
                | Self::NoEndpoint(_)
                | Self::Status(_)
                | Self::NotMcp
                | Self::JsonRpc(_)
                | Self::NoCommonVersion
        )
    }
}

impl Fault {
    /// Whether a server that does not let itself be initialized any more may speak another era now: it answers.
    pub(super) fn may_be_another_era(self) -> bool {
        self.allows_initialize() && self.is_answer()
    }
}

fn speaks_no_http(error: &(dyn Error + 'static)) -> bool {
    let mut source = Some(error);
    while let Some(error) = source {
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return true;
        }
        source = error.source();
    }
    false
}
