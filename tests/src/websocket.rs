//! A real MCP server (rmcp) on a WebSocket on loopback.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{SinkExt, StreamExt, future};
use http::{HeaderMap, HeaderValue};
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::{ServerHandler, ServiceExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_util::task::AbortOnDropHandle;

use crate::upstream::Echo;

type Handshakes = Arc<Mutex<Vec<HeaderMap>>>;

/// A running MCP server, with the tool `echo`, which answers its argument `text`, unless a test says otherwise. It ends
/// when it is dropped.
pub struct WebSocketUpstream {
    /// Its URL.
    pub url: String,
    handshakes: Handshakes,
    _task: AbortOnDropHandle<()>,
}

impl WebSocketUpstream {
    /// A server on a port of its own with the tool `echo`, which answers its argument `text`.
    pub async fn start() -> Self {
        Self::of(Echo).await
    }

    /// One that answers with this handler.
    pub async fn of(handler: impl ServerHandler + Clone) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("ws://{}/mcp", listener.local_addr().expect("an address"));
        let handshakes = Handshakes::default();
        let task = tokio::spawn(accept(listener, handshakes.clone(), handler));
        Self { url, handshakes, _task: AbortOnDropHandle::new(task) }
    }

    /// The headers of each handshake so far.
    pub fn handshakes(&self) -> Vec<HeaderMap> {
        self.handshakes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn accept(listener: TcpListener, handshakes: Handshakes, handler: impl ServerHandler + Clone) {
    while let Ok((tcp, _)) = listener.accept().await {
        tokio::spawn(serve(tcp, handshakes.clone(), handler.clone()));
    }
}

async fn serve(tcp: TcpStream, handshakes: Handshakes, handler: impl ServerHandler) {
    #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
    let look = |request: &Request, mut response: Response| {
        handshakes.lock().unwrap_or_else(PoisonError::into_inner).push(request.headers().clone());
        response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("mcp"));
        Ok(response)
    };
    let Ok(socket) = accept_hdr_async(tcp, look).await else { return };
    let (sink, stream) = socket.split();
    let sink = sink.with(|message: ServerJsonRpcMessage| {
        future::ok::<_, WsError>(Message::text(serde_json::to_string(&message).expect("it can be encoded")))
    });
    let stream = stream
        .take_while(|frame| future::ready(matches!(frame, Ok(frame) if !frame.is_close())))
        .filter_map(|frame| future::ready(frame.ok().and_then(|frame| message(&frame))));
    // A client that goes away is no matter of the server's.
    if let Ok(running) = handler.serve((sink, stream)).await {
        let _ = running.waiting().await;
    }
}

fn message(frame: &Message) -> Option<ClientJsonRpcMessage> {
    serde_json::from_str(frame.to_text().ok()?).ok()
}
