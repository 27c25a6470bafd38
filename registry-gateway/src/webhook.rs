//! Sends messages to webhooks, through the guarded dialer: the implementation of [`registry_core::webhook`]'s port.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use registry_core::model::endpoint::Endpoint;
use registry_core::probe::{REFUSED_ADDRESS, TIMEOUT, UNREACHABLE, UPSTREAM_ERROR};
use registry_core::webhook::{SendError, WebhookMessage, WebhookSender};

use crate::dial::{DialError, Dialer, UpstreamClient, UpstreamError};

/// How long a message may take, to the end of its answer.
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(15);
/// How many bytes of an answer are read, so that the connection can be used again. They are thrown away.
pub const MAX_WEBHOOK_ANSWER_BYTES: usize = 64 * 1024;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const AGENT: &str = concat!("mcp-registry/", env!("CARGO_PKG_VERSION"));

/// Sends messages to webhooks. Every connection is opened by its dialer, so each is judged when it is made; no redirect is
/// followed.
#[derive(Debug, Clone)]
pub struct WebhookClient(UpstreamClient<Full<Bytes>>);

impl WebhookClient {
    /// A client over this dialer.
    #[must_use]
    pub fn new(dialer: Dialer) -> Self {
        Self(UpstreamClient::new(dialer))
    }

    async fn exchange(&self, endpoint: &Endpoint, message: &WebhookMessage) -> Result<u16, SendError> {
        let request = request(endpoint, message).map_err(|error| of_upstream(&error.into()))?;
        let response = self.0.send(request).await.map_err(|error| of_upstream(&error))?;
        let (head, body) = response.into_parts();
        // What the receiver has to say is of no interest, and what it has too much of ends the connection.
        let _ = Limited::new(body, MAX_WEBHOOK_ANSWER_BYTES).collect().await;
        if head.status.is_success() { Ok(head.status.as_u16()) } else { Err(of_status(head.status)) }
    }
}

#[async_trait]
impl WebhookSender for WebhookClient {
    async fn send(&self, endpoint: &Endpoint, message: &WebhookMessage) -> Result<u16, SendError> {
        let exchange = self.exchange(endpoint, message);
        match tokio::time::timeout(WEBHOOK_TIMEOUT, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(error(TIMEOUT, "the receiver did not answer in time")),
        }
    }
}

fn request(endpoint: &Endpoint, message: &WebhookMessage) -> Result<Request<Full<Bytes>>, http::Error> {
    Request::builder()
        .method(Method::POST)
        .uri(endpoint.url().as_str())
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, AGENT)
        .header(ID, &message.id)
        .header(TIMESTAMP, message.timestamp)
        .header(SIGNATURE, &message.signature)
        .body(Full::new(Bytes::copy_from_slice(message.body.as_bytes())))
}

fn error(code: &str, message: &str) -> SendError {
    SendError { status: None, code: code.to_owned(), message: message.to_owned() }
}

fn of_status(status: StatusCode) -> SendError {
    let message = match status.is_redirection() {
        true => format!("the receiver answered HTTP {}; redirects are not followed", status.as_u16()),
        false => format!("the receiver answered HTTP {}", status.as_u16()),
    };
    SendError { status: Some(status.as_u16()), ..error(UPSTREAM_ERROR, &message) }
}

fn of_upstream(failure: &UpstreamError) -> SendError {
    match failure {
        UpstreamError::Dial(dial) => {
            let code = match dial {
                DialError::Refused | DialError::InsecureScheme | DialError::InvalidUrl(_) => REFUSED_ADDRESS,
                DialError::Timeout(_) => TIMEOUT,
                DialError::Resolve(_) | DialError::Connect(_) | DialError::Tls(_) => UNREACHABLE,
            };
            error(code, &of_dial(dial))
        }
        UpstreamError::Request(_) => error(REFUSED_ADDRESS, "the URL cannot be requested"),
        _ => error(UNREACHABLE, "the connection broke, or the receiver does not speak HTTP"),
    }
}

/// What is said of a TLS failure is the peer's own doing.
fn of_dial(dial: &DialError) -> String {
    match dial {
        DialError::Tls(_) => "the TLS handshake failed".to_owned(),
        dial => dial.to_string(),
    }
}
