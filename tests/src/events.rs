//! A stream of live events, as its client sees it.

use std::time::Duration;

use bytes::BytesMut;
use futures::StreamExt;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use crate::answer::Answer;
use crate::client::Client;
use crate::wait::within;

/// How long a test waits for a message.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the events come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventsOver {
    /// Server-sent events.
    Sse,
    /// A WebSocket.
    WebSocket,
}

/// An open stream of events. Dropping it breaks the connection.
pub struct EventStream(Inner);

enum Inner {
    Sse(Incoming, BytesMut),
    WebSocket(Box<WebSocketStream<TcpStream>>),
}

impl Client {
    /// Opens the stream of events at this path and query.
    ///
    /// # Panics
    /// If it is refused, or does not say hello.
    pub async fn events(&self, over: EventsOver, path: &str) -> (EventStream, Value) {
        let mut stream = self
            .try_events(over, path)
            .await
            .unwrap_or_else(|answer| panic!("{}: {} {}", answer.request, answer.status, answer.text()));
        let hello = stream.next().await;
        assert_eq!(hello["kind"], "hello", "{hello}");
        (stream, hello)
    }

    /// Opens the stream of events at this path and query, or answers with the refusal.
    ///
    /// # Errors
    /// The answer that is no stream.
    pub async fn try_events(&self, over: EventsOver, path: &str) -> Result<EventStream, Answer> {
        match over {
            EventsOver::Sse => self.server_sent(path).await,
            EventsOver::WebSocket => self.websocket(path).await,
        }
    }

    /// Whether the stream of events begins: the answer without what comes of it.
    pub async fn begins_events(&self) -> Answer {
        match self.server_sent("/api/events").await {
            Ok(_) => answer("/api/events", StatusCode::OK, HeaderMap::new(), Vec::new()),
            Err(answer) => answer,
        }
    }

    async fn server_sent(&self, path: &str) -> Result<EventStream, Answer> {
        let request = Request::get(path).body(bytes::Bytes::new()).expect("a request");
        let (head, body) = self.begin(request).await.into_parts();
        if head.status == StatusCode::OK {
            assert_eq!(head.headers["content-type"], "text/event-stream");
            return Ok(EventStream(Inner::Sse(body, BytesMut::new())));
        }
        let bytes = body.collect().await.expect("a body").to_bytes();
        Err(answer(path, head.status, head.headers, bytes.to_vec()))
    }

    #[expect(clippy::disallowed_methods, reason = "the test's own client, to the service under test")]
    async fn websocket(&self, path: &str) -> Result<EventStream, Answer> {
        let tcp = TcpStream::connect(self.address()).await.expect("the service listens");
        let mut request = Request::get(format!("ws://{}{path}", self.address()))
            .header("host", self.address().to_string())
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", generate_key());
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        let opened = tokio_tungstenite::client_async(request.body(()).expect("a request"), tcp).await;
        match opened {
            Ok((socket, _)) => Ok(EventStream(Inner::WebSocket(Box::new(socket)))),
            Err(WsError::Http(refused)) => {
                let (head, body) = refused.into_parts();
                Err(answer(path, head.status, head.headers, body.unwrap_or_default()))
            }
            Err(error) => panic!("{path}: {error}"),
        }
    }
}

fn answer(path: &str, status: StatusCode, headers: HeaderMap, bytes: Vec<u8>) -> Answer {
    let json = serde_json::from_slice(&bytes).unwrap_or_default();
    Answer { status, headers, bytes: bytes.into(), json, request: format!("GET {path}") }
}

impl EventStream {
    /// The next message.
    ///
    /// # Panics
    /// If none comes.
    pub async fn next(&mut self) -> Value {
        let message = within("a message", PATIENCE, self.read()).await;
        message.expect("the stream goes on")
    }

    /// The next message; `None` once the stream has ended.
    ///
    /// # Panics
    /// If neither comes.
    pub async fn try_next(&mut self) -> Option<Value> {
        within("a message, or the end", PATIENCE, self.read()).await
    }

    /// The events up to the first of which `is_last`; heartbeats aside.
    ///
    /// # Panics
    /// If there is another message, or it does not come.
    pub async fn until(&mut self, mut is_last: impl FnMut(&Value) -> bool) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let message = self.next().await;
            if message["kind"] == "heartbeat" {
                continue;
            }
            assert_eq!(message["kind"], "event", "{message}");
            let ends = is_last(&message["event"]);
            events.push(message);
            if ends {
                return events;
            }
        }
    }

    async fn read(&mut self) -> Option<Value> {
        match &mut self.0 {
            Inner::Sse(body, buffer) => server_sent(body, buffer).await,
            Inner::WebSocket(socket) => loop {
                match socket.next().await? {
                    Ok(Message::Text(text)) => return serde_json::from_str(&text).ok(),
                    Ok(Message::Close(_)) | Err(_) => return None,
                    Ok(_) => {}
                }
            },
        }
    }
}

/// The data of the next event that has any.
async fn server_sent(body: &mut Incoming, buffer: &mut BytesMut) -> Option<Value> {
    loop {
        if let Some(end) = buffer.windows(2).position(|pair| pair == b"\n\n") {
            let event = buffer.split_to(end + 2);
            let event = std::str::from_utf8(&event).expect("UTF-8");
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            let id = event.lines().find_map(|line| line.strip_prefix("id: ")).unwrap_or_default();
            let message: Value = serde_json::from_str(data.expect("data")).expect("JSON");
            assert_eq!(message["position"], id, "{event}");
            return Some(message);
        }
        let frame = body.frame().await?.ok()?;
        buffer.extend_from_slice(frame.data_ref()?);
    }
}
