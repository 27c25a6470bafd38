//! MCP over a WebSocket: one JSON-RPC message in a text frame, under the subprotocol `mcp`.
//!
//! The handshake is an HTTP exchange of the guarded client like any other, so that its head is bounded and its
//! credentials stay out of logs; the frames are tungstenite's.

use std::time::Duration;

use bytes::Bytes;
use futures::{Sink, SinkExt, Stream, StreamExt};
use http::{
    HeaderMap, HeaderValue, Request, StatusCode,
    header::{
        CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
        SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use http_body_util::Empty;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error as WsError, Message, Utf8Bytes,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};
use url::Url;

use super::{
    channel::{Backend, Channel, ChannelError, Delivery, MAX_MESSAGE_BYTES, carry, deliver, pair},
    channels::Tasks,
};
use crate::dial::{Dialer, UpstreamClient, UpstreamError};

/// How long connecting and the handshake may take.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// How often the server is pinged, so that a connection that is gone is found out.
pub const PING_INTERVAL: Duration = Duration::from_secs(20);

/// How long the server may send nothing, not even the answer to a ping, before the conversation ends.
pub const MAX_SILENCE: Duration = Duration::from_secs(60);

/// How long the server may take to read a message.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the farewell may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The bytes of small frames that are gathered before they are written.
const BUFFER_BYTES: usize = 16 * 1024;

const SUBPROTOCOL: HeaderValue = HeaderValue::from_static("mcp");

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Connects to `url`. The connection is this channel's own.
pub(super) async fn open(
    tasks: &Tasks,
    dialer: Dialer,
    url: &Url,
    credentials: HeaderMap,
) -> Result<Channel, ChannelError> {
    let socket = timeout(HANDSHAKE_TIMEOUT, handshake(dialer, url, credentials))
        .await
        .map_err(|_| ChannelError::Timeout("the WebSocket is opened"))??;
    let (channel, Backend { outgoing, incoming, dropped }) = pair(tasks);
    let (mut sink, stream) = socket.split();
    let reader = incoming.clone();
    tasks.spawn(async move {
        let conversation = async {
            tokio::select! { end = receive(stream, reader) => end, end = send_all(&mut sink, outgoing) => end }
        };
        carry(incoming, dropped, conversation).await;
        // Who does not read the farewell is left without.
        let _ = timeout(CLOSE_TIMEOUT, sink.close()).await;
    });
    Ok(channel)
}

async fn handshake(dialer: Dialer, url: &Url, credentials: HeaderMap) -> Result<Socket, ChannelError> {
    let key = generate_key();
    let mut request = Request::get(http_form(url)?.as_str())
        .body(Empty::<Bytes>::new())
        .map_err(|error| ChannelError::Upstream(UpstreamError::Request(error)))?;
    *request.headers_mut() = offer(&key, credentials)?;
    let response = UpstreamClient::new(dialer).send(request).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(ChannelError::Status(response.status()));
    }
    check(response.headers(), &key)?;
    let upgraded = hyper::upgrade::on(response).await;
    let upgraded = upgraded.map_err(|error| ChannelError::Upstream(UpstreamError::Body(error)))?;
    Ok(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, Some(bounds())).await)
}

/// The handshake is sent as http or https.
fn http_form(url: &Url) -> Result<Url, ChannelError> {
    let mut http = url.clone();
    let scheme = if url.scheme() == "wss" { "https" } else { "http" };
    http.set_scheme(scheme).map_err(|()| ChannelError::Protocol("the endpoint is no WebSocket URL"))?;
    Ok(http)
}

fn offer(key: &str, credentials: HeaderMap) -> Result<HeaderMap, ChannelError> {
    let mut headers = credentials;
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
    let key = key.parse().map_err(|_| ChannelError::Protocol("the key of the handshake is no header"))?;
    headers.insert(SEC_WEBSOCKET_KEY, key);
    Ok(headers)
}

/// RFC 6455 section 4.1: the answer proves that it is one to this handshake, and takes up no more than was offered.
fn check(headers: &HeaderMap, key: &str) -> Result<(), ChannelError> {
    let is_websocket = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"websocket");
    if !headers.get(UPGRADE).is_some_and(is_websocket) {
        return Err(ChannelError::Protocol("the connection was not turned into a WebSocket"));
    }
    if headers
        .get(SEC_WEBSOCKET_ACCEPT)
        .is_none_or(|value| value != derive_accept_key(key.as_bytes()).as_str())
    {
        return Err(ChannelError::Protocol("the answer is not one to this WebSocket handshake"));
    }
    if headers.get(SEC_WEBSOCKET_PROTOCOL) != Some(&SUBPROTOCOL) {
        return Err(ChannelError::Protocol("the server does not speak the WebSocket subprotocol `mcp`"));
    }
    match headers.get(SEC_WEBSOCKET_EXTENSIONS) {
        Some(_) => Err(ChannelError::Protocol("the server uses a WebSocket extension that was not offered")),
        None => Ok(()),
    }
}

fn bounds() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_write_buffer_size(2 * MAX_MESSAGE_BYTES)
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES))
}

async fn receive(
    mut frames: impl Stream<Item = Result<Message, WsError>> + Unpin,
    incoming: Delivery,
) -> Result<(), ChannelError> {
    loop {
        let next = timeout(MAX_SILENCE, frames.next()).await;
        match next.map_err(|_| ChannelError::Timeout("waiting for a sign of life"))?.transpose()? {
            Some(Message::Text(text)) => deliver(&incoming, text.into()).await?,
            Some(Message::Binary(_)) => return Err(ChannelError::Protocol("a message is no text")),
            Some(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
            Some(Message::Close(_)) | None => return Ok(()),
        }
    }
}

async fn send_all(
    frames: &mut (impl Sink<Message, Error = WsError> + Unpin),
    mut outgoing: mpsc::Receiver<Bytes>,
) -> Result<(), ChannelError> {
    let mut pings = interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_open = true;
    loop {
        let frame = tokio::select! {
            message = outgoing.recv(), if is_open => match message {
                Some(message) => Message::Text(text(message)?),
                // Nothing more is sent, but answers still come.
                None => { is_open = false; continue }
            },
            _ = pings.tick() => Message::Ping(Bytes::new()),
        };
        let sent = timeout(SEND_TIMEOUT, frames.send(frame)).await;
        sent.map_err(|_| ChannelError::Timeout("a message is sent"))??;
    }
}

fn text(message: Bytes) -> Result<Utf8Bytes, ChannelError> {
    Utf8Bytes::try_from(message).map_err(|_| ChannelError::Protocol("a message to the server is no text"))
}

impl From<WsError> for ChannelError {
    fn from(error: WsError) -> Self {
        match error {
            WsError::Capacity(_) => Self::Protocol("a message is too large"),
            WsError::Protocol(_) | WsError::Utf8(_) | WsError::AttackAttempt => {
                Self::Protocol("the frames are no WebSocket's")
            }
            _ => Self::Closed,
        }
    }
}
