//! An upstream of HTTP+SSE (2024-11-05) whose part a test plays.

use std::sync::{Arc, Mutex, PoisonError};

use black_box_tests::eventually;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::gateway::kit::PATIENCE;
use crate::gateway::peer::{Chunks, Peer, Reply, chunks, events, status};

/// One conversation.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) number: usize,
    chunks: Chunks,
}

impl Wire {
    /// Sends a message to the client. One that is gone hears nothing.
    pub(super) fn say(&self, message: &Value) {
        self.write(format!("event: message\ndata: {message}\n\n"));
    }

    /// Sends these bytes.
    pub(super) fn write(&self, bytes: impl Into<Bytes>) {
        let _ = self.chunks.send(bytes.into());
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: &Value, result: Value) {
        self.say(&json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }));
    }

    /// Completes when the gateway has closed it.
    pub(super) async fn closed(&self) {
        self.chunks.closed().await;
    }
}

type Part = dyn Fn(&Wire, &Value) + Send + Sync;

struct State {
    wires: Vec<Option<Wire>>,
    heard: Vec<(usize, Value)>,
    part: Arc<Part>,
}

/// The upstream. It ends when it is dropped.
pub(super) struct Legacy {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
    _peer: Peer,
}

impl Legacy {
    /// One that agrees to every `initialize`, and does this with all else that comes.
    pub(super) async fn start(part: impl Fn(&Wire, &Value) + Send + Sync + 'static) -> Self {
        let part = move |wire: &Wire, message: &Value| match message["method"].as_str() {
            Some("initialize") => wire.answer(message, agreement(&message["params"]["protocolVersion"])),
            _ => part(wire, message),
        };
        Self::strict(part).await
    }

    /// One that does this with all that comes.
    pub(super) async fn strict(part: impl Fn(&Wire, &Value) + Send + Sync + 'static) -> Self {
        let state = State { wires: Vec::new(), heard: Vec::new(), part: Arc::new(part) };
        let state = Arc::new(Mutex::new(state));
        let shared = state.clone();
        let peer = Peer::start(move |seen| {
            std::future::ready(match seen.method {
                Method::GET => begin(&shared),
                _ => hear(&shared, &seen.target, &seen.body),
            })
        });
        let peer = peer.await;
        Self { url: peer.url.clone(), state, _peer: peer }
    }

    /// One with the tool `echo`, which also says on which wire it is.
    pub(super) async fn echo() -> Self {
        Self::start(|wire, message| {
            if message.get("id").is_some() && message.get("method").is_some() {
                let text = &message["params"]["arguments"]["text"];
                let result = json!({ "content": [{ "type": "text", "text": text }], "wire": wire.number });
                wire.answer(message, result);
            }
        })
        .await
    }

    /// The message with this method, once it has arrived, and on which wire.
    pub(super) async fn heard(&self, method: &str) -> (Wire, Value) {
        let find = async || {
            let state = lock(&self.state);
            let (wire, message) =
                state.heard.iter().rev().find(|(_, message)| message["method"] == method)?;
            Some((state.wires[*wire].clone()?, message.clone()))
        };
        eventually(method, PATIENCE, find).await
    }

    /// Everything that arrived.
    pub(super) fn all(&self) -> Vec<Value> {
        lock(&self.state).heard.iter().map(|(_, message)| message.clone()).collect()
    }

    /// How many conversations there were.
    pub(super) fn wires(&self) -> usize {
        lock(&self.state).wires.len()
    }

    /// Closes all conversations.
    pub(super) fn hang_up(&self) {
        lock(&self.state).wires.iter_mut().for_each(|wire| *wire = None);
    }
}

fn agreement(version: &Value) -> Value {
    json!({ "protocolVersion": version, "capabilities": {}, "serverInfo": { "name": "wire", "version": "1" } })
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn begin(state: &Mutex<State>) -> Reply {
    let (sender, receiver) = chunks();
    let mut state = lock(state);
    let wire = Wire { number: state.wires.len(), chunks: sender };
    wire.write(format!("event: endpoint\ndata: /message?wire={}\n\n", wire.number));
    state.wires.push(Some(wire));
    events(receiver)
}

fn hear(state: &Mutex<State>, target: &str, body: &Bytes) -> Reply {
    let number: usize = target.rsplit('=').next().and_then(|number| number.parse().ok()).expect("a wire");
    let message: Value = serde_json::from_slice(body).expect("JSON");
    let (wire, part) = {
        let mut state = lock(state);
        state.heard.push((number, message.clone()));
        (state.wires[number].clone(), state.part.clone())
    };
    let Some(wire) = wire else { return status(404) };
    part(&wire, &message);
    status(202)
}
