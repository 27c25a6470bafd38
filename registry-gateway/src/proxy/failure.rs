//! Why the gateway answers itself, and what is told of each failure: one table of codes, statuses and words.

use std::borrow::Cow;
use std::time::Duration;

use http::{HeaderValue, StatusCode, StatusCode as Status};
use registry_core::error::AuthError;
use registry_core::limit::Decision;
use registry_core::model::server::ServerStatus;
use registry_core::model::usage::CallError;

use super::Refusal;
use super::bridge::UnsupportedVersion;
use super::refusal::Kind;
use crate::credential::TokenError;

/// JSON-RPC's own code for a request that is not valid.
const INVALID_REQUEST: i32 = -32600;
/// MCP 2026-07-28, UnsupportedProtocolVersion. Servers of older versions alone must not use it: clients of both eras then
/// would not fall back to `initialize`.
const UNSUPPORTED_VERSION: i32 = -32022;
/// JSON-RPC's range for what the implementation defines.
const SERVER_ERROR: i32 = -32000;

const ORIGIN: &str = "this Origin may not call; the operator can allow it with --allow-origin";
const NO_SESSION: &str = "there is no such session; initialize a new one";
const METHOD: &str = "the method must be GET, POST or DELETE";
const CHANGED: &str = "the server, or the key, was changed meanwhile; call again";
const CROWDED: &str = "too much of the server's answers waits unread; read them, and begin a new session";
const BUSY: &str = "too many calls are at the server; try again later";
const CIRCUIT_OPEN: &str = "the server failed too often and is not called for a while";
const TRANSPORT: &str = "the server's transport is not one that this gateway calls";
const REFUSED: &str = "the server's address is refused; the operator can allow it with --allow-upstream";
const UPSTREAM_AUTH: &str = "the server refused the credentials that it was registered with";
const UNAVAILABLE: &str = "the registry's store is not available; try again later";
const ISSUER_UNAVAILABLE: &str = "the issuer of the token could not be asked for its keys; try again later";

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
    /// This node held as much for its clients as it may, and most for this one.
    Crowded,
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

/// What is told of a failure.
struct Told {
    code: &'static str,
    status: StatusCode,
    message: Cow<'static, str>,
}

impl Told {
    fn of(code: &'static str, status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, status, message: message.into() }
    }
}

impl Failure {
    /// What is told of it: the stable code, the HTTP status, and the words.
    fn told(&self) -> Told {
        match self {
            Self::Auth(error) => Told::of("UNAUTHORIZED", Status::UNAUTHORIZED, error.to_string()),
            Self::Scope => Told::of("FORBIDDEN", Status::FORBIDDEN, "the key lacks the scope mcp:invoke"),
            Self::Origin => Told::of("FORBIDDEN", Status::FORBIDDEN, ORIGIN),
            Self::Limited(decision) => {
                let seconds = decision.retry_after().unwrap_or(1);
                let message = format!("too many requests; try again in {seconds} s");
                Told::of("RATE_LIMIT_EXCEEDED", Status::TOO_MANY_REQUESTS, message)
            }
            Self::NoSuchServer => {
                Told::of("NOT_FOUND", Status::NOT_FOUND, "there is no such server for this key")
            }
            Self::NoSuchSession => Told::of("SESSION_NOT_FOUND", Status::NOT_FOUND, NO_SESSION),
            Self::Method => Told::of("METHOD_NOT_ALLOWED", Status::METHOD_NOT_ALLOWED, METHOD),
            Self::TooLarge => {
                Told::of("PAYLOAD_TOO_LARGE", Status::PAYLOAD_TOO_LARGE, "the request is too large")
            }
            Self::Door(refusal) => Told::of(refusal.code(), refusal.status(), refusal.message()),
            Self::Version(version) => {
                let message = format!("Unsupported protocol version: {}", version.requested);
                Told::of("UNSUPPORTED_PROTOCOL_VERSION", Status::BAD_REQUEST, message)
            }
            Self::Changed => Told::of("SERVER_CHANGED", Status::SERVICE_UNAVAILABLE, CHANGED),
            Self::Sessions(why) => Told::of("TOO_MANY_SESSIONS", Status::SERVICE_UNAVAILABLE, *why),
            Self::Crowded => Told::of("TOO_MUCH_UNREAD", Status::SERVICE_UNAVAILABLE, CROWDED),
            Self::NotActive(status) => {
                let message = format!("the server is switched off (status {status})");
                Told::of("SERVER_NOT_ACTIVE", Status::SERVICE_UNAVAILABLE, message)
            }
            Self::Busy => Told::of("SERVER_BUSY", Status::SERVICE_UNAVAILABLE, BUSY),
            Self::CircuitOpen(_) => {
                Told::of("SERVER_CIRCUIT_OPEN", Status::SERVICE_UNAVAILABLE, CIRCUIT_OPEN)
            }
            Self::Transport => Told::of("UNSUPPORTED_TRANSPORT", Status::BAD_GATEWAY, TRANSPORT),
            Self::Refused => Told::of("REFUSED_ADDRESS", Status::BAD_GATEWAY, REFUSED),
            Self::Unreachable => {
                Told::of("UPSTREAM_UNREACHABLE", Status::BAD_GATEWAY, "the server could not be reached")
            }
            Self::Timeout(after) => {
                let message = format!("the server did not answer within {} ms", after.as_millis());
                Told::of("UPSTREAM_TIMEOUT", Status::GATEWAY_TIMEOUT, message)
            }
            Self::UpstreamAuth => Told::of("UPSTREAM_UNAUTHORIZED", Status::BAD_GATEWAY, UPSTREAM_AUTH),
            Self::UpstreamToken(error) => {
                let message = format!("there is no OAuth token for the server: {error}");
                Told::of("UPSTREAM_TOKEN_FAILED", Status::BAD_GATEWAY, message)
            }
            Self::UpstreamRefusal { status, .. } => {
                let message = format!("the server refused the call with HTTP status {status}");
                Told::of("UPSTREAM_REFUSAL", *status, message)
            }
            Self::BadAnswer(why) => {
                let message = format!("the server's answer was not passed on: {why}");
                Told::of("UPSTREAM_ERROR", Status::BAD_GATEWAY, message)
            }
            Self::Incomplete => {
                Told::of("INCOMPLETE_REQUEST", Status::BAD_REQUEST, "the request broke off before its end")
            }
            Self::Unavailable => Told::of("SERVICE_UNAVAILABLE", Status::SERVICE_UNAVAILABLE, UNAVAILABLE),
            Self::IssuerUnavailable => {
                Told::of("SERVICE_UNAVAILABLE", Status::SERVICE_UNAVAILABLE, ISSUER_UNAVAILABLE)
            }
            Self::Internal => Told::of("INTERNAL_ERROR", Status::INTERNAL_SERVER_ERROR, "internal error"),
        }
    }

    /// The stable code, in `error.data.code`.
    pub fn code(&self) -> &'static str {
        self.told().code
    }

    pub(super) fn status(&self) -> StatusCode {
        self.told().status
    }

    pub(super) fn message(&self) -> Cow<'static, str> {
        self.told().message
    }

    /// Whose doing it is.
    pub(super) fn whose(&self) -> CallError {
        match (self, self.status()) {
            (Self::Busy | Self::Sessions(_) | Self::Crowded, _) | (_, StatusCode::TOO_MANY_REQUESTS) => {
                CallError::Limited
            }
            (_, StatusCode::GATEWAY_TIMEOUT) => CallError::Timeout,
            (Self::CircuitOpen(_), _) | (_, StatusCode::BAD_GATEWAY) => CallError::Upstream,
            (_, status) if status.is_client_error() => CallError::Client,
            _ => CallError::Gateway,
        }
    }

    /// The id of the request, in JSON: null unless the request was read.
    pub(super) fn id(&self) -> &str {
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
    pub(super) fn rpc_code(&self) -> i32 {
        match self {
            Self::Version(version) if version.is_modern => UNSUPPORTED_VERSION,
            Self::Door(refusal) => refusal.rpc_code(),
            failure if failure.status().is_client_error() => INVALID_REQUEST,
            _ => SERVER_ERROR,
        }
    }
}
