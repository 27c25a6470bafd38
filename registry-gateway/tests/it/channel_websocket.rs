//! WebSockets as channels.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, StatusCode};
use registry_core::model::endpoint::Transport;
use registry_gateway::{
    dial::{DialError, EgressPolicy},
    transport::{
        Channels,
        channel::{ChannelError, MAX_MESSAGE_BYTES},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
    },
};

use crate::{
    channel::{last_error, message, next, open, open_of},
    fixture::{Canary, dialer},
};

/// A server that does `with` each WebSocket; its URL, and the headers of the last handshake.
pub(crate) async fn server<F>(with: fn(WebSocketStream<TcpStream>) -> F) -> (String, Arc<Mutex<HeaderMap>>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/mcp?room=1", listener.local_addr().unwrap());
    let seen = Arc::<Mutex<HeaderMap>>::default();
    let headers = seen.clone();
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let headers = headers.clone();
            #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
            let look = move |request: &Request, mut response: Response| {
                *headers.lock().unwrap() = request.headers().clone();
                response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("mcp"));
                Ok(response)
            };
            if let Ok(socket) = accept_hdr_async(tcp, look).await {
                tokio::spawn(with(socket));
            }
        }
    });
    (url, seen)
}

/// Answers each text with itself until the client says farewell.
async fn echo(mut socket: WebSocketStream<TcpStream>) {
    while let Some(Ok(message)) = socket.next().await {
        if message.is_text() && socket.send(message).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn messages_are_texts_and_the_handshake_has_the_credentials() {
    let (url, seen) = server(echo).await;
    let mut channel = open(Transport::Websocket, &url).await.unwrap();
    let seen = seen.lock().unwrap().clone();
    assert!(seen["authorization"] == "Bearer canary" && seen["sec-websocket-protocol"] == "mcp");
    assert!(!seen.contains_key("sec-websocket-extensions"));
    for text in ["{\"id\":1}".to_owned(), format!("\"{}\"", "x".repeat(100_000))] {
        channel.send(Bytes::from(text.clone())).await.unwrap();
        assert_eq!(message(&mut channel).await, text);
    }
}

#[tokio::test]
async fn the_farewell_of_either_side_ends_it() {
    let (url, _) = server(|mut socket| async move { socket.close(None).await.unwrap_or_default() }).await;
    let mut channel = open(Transport::Websocket, &url).await.unwrap();
    assert!(next(&mut channel).await.is_none());
    let (url, _) = server(echo).await;
    let channel = open(Transport::Websocket, &url).await.unwrap();
    let (sender, _, _, guard) = channel.split();
    drop(guard);
    sender.closed().await;
}

#[tokio::test]
async fn what_is_no_text_or_too_large_ends_it_with_an_error() {
    let (url, _) = server(|mut socket| async move {
        let _ = socket.send(Message::binary(&b"{}"[..])).await;
        echo(socket).await;
    })
    .await;
    let mut channel = open(Transport::Websocket, &url).await.unwrap();
    assert!(matches!(last_error(&mut channel).await, ChannelError::Protocol(_)));
    let (url, _) = server(|mut socket| async move {
        let _ = socket.send(Message::text("x".repeat(MAX_MESSAGE_BYTES + 1))).await;
        echo(socket).await;
    })
    .await;
    let mut channel = open(Transport::Websocket, &url).await.unwrap();
    assert!(matches!(last_error(&mut channel).await, ChannelError::Protocol("a message is too large")));
}

/// What an HTTP server answers the handshake with.
async fn refused_with(head: &'static str) -> ChannelError {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/mcp", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let _ = tcp.read(&mut [0; 4096]).await;
        let _ = tcp.write_all(format!("HTTP/1.1 {head}\r\n\r\n").as_bytes()).await;
        while tcp.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
    });
    open(Transport::Websocket, &url).await.unwrap_err()
}

#[tokio::test]
async fn an_answer_that_is_no_handshake_is_refused() {
    for (head, status) in [
        ("401 Unauthorized\r\ncontent-length: 0", 401),
        ("307 Temporary Redirect\r\nlocation: ws://127.0.0.1:1/\r\ncontent-length: 0", 307),
        ("200 OK\r\ncontent-length: 0", 200),
    ] {
        let error = refused_with(head).await;
        assert!(
            matches!(error, ChannelError::Status(found) if found == StatusCode::from_u16(status).unwrap())
        );
    }
    for head in [
        "101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket",
        "101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: bm9wZQ==",
        "101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c",
    ] {
        let error = refused_with(head).await;
        assert!(matches!(error, ChannelError::Protocol(_)), "{head}: {error:?}");
    }
}

/// S1: the rules are those of http.
#[tokio::test]
async fn s1_a_refused_address_sees_no_handshake() {
    let canary = Canary::on("127.0.0.1").await;
    let refusing = Channels::new(dialer(EgressPolicy::default()));
    for host in ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"] {
        let url = format!("ws://{host}:{}/mcp", canary.port());
        let error = open_of(&refusing, Transport::Websocket, &url).await.unwrap_err();
        assert!(matches!(error, ChannelError::Dial(DialError::Refused)), "{url}: {error:?}");
    }
    let open_net = Channels::new(dialer(EgressPolicy::default()));
    let error = open_of(&open_net, Transport::Websocket, "ws://8.8.8.8/mcp").await.unwrap_err();
    assert!(matches!(error, ChannelError::Dial(DialError::InsecureScheme)), "{error:?}");
    assert_eq!(canary.hits().await, 0);
}
