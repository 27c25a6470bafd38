//! MCP over streamable HTTP (specification 2025-03-26 to 2026-07-28), as a backend of rmcp's transport.
//!
//! rmcp keeps the protocol: eras, sessions, streams and their resumption. This module does the HTTP, on
//! [`UpstreamClient`], so that no MCP message leaves the service by another way than the guarded dialer.

use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::stream::BoxStream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::body::Incoming;
use rmcp::{
    model::{ClientJsonRpcMessage, ProtocolVersion},
    service::ClientLifecycleMode,
    transport::{
        common::{client_side_sse::ExponentialBackoff, http_header::JSON_MIME_TYPE},
        streamable_http_client::{
            SseError, StreamableHttpClient, StreamableHttpClientTransport,
            StreamableHttpClientTransportConfig, StreamableHttpError, StreamableHttpPostResponse,
        },
    },
};
use sse_stream::Sse;
use tokio::time::timeout;
use url::Url;

use super::{
    reply::{self, Media},
    request::{self, Envelope},
    sse,
};
use crate::dial::{UpstreamClient, UpstreamError};

/// The largest JSON answer that is read.
pub const MAX_JSON_BODY_BYTES: usize = 16 * 1024 * 1024;

/// The largest body of a failed answer that is read for its JSON-RPC error.
pub const MAX_ERROR_BODY_BYTES: usize = 64 * 1024;

/// The largest single server-sent event that is read.
pub const MAX_SSE_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// How often a broken event stream is resumed before its request fails.
pub const MAX_STREAM_RESUMPTIONS: usize = 3;

/// The error of rmcp's transport over this client.
pub type Failure = StreamableHttpError<UpstreamError>;

/// A header that an owner may not set for an upstream, because the protocol or HTTP itself sets it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the header {0} is set by the protocol and cannot be configured")]
pub struct ReservedHeader(pub HeaderName);

/// One upstream's view of the shared HTTP client: the connection pool is shared, credentials are not.
#[derive(Debug, Clone)]
pub struct StreamableHttp {
    client: UpstreamClient<Full<Bytes>>,
    credentials: Arc<HeaderMap>,
    response_timeout: Duration,
}

impl StreamableHttp {
    /// A backend that sends `credentials` with every request. `response_timeout` bounds the time to each
    /// answer's head, and to the end of a JSON answer; an event stream has no end that could be bounded here.
    ///
    /// # Errors
    /// [`ReservedHeader`] when `credentials` holds a header that frames the request or belongs to MCP.
    pub fn new(
        client: UpstreamClient<Full<Bytes>>,
        credentials: HeaderMap,
        response_timeout: Duration,
    ) -> Result<Self, ReservedHeader> {
        Ok(Self { client, credentials: Arc::new(request::credentials(credentials)?), response_timeout })
    }

    /// An rmcp transport to `url` over this backend, with this module's bounds.
    #[must_use]
    pub fn transport(self, url: &Url) -> StreamableHttpClientTransport<Self> {
        let mut retry = ExponentialBackoff::default();
        retry.max_times = Some(MAX_STREAM_RESUMPTIONS);
        let mut config = StreamableHttpClientTransportConfig::with_uri(url.as_str())
            .max_sse_event_size(MAX_SSE_EVENT_BYTES);
        config.retry_config = Arc::new(retry);
        StreamableHttpClientTransport::with_client(self, config)
    }

    /// Runs one exchange and reads its answer, in the response time-out altogether.
    async fn in_time<T>(&self, exchange: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        timeout(self.response_timeout, exchange)
            .await
            .unwrap_or(Err(StreamableHttpError::Client(UpstreamError::Timeout(self.response_timeout))))
    }

    async fn send(
        &self,
        method: Method,
        uri: &str,
        envelope: Envelope,
        json: Option<Vec<u8>>,
    ) -> Result<Response<Incoming>, Failure> {
        let mut headers = envelope.headers(&self.credentials)?;
        if json.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON_MIME_TYPE));
        }
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .body(Full::from(json.unwrap_or_default()))
            .map_err(|error| StreamableHttpError::Client(error.into()))?;
        *request.headers_mut() = headers;
        self.client.send(request).await.map_err(StreamableHttpError::Client)
    }

    async fn post(
        &self,
        uri: &str,
        message: &ClientJsonRpcMessage,
        envelope: Envelope,
        max_event: usize,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let in_session = envelope.session_id.is_some();
        let json = serde_json::to_vec(message).map_err(|error| StreamableHttpError::Client(error.into()))?;
        let response = self.send(Method::POST, uri, envelope, Some(json)).await?;
        if !response.status().is_success() {
            return reply::failure(response, message, in_session).await;
        }
        // The answer to anything but a request is 202 without a body; what else a server says is of no use.
        let awaits_reply = matches!(message, ClientJsonRpcMessage::Request(_));
        if !awaits_reply || matches!(response.status(), StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        match Media::of(response.headers()) {
            Media::Json => reply::json(response).await,
            Media::Events => {
                let session_id = reply::session_id(response.headers());
                Ok(StreamableHttpPostResponse::Sse(sse::events(response.into_body(), max_event), session_id))
            }
            Media::Other => Err(reply::unexpected_media(response.headers())),
        }
    }

    async fn get(
        &self,
        uri: &str,
        envelope: Envelope,
        max_event: usize,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failure> {
        let response = self.send(Method::GET, uri, envelope, None).await?;
        match response.status() {
            StatusCode::METHOD_NOT_ALLOWED => Err(StreamableHttpError::ServerDoesNotSupportSse),
            status if !status.is_success() => Err(reply::status_error(status, response.headers())),
            _ if Media::of(response.headers()) == Media::Events => {
                Ok(sse::events(response.into_body(), max_event))
            }
            _ => Err(reply::unexpected_media(response.headers())),
        }
    }
}

/// The lifecycle for an upstream of unknown era: `server/discover` first, and `initialize` when a 4xx, a
/// JSON-RPC error or ten seconds of silence tell that it is older.
#[must_use]
pub fn any_era() -> ClientLifecycleMode {
    ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::LATEST],
        legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
    }
}

impl StreamableHttpClient for StreamableHttp {
    type Error = UpstreamError;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        self.post_message_with_max_sse_event_size(
            uri,
            message,
            session_id,
            auth_header,
            custom_headers,
            MAX_SSE_EVENT_BYTES,
        )
        .await
    }

    async fn post_message_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        bearer: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
        max_event: usize,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let envelope = Envelope { session_id, last_event_id: None, bearer, custom };
        self.in_time(self.post(&uri, &message, envelope, max_event)).await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        bearer: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failure> {
        let envelope = Envelope { session_id: Some(session_id), last_event_id: None, bearer, custom };
        let response = self.in_time(self.send(Method::DELETE, &uri, envelope, None)).await?;
        match response.status() {
            // The server keeps its sessions to itself, or the session is gone already.
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_FOUND => Ok(()),
            status if status.is_success() => Ok(()),
            status => Err(reply::status_error(status, response.headers())),
        }
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failure> {
        self.get_stream_with_max_sse_event_size(
            uri,
            session_id,
            last_event_id,
            auth_header,
            custom_headers,
            MAX_SSE_EVENT_BYTES,
        )
        .await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        bearer: Option<String>,
        custom: HashMap<HeaderName, HeaderValue>,
        max_event: usize,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failure> {
        let envelope = Envelope { session_id, last_event_id, bearer, custom };
        self.in_time(self.get(&uri, envelope, max_event)).await
    }
}
