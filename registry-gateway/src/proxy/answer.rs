//! Answers of the gateway itself: each failure has an HTTP status, a JSON-RPC error (JSON-RPC 2.0 section 5.1) and a
//! stable code. The id is null if the request was not read.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use registry_core::error::AuthError;
use registry_core::limit::Decision;
use registry_core::model::server::ServerStatus;
use registry_core::model::usage::CallError;
use serde_json::json;

use super::bridge::{ENDED, Id, UnsupportedVersion};
use super::headers::{self, BodyKind};
use super::refusal::Kind;
use super::{AnswerBody, Refusal, limit, replay, verdict};
use crate::credential::TokenError;
use crate::dial::{DialError, UpstreamError};
use crate::transport::channel::ChannelError;

/// JSON-RPC's own code for a request that is not valid.
const INVALID_REQUEST: i32 = -32600;
/// MCP 2026-07-28, UnsupportedProtocolVersion. Servers of older versions alone must not use it: clients of both eras then
/// would not fall back to `initialize`.
const UNSUPPORTED_VERSION: i32 = -32022;
/// JSON-RPC's range for what the implementation defines.
const SERVER_ERROR: i32 = -32000;
/// When to try a server again that is switched off, in seconds.
const RETRY_AFTER_SECONDS: u32 = 30;
/// When to try a server again that too many call, in seconds.
const BUSY_RETRY_AFTER_SECONDS: u32 = 1;

/// Why the gateway answers itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Who calls is not known.
    Auth(AuthError),
    /// The key lacks the scope.
    Scope,
    /// A limit is exceeded.
    Limited(Decision),
    /// No such server for this key.
    NoSuchServer,
    /// No such session for this key.
    NoSuchSession,
    /// A browser calls from an origin that is not listed.
    Origin,
    /// Not GET, POST or DELETE.
    Method,
    /// The request's body is too large.
    TooLarge,
    /// The message does not pass the door.
    Door(Box<Refusal>),
    /// The server speaks no such version of the protocol.
    Version(Box<UnsupportedVersion>),
    /// The server, or who calls, is not any more what it was when the call began.
    Changed,
    /// There are as many sessions as there may be.
    Sessions(&'static str),
    /// The server is switched off.
    NotActive(ServerStatus),
    /// Too many calls, or streams, are at the server already.
    Busy,
    /// The server fails, and is not called for this time.
    CircuitOpen(Duration),
    /// The server's transport is not one that is proxied.
    Transport,
    /// The server's address is refused.
    Refused,
    /// The server cannot be reached.
    Unreachable,
    /// The server did not answer in this time.
    Timeout(Duration),
    /// The server wants other credentials than the registered ones.
    UpstreamAuth,
    /// No OAuth token for the server could be fetched.
    UpstreamToken(TokenError),
    /// The server refused the call, in no terms of MCP.
    UpstreamRefusal {
        /// With this status.
        status: StatusCode,
        /// And says when to come back.
        retry_after: Option<HeaderValue>,
    },
    /// The server answered with something that is not passed on.
    BadAnswer(&'static str),
    /// The client's request broke off.
    Incomplete,
    /// The store does not answer.
    Unavailable,
    /// The issuer of the token does not answer.
    IssuerUnavailable,
    /// Something is broken here.
    Internal,
}

impl Failure {
    /// The stable code, in `error.data.code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Auth(_) => "UNAUTHORIZED",
            Self::Scope | Self::Origin => "FORBIDDEN",
            Self::Limited(_) => "RATE_LIMIT_EXCEEDED",
            Self::NoSuchServer => "NOT_FOUND",
            Self::NoSuchSession => "SESSION_NOT_FOUND",
            Self::Method => "METHOD_NOT_ALLOWED",
            Self::TooLarge => "PAYLOAD_TOO_LARGE",
            Self::Door(refusal) => refusal.code(),
            Self::Version(_) => "UNSUPPORTED_PROTOCOL_VERSION",
            Self::Changed => "SERVER_CHANGED",
            Self::Sessions(_) => "TOO_MANY_SESSIONS",
            Self::NotActive(_) => "SERVER_NOT_ACTIVE",
            Self::Busy => "SERVER_BUSY",
            Self::CircuitOpen(_) => "SERVER_CIRCUIT_OPEN",
            Self::Transport => "UNSUPPORTED_TRANSPORT",
            Self::Refused => "REFUSED_ADDRESS",
            Self::Unreachable => "UPSTREAM_UNREACHABLE",
            Self::Timeout(_) => "UPSTREAM_TIMEOUT",
            Self::UpstreamAuth => "UPSTREAM_UNAUTHORIZED",
            Self::UpstreamToken(_) => "UPSTREAM_TOKEN_FAILED",
            Self::UpstreamRefusal { .. } => "UPSTREAM_REFUSAL",
            Self::BadAnswer(_) => "UPSTREAM_ERROR",
            Self::Incomplete => "INCOMPLETE_REQUEST",
            Self::Unavailable | Self::IssuerUnavailable => "SERVICE_UNAVAILABLE",
            Self::Internal => "INTERNAL_ERROR",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Auth(_) => StatusCode::UNAUTHORIZED,
            Self::Scope | Self::Origin => StatusCode::FORBIDDEN,
            Self::Limited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoSuchServer | Self::NoSuchSession => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Door(refusal) => refusal.status(),
            Self::NotActive(_)
            | Self::Busy
            | Self::CircuitOpen(_)
            | Self::Changed
            | Self::Sessions(_)
            | Self::Unavailable
            | Self::IssuerUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Incomplete | Self::Version(_) => StatusCode::BAD_REQUEST,
            Self::Timeout(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Transport
            | Self::Refused
            | Self::Unreachable
            | Self::UpstreamAuth
            | Self::UpstreamToken(_)
            | Self::BadAnswer(_) => StatusCode::BAD_GATEWAY,
            Self::UpstreamRefusal { status, .. } => *status,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn message(&self) -> Cow<'static, str> {
        match self {
            Self::Auth(error) => error.to_string().into(),
            Self::Scope => "the key lacks the scope mcp:invoke".into(),
            Self::Limited(decision) => {
                let seconds = decision.retry_after().unwrap_or(1);
                format!("too many requests; try again in {seconds} s").into()
            }
            Self::NoSuchServer => "there is no such server for this key".into(),
            Self::NoSuchSession => "there is no such session; initialize a new one".into(),
            Self::Origin => "this Origin may not call; the operator can allow it with --allow-origin".into(),
            Self::Method => "the method must be GET, POST or DELETE".into(),
            Self::TooLarge => "the request is too large".into(),
            Self::Door(refusal) => refusal.message(),
            Self::Changed => "the server, or the key, was changed meanwhile; call again".into(),
            Self::Sessions(why) => (*why).into(),
            Self::Version(version) => format!("Unsupported protocol version: {}", version.requested).into(),
            Self::NotActive(status) => format!("the server is switched off (status {status})").into(),
            Self::Busy => "too many calls are at the server; try again later".into(),
            Self::CircuitOpen(_) => "the server failed too often and is not called for a while".into(),
            Self::Transport => "the server's transport is not one that this gateway calls".into(),
            Self::Refused => {
                "the server's address is refused; the operator can allow it with --allow-upstream".into()
            }
            Self::Unreachable => "the server could not be reached".into(),
            Self::Timeout(after) => {
                format!("the server did not answer within {} ms", after.as_millis()).into()
            }
            Self::UpstreamAuth => "the server refused the credentials that it was registered with".into(),
            Self::UpstreamToken(error) => format!("there is no OAuth token for the server: {error}").into(),
            Self::UpstreamRefusal { status, .. } => {
                format!("the server refused the call with HTTP status {status}").into()
            }
            Self::BadAnswer(why) => format!("the server's answer was not passed on: {why}").into(),
            Self::Incomplete => "the request broke off before its end".into(),
            Self::Unavailable => "the registry's store is not available; try again later".into(),
            Self::IssuerUnavailable => {
                "the issuer of the token could not be asked for its keys; try again later".into()
            }
            Self::Internal => "internal error".into(),
        }
    }

    /// Whose doing it is.
    pub(super) fn whose(&self) -> CallError {
        match (self, self.status()) {
            (Self::Busy | Self::Sessions(_), _) | (_, StatusCode::TOO_MANY_REQUESTS) => CallError::Limited,
            (_, StatusCode::GATEWAY_TIMEOUT) => CallError::Timeout,
            (Self::CircuitOpen(_), _) | (_, StatusCode::BAD_GATEWAY) => CallError::Upstream,
            (_, status) if status.is_client_error() => CallError::Client,
            _ => CallError::Gateway,
        }
    }

    /// The id of the request, in JSON: null unless the request was read.
    fn id(&self) -> &str {
        match self {
            Self::Door(refusal) => refusal.id().unwrap_or("null"),
            _ => "null",
        }
    }

    /// A request that is refused with 400, and why.
    pub(super) fn bad_request(why: &'static str) -> Self {
        Refusal::new(Kind::Message, why).into()
    }

    /// Whether a version is not spoken by a server that speaks such without sessions.
    pub(super) fn is_modern_version(&self) -> bool {
        matches!(self, Self::Version(version) if version.is_modern)
    }

    /// The code of the JSON-RPC error.
    fn rpc_code(&self) -> i32 {
        match self {
            Self::Version(version) if version.is_modern => UNSUPPORTED_VERSION,
            Self::Door(refusal) => refusal.rpc_code(),
            failure if failure.status().is_client_error() => INVALID_REQUEST,
            _ => SERVER_ERROR,
        }
    }

    /// The JSON-RPC error, for the request with this id if it is known.
    pub(super) fn message_for(&self, id: Option<&Id>) -> Bytes {
        let mut data = json!({ "code": self.code() });
        if let Self::Version(version) = self {
            data["requested"] = json!(version.requested);
            data["supported"] = json!(version.supported);
        }
        let error = json!({ "code": self.rpc_code(), "message": self.message(), "data": data });
        let id = id.map_or_else(|| self.id().into(), |id| json!(id).to_string());
        format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#).into()
    }

    /// The answer.
    pub(super) fn into_response(self, challenge: &HeaderValue) -> Response<AnswerBody> {
        self.into_response_for(None, challenge)
    }

    /// The answer to the request with this id.
    pub(super) fn into_response_for(self, id: Option<&Id>, challenge: &HeaderValue) -> Response<AnswerBody> {
        let mut response = Response::new(AnswerBody::whole(self.message_for(id)));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match self {
            Self::Auth(_) => {
                headers.insert(header::WWW_AUTHENTICATE, challenge.clone());
            }
            Self::Limited(decision) => {
                limit::tell(headers, &decision);
                headers.insert(header::RETRY_AFTER, decision.retry_after().unwrap_or(1).into());
            }
            Self::Method => {
                headers.insert(header::ALLOW, HeaderValue::from_static("GET, POST, DELETE"));
            }
            Self::UpstreamRefusal { retry_after: Some(when), .. } => {
                headers.insert(header::RETRY_AFTER, when);
            }
            Self::NotActive(_) | Self::Unavailable | Self::IssuerUnavailable | Self::Sessions(_) => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
            }
            Self::Busy | Self::Changed => {
                headers.insert(header::RETRY_AFTER, BUSY_RETRY_AFTER_SECONDS.into());
            }
            Self::CircuitOpen(left) => {
                headers.insert(header::RETRY_AFTER, (left.as_secs() + 1).into());
            }
            _ => {}
        }
        response
    }
}

/// Whether an upstream's answer is passed on: if it speaks MCP's own terms, which are JSON and event streams of any
/// status, and plain or no text with a success. Of other refusals only the status is passed on, for it means something
/// to a client (404: the session is gone; 405: there is no stream).
pub(super) fn judge<B>(response: &Response<B>) -> Result<(), Failure> {
    let (status, body) = (response.status(), headers::body_kind(response.headers()));
    match status.as_u16() {
        100..=199 => Err(Failure::BadAnswer("it switched protocols")),
        401 | 403 | 407 => Err(Failure::UpstreamAuth),
        300..=399 => Err(Failure::BadAnswer("redirects are not followed")),
        _ if body == BodyKind::Mcp => Ok(()),
        200..=299 if body == BodyKind::Plain => Ok(()),
        400..=499 => {
            let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
            Err(Failure::UpstreamRefusal { status, retry_after })
        }
        500..=599 => Err(Failure::BadAnswer("it failed with an HTTP server error")),
        _ => Err(Failure::BadAnswer("it is neither JSON nor an event stream")),
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Self::Auth(error)
    }
}

impl From<registry_core::Error> for Failure {
    fn from(error: registry_core::Error) -> Self {
        match error {
            registry_core::Error::Unauthenticated(error) => Self::Auth(error),
            registry_core::Error::NotFound => Self::NoSuchServer,
            registry_core::Error::Unavailable(_) => Self::Unavailable,
            registry_core::Error::IssuerUnavailable(reason) => {
                tracing::warn!(reason, "an issuer of tokens is not available");
                Self::IssuerUnavailable
            }
            error => {
                tracing::error!(error = registry_core::error::chain(&error), "a call could not be admitted");
                Self::Internal
            }
        }
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::UpstreamToken(error)
    }
}

impl From<UpstreamError> for Failure {
    fn from(error: UpstreamError) -> Self {
        tracing::warn!(error = registry_core::error::chain(&error), "an upstream could not be called");
        match &error {
            UpstreamError::Dial(
                DialError::Refused | DialError::InsecureScheme | DialError::InvalidUrl(_),
            ) => Self::Refused,
            UpstreamError::Dial(_) => Self::Unreachable,
            UpstreamError::Timeout(after) => Self::Timeout(*after),
            _ if replay::is_too_long(&error) => Self::TooLarge,
            _ if verdict::is_of_the_client(&error) => Self::Incomplete,
            _ => Self::BadAnswer("the exchange broke off"),
        }
    }
}

impl From<ChannelError> for Failure {
    fn from(error: ChannelError) -> Self {
        tracing::warn!(error = registry_core::error::chain(&error), "a channel to an upstream failed");
        match error {
            ChannelError::Dial(error) => UpstreamError::Dial(error).into(),
            ChannelError::Upstream(error) => error.into(),
            ChannelError::Status(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Self::UpstreamAuth,
            ChannelError::Status(_) => Self::BadAnswer("it refused the connection, or a message"),
            ChannelError::Timeout(_) => Self::Unreachable,
            ChannelError::OtherOrigin => Self::BadAnswer("it names an endpoint of another origin"),
            ChannelError::NoLauncher => Self::Transport,
            ChannelError::Start(_) => Self::Unreachable,
            ChannelError::Busy => Self::Sessions("the server runs as many processes as it may"),
            ChannelError::Reserved(_) => Self::Internal,
            ChannelError::Closed => Self::BadAnswer(ENDED),
            ChannelError::Protocol(why) => Self::BadAnswer(why),
        }
    }
}
