//! Answers of the gateway itself: each failure has an HTTP status, a JSON-RPC error (JSON-RPC 2.0 section 5.1) and a
//! stable code. The id is null if the request was not read.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use registry_core::error::AuthError;
use serde_json::json;

use super::bridge::{ENDED, Id, stalled};
use super::headers::{self, BodyKind};
use super::{AnswerBody, Failure, limit, replay, verdict};
use crate::credential::TokenError;
use crate::dial::{DialError, UpstreamError};
use crate::transport::channel::ChannelError;

/// When to try a server again that is switched off, in seconds.
const RETRY_AFTER_SECONDS: u32 = 30;
/// When to try a server again that too many call, in seconds.
const BUSY_RETRY_AFTER_SECONDS: u32 = 1;

impl Failure {
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
            Self::Busy | Self::Changed | Self::Crowded => {
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
            ChannelError::Stalled => stalled(),
            ChannelError::Crowded => Self::Crowded,
            ChannelError::Reserved(_) => Self::Internal,
            ChannelError::Closed => Self::BadAnswer(ENDED),
            ChannelError::Protocol(why) => Self::BadAnswer(why),
        }
    }
}
