//! MCP over HTTP with server-sent events (specification 2024-11-05): one event stream brings everything in, and each
//! message goes out as a POST to the address that its first event names.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use http::{
    HeaderMap, HeaderValue, Method, Request, Response,
    header::{ACCEPT, CONTENT_TYPE},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use rmcp::transport::common::http_header::{EVENT_STREAM_MIME_TYPE, JSON_MIME_TYPE};
use sse_stream::{Error as SseError, Sse};
use tokio::{
    sync::mpsc,
    time::{timeout, timeout_at},
};
use url::Url;

use super::{
    channel::{Backend, Channel, ChannelError, Delivery, MAX_MESSAGE_BYTES, carry, deliver, pair},
    channels::Tasks,
    reply::Media,
    sse,
};
use crate::dial::{Dialer, UpstreamClient};

/// How long the stream may take to open and to name the address for messages.
pub const OPEN_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a POST may take to be answered.
pub const POST_TIMEOUT: Duration = Duration::from_secs(30);

/// How much is read of the answer to a POST, which says nothing; a longer one costs its connection.
const MAX_POST_ANSWER_BYTES: usize = 64 * 1024;

type Events = BoxStream<'static, Result<Sse, SseError>>;

/// Opens the stream at `url` and learns where messages go. The connections are this channel's own.
pub(super) async fn open(
    tasks: &Tasks,
    dialer: Dialer,
    url: &Url,
    credentials: HeaderMap,
) -> Result<Channel, ChannelError> {
    let until = tokio::time::Instant::now() + OPEN_TIMEOUT;
    let client = Client { http: UpstreamClient::new(dialer), credentials };
    let late = |_| ChannelError::Timeout("opening the event stream");
    let mut events = timeout_at(until, client.listen(url)).await.map_err(late)??;
    let address = timeout_at(until, address(&mut events, url)).await.map_err(late)??;
    let (channel, backend) = pair(tasks);
    let Backend { outgoing, incoming, dropped } = backend;
    let reader = incoming.clone();
    tasks.spawn(carry(incoming, dropped, async move {
        tokio::select! {
            end = receive(events, reader) => end,
            end = client.send_all(outgoing, &address) => end,
        }
    }));
    Ok(channel)
}

/// The HTTP of one channel.
struct Client {
    http: UpstreamClient<Full<Bytes>>,
    credentials: HeaderMap,
}

impl Client {
    async fn exchange(
        &self,
        method: Method,
        url: &Url,
        header: (http::HeaderName, &'static str),
        body: Bytes,
    ) -> Result<Response<Incoming>, ChannelError> {
        let mut request =
            Request::builder().method(method).uri(url.as_str()).body(Full::new(body)).map_err(|_| {
                ChannelError::Protocol("the endpoint that the server names cannot be used as an HTTP address")
            })?;
        *request.headers_mut() = self.credentials.clone();
        request.headers_mut().insert(header.0, HeaderValue::from_static(header.1));
        let response = self.http.send(request).await?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(ChannelError::Status(response.status()))
        }
    }

    async fn listen(&self, url: &Url) -> Result<Events, ChannelError> {
        let response =
            self.exchange(Method::GET, url, (ACCEPT, EVENT_STREAM_MIME_TYPE), Bytes::new()).await?;
        if Media::of(response.headers()) != Media::Events {
            return Err(ChannelError::Protocol("the answer is no event stream"));
        }
        Ok(sse::events(response.into_body(), MAX_MESSAGE_BYTES))
    }

    /// Posts one message after the other, so that they arrive in order.
    async fn send_all(&self, mut outgoing: mpsc::Receiver<Bytes>, address: &Url) -> Result<(), ChannelError> {
        while let Some(message) = outgoing.recv().await {
            timeout(POST_TIMEOUT, self.post(address, message))
                .await
                .map_err(|_| ChannelError::Timeout("a message is sent"))??;
        }
        // Nothing more is sent, but answers still come.
        std::future::pending().await
    }

    async fn post(&self, address: &Url, message: Bytes) -> Result<(), ChannelError> {
        let response = self.exchange(Method::POST, address, (CONTENT_TYPE, JSON_MIME_TYPE), message).await?;
        // A body that was read leaves its connection for the next message; what it says is of no use.
        let _ = Limited::new(response.into_body(), MAX_POST_ANSWER_BYTES).collect().await;
        Ok(())
    }
}

/// Where messages go: what the first event names, which must be of the origin that the owner registered, as the
/// credentials are sent there.
async fn address(events: &mut Events, url: &Url) -> Result<Url, ChannelError> {
    let first = loop {
        let event = events.next().await.ok_or(ChannelError::Closed)?.map_err(broken)?;
        // A block without data is no event (HTML, "Interpreting an event stream"): it may set the time to retry.
        if event.data.is_some() {
            break event;
        }
    };
    let (Some("endpoint"), Some(address)) = (first.event.as_deref(), first.data) else {
        return Err(ChannelError::Protocol("the first event is not `endpoint`"));
    };
    let unusable = |_| ChannelError::Protocol("the endpoint that the server names is no URL");
    let address = url.join(address.trim()).map_err(unusable)?;
    let foreign =
        address.origin() != url.origin() || !address.username().is_empty() || address.password().is_some();
    if foreign { Err(ChannelError::OtherOrigin) } else { Ok(address) }
}

/// Brings the messages in; other events and comments mean nothing here.
async fn receive(mut events: Events, incoming: Delivery) -> Result<(), ChannelError> {
    while let Some(event) = events.next().await {
        let event = event.map_err(broken)?;
        if let (None | Some("message"), Some(data)) = (event.event.as_deref(), event.data) {
            deliver(&incoming, data.into()).await?;
        }
    }
    Ok(())
}

fn broken(error: SseError) -> ChannelError {
    tracing::debug!(%error, "an event stream broke");
    if sse::is_broken(&error) {
        return ChannelError::Closed;
    }
    ChannelError::Protocol("what comes is no event stream, or an event is too large")
}
