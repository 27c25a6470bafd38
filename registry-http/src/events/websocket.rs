//! Events over a WebSocket (RFC 6455): one message in a text frame. What the client sends is not looked at.

use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, HeaderValue, StatusCode};
use poem::{OnUpgrade, Request, Response, Upgraded};
use registry_core::service::EventEnd;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::{EventStreams, Feed};
use crate::api::{EventMessage, EventMessageKind};
use crate::error::ApiError;

/// How long the client may take to read a message.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the client may say nothing, not even the answer to a ping, before it is taken to be gone.
const MAX_SILENCE: Duration = Duration::from_secs(60);
/// How long the farewell may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// The largest message of a client that is read, in bytes: it has nothing to say.
const MAX_MESSAGE_BYTES: usize = 4 * 1024;
/// The bytes of messages that are gathered before they are written.
const BUFFER_BYTES: usize = 4 * 1024;
/// The one version of the protocol.
const VERSION: HeaderValue = HeaderValue::from_static("13");

type Socket = WebSocketStream<Upgraded>;

/// A request to turn the connection into a WebSocket.
pub(crate) struct Handshake {
    upgrade: OnUpgrade,
    accept: HeaderValue,
}

/// The handshake, if the request asks for one.
///
/// # Errors
/// 400 if it is not well-formed.
pub(crate) fn handshake(request: &Request) -> Result<Option<Handshake>, ApiError> {
    let headers = request.headers();
    if !lists(headers, UPGRADE.as_str(), "websocket") {
        return Ok(None);
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24);
    let is_sound = lists(headers, CONNECTION.as_str(), "upgrade")
        && headers.get(SEC_WEBSOCKET_VERSION) == Some(&VERSION);
    let (Some(key), true, Ok(upgrade)) = (key, is_sound, request.take_upgrade()) else {
        let error = ApiError::invalid("This is no handshake of a WebSocket (RFC 6455)");
        return Err(error.header(SEC_WEBSOCKET_VERSION, VERSION));
    };
    let accept = derive_accept_key(key.as_bytes()).parse().map_err(|_| ApiError::internal())?;
    Ok(Some(Handshake { upgrade, accept }))
}

/// Whether a header lists this word, in any case.
fn lists(headers: &HeaderMap, name: &str, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
}

/// The answer to the handshake. The feed is sent once the connection is a WebSocket.
pub(crate) fn over_websocket(streams: &EventStreams, handshake: Handshake, feed: Feed) -> Response {
    let Handshake { upgrade, accept } = handshake;
    streams.tasks.spawn(async move {
        // A connection that broke before has nobody to tell.
        if let Ok(upgraded) = upgrade.await {
            serve(upgraded, feed).await;
        }
    });
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into();
    let headers = Response::headers_mut(&mut response);
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    response
}

async fn serve(upgraded: Upgraded, mut feed: Feed) {
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Server, Some(config)).await;
    let reason = converse(&mut socket, &mut feed).await;
    drop(feed);
    let _ = timeout(CLOSE_TIMEOUT, farewell(&mut socket, reason)).await;
}

/// Sends the feed until it ends, which answers with the reason, or the client is gone.
async fn converse(socket: &mut Socket, feed: &mut Feed) -> Option<EventEnd> {
    let mut silence = Box::pin(tokio::time::sleep(MAX_SILENCE));
    loop {
        let message = tokio::select! {
            message = feed.next() => message?,
            heard = socket.next() => match heard {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {
                    silence.as_mut().reset(tokio::time::Instant::now() + MAX_SILENCE);
                    continue;
                }
            },
            () = &mut silence => return None,
        };
        timeout(SEND_TIMEOUT, send(socket, &message)).await.ok()?.ok()?;
        if let Some(reason) = message.reason {
            return Some(reason.0);
        }
    }
}

/// A heartbeat asks whether the client is there.
async fn send(socket: &mut Socket, message: &EventMessage) -> Result<(), WsError> {
    let json = serde_json::to_string(message).map_err(|error| WsError::Io(error.into()))?;
    if message.kind == EventMessageKind::Heartbeat {
        socket.feed(Message::Ping(Bytes::new())).await?;
    }
    socket.send(Message::text(json)).await
}

/// Says why it is over, and waits for the client to agree.
async fn farewell(socket: &mut Socket, reason: Option<EventEnd>) {
    let frame = reason.map(|reason| CloseFrame { code: code(reason), reason: reason.as_str().into() });
    if socket.close(frame).await.is_ok() {
        while let Some(Ok(_)) = socket.next().await {}
    }
}

/// Codes from 4000 on are ours.
fn code(reason: EventEnd) -> CloseCode {
    match reason {
        EventEnd::Shutdown => CloseCode::Away,
        EventEnd::Unavailable => CloseCode::Again,
        EventEnd::CredentialEnded => CloseCode::Library(4001),
        EventEnd::Slow => CloseCode::Library(4008),
    }
}
