//! An upstream on a WebSocket whose part a test plays.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use black_box_tests::eventually;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_util::task::AbortOnDropHandle;

use crate::gateway::kit::PATIENCE;

/// One conversation.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) number: usize,
    out: UnboundedSender<Value>,
}

impl Line {
    /// Sends a message to the gateway. One that is gone hears nothing.
    pub(super) fn say(&self, message: Value) {
        let _ = self.out.send(message);
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: &Value, result: Value) {
        self.say(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }));
    }

    /// Refuses a request.
    pub(super) fn refuse(&self, request: &Value, error: Value) {
        self.say(json!({ "jsonrpc": "2.0", "id": request["id"], "error": error }));
    }

    /// Tells a subscription of something.
    pub(super) fn tell(&self, subscription: &Value, method: &str) {
        let meta = json!({ "io.modelcontextprotocol/subscriptionId": subscription["id"] });
        self.say(json!({ "jsonrpc": "2.0", "method": method, "params": { "_meta": meta } }));
    }

    /// Completes when the gateway has closed it.
    pub(super) async fn closed(&self) {
        self.out.closed().await;
    }
}

type Part = dyn Fn(&Line, &Value) + Send + Sync;

#[derive(Default)]
struct State {
    lines: usize,
    heard: Vec<(Line, Value)>,
}

/// The upstream. It ends when it is dropped.
pub(super) struct Sockets {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
    _task: AbortOnDropHandle<()>,
}

impl Sockets {
    /// One that speaks 2026-07-28 and nothing else, and does this with what is no discovery.
    pub(super) async fn modern(part: impl Fn(&Line, &Value) + Send + Sync + 'static) -> Self {
        Self::start(move |line, message| match message["method"].as_str() {
            Some("server/discover") => line.answer(message, discovery()),
            _ => part(line, message),
        })
        .await
    }

    /// One that does this with all that comes.
    pub(super) async fn start(part: impl Fn(&Line, &Value) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("ws://{}/mcp", listener.local_addr().expect("an address"));
        let state = Arc::<Mutex<State>>::default();
        let task = tokio::spawn(accept(listener, state.clone(), Arc::new(part)));
        Self { url, state, _task: AbortOnDropHandle::new(task) }
    }

    /// The message with this method, once it has arrived, and on which line.
    pub(super) async fn heard(&self, method: &str) -> (Line, Value) {
        let find = async || {
            let state = lock(&self.state);
            state.heard.iter().rev().find(|(_, message)| message["method"] == method).cloned()
        };
        eventually(method, PATIENCE, find).await
    }

    /// How many messages with this method arrived.
    pub(super) fn count(&self, method: &str) -> usize {
        lock(&self.state).heard.iter().filter(|(_, message)| message["method"] == method).count()
    }

    /// How many conversations there were.
    pub(super) fn lines(&self) -> usize {
        lock(&self.state).lines
    }
}

/// What a server of 2026-07-28 says of itself.
pub(super) fn discovery() -> Value {
    json!({ "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {}, "ttlMs": 0,
        "cacheScope": "private" })
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>, part: Arc<Part>) {
    while let Ok((tcp, _)) = listener.accept().await {
        tokio::spawn(serve(tcp, state.clone(), part.clone()));
    }
}

async fn serve(tcp: TcpStream, state: Arc<Mutex<State>>, part: Arc<Part>) {
    #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
    let agree = |_: &Request, mut response: Response| {
        response.headers_mut().insert("sec-websocket-protocol", "mcp".parse().expect("a header"));
        Ok(response)
    };
    let Ok(socket) = accept_hdr_async(tcp, agree).await else { return };
    let (mut sink, mut frames) = socket.split();
    let (out, mut said): (_, UnboundedReceiver<Value>) = unbounded_channel();
    let line = {
        let mut state = lock(&state);
        state.lines += 1;
        Line { number: state.lines - 1, out }
    };
    loop {
        tokio::select! {
            Some(message) = said.recv() => {
                if sink.send(Message::text(message.to_string())).await.is_err() { return }
            }
            frame = frames.next() => match frame {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).expect("JSON");
                    lock(&state).heard.push((line.clone(), message.clone()));
                    part(&line, &message);
                }
                Some(Ok(frame)) if !frame.is_close() => {}
                _ => return,
            },
        }
    }
}
