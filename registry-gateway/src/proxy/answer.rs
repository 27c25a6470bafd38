//! Answers of the gateway itself: each failure has an HTTP status, a JSON-RPC error (JSON-RPC 2.0 section 5.1) and a
//! stable code. The id is null, for the request was not parsed.

use std::borrow::Cow;
use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::LengthLimitError;
use registry_core::error::AuthError;
use registry_core::limit::Decision;
use registry_core::model::server::ServerStatus;
use serde_json::json;

use super::headers::{self, BodyKind};
use super::{AnswerBody, limit};
use crate::dial::{DialError, UpstreamError};

/// JSON-RPC's own code for a request that is not valid.
const INVALID_REQUEST: i32 = -32600;
/// JSON-RPC's range for what the implementation defines.
const SERVER_ERROR: i32 = -32000;
/// When to try a server again that is switched off, in seconds.
const RETRY_AFTER_SECONDS: u32 = 30;

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
    /// The server is switched off.
    NotActive(ServerStatus),
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
    /// The server refused the call, in no terms of MCP.
    UpstreamRefusal {
        /// With this status.
        status: StatusCode,
        /// And says when to come back.
        retry_after: Option<HeaderValue>,
    },
    /// The server answered with something that is not passed on.
    BadAnswer(&'static str),
    /// The store does not answer.
    Unavailable,
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
            Self::NotActive(_) => "SERVER_NOT_ACTIVE",
            Self::Transport => "UNSUPPORTED_TRANSPORT",
            Self::Refused => "REFUSED_ADDRESS",
            Self::Unreachable => "UPSTREAM_UNREACHABLE",
            Self::Timeout(_) => "UPSTREAM_TIMEOUT",
            Self::UpstreamAuth => "UPSTREAM_UNAUTHORIZED",
            Self::UpstreamRefusal { .. } => "UPSTREAM_REFUSAL",
            Self::BadAnswer(_) => "UPSTREAM_ERROR",
            Self::Unavailable => "SERVICE_UNAVAILABLE",
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
            Self::NotActive(_) | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::Transport | Self::Refused | Self::Unreachable | Self::UpstreamAuth | Self::BadAnswer(_) => {
                StatusCode::BAD_GATEWAY
            }
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
            Self::NotActive(status) => format!("the server is switched off (status {status})").into(),
            Self::Transport => "the server's transport is not one that this gateway calls".into(),
            Self::Refused => {
                "the server's address is refused; the operator can allow it with --allow-upstream".into()
            }
            Self::Unreachable => "the server could not be reached".into(),
            Self::Timeout(after) => {
                format!("the server did not answer within {} ms", after.as_millis()).into()
            }
            Self::UpstreamAuth => "the server refused the credentials that it was registered with".into(),
            Self::UpstreamRefusal { status, .. } => {
                format!("the server refused the call with HTTP status {status}").into()
            }
            Self::BadAnswer(why) => format!("the server's answer was not passed on: {why}").into(),
            Self::Unavailable => "the registry's store is not available; try again later".into(),
            Self::Internal => "internal error".into(),
        }
    }

    /// The answer.
    pub(super) fn into_response(self, challenge: &HeaderValue) -> Response<AnswerBody> {
        let status = self.status();
        let code = if status.is_client_error() { INVALID_REQUEST } else { SERVER_ERROR };
        let error = json!({ "code": code, "message": self.message(), "data": { "code": self.code() } });
        let body = json!({ "jsonrpc": "2.0", "id": null, "error": error }).to_string();
        let mut response = Response::new(AnswerBody::whole(Bytes::from(body)));
        *response.status_mut() = status;
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
            Self::NotActive(_) | Self::Unavailable => {
                headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
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
            registry_core::Error::Unavailable(_) | registry_core::Error::IssuerUnavailable(_) => {
                Self::Unavailable
            }
            error => {
                tracing::error!(error = registry_core::error::chain(&error), "a call could not be admitted");
                Self::Internal
            }
        }
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
            _ if is_too_large(&error) => Self::TooLarge,
            _ => Self::BadAnswer("the exchange broke off"),
        }
    }
}

fn is_too_large(error: &UpstreamError) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if error.is::<LengthLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
}
