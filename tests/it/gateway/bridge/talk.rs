//! A client of streamable HTTP, message by message.

use black_box_tests::{Actor, Answer, Client, within};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::wire::Legacy;
use crate::gateway::kit::{PATIENCE, message, place, post};
use crate::gateway::stream::open;

pub(super) const VERSION: &str = "2025-06-18";

/// Registers it as `one`.
pub(super) async fn place_legacy(actor: &Actor, legacy: &Legacy, patch: Value) -> Value {
    let patch = crate::support::with(json!({ "transportType": "sse" }), &patch);
    place(actor, "One", &legacy.url, patch).await
}

/// The request that begins a session.
pub(super) fn initialize() -> Value {
    json!({ "jsonrpc": "2.0", "id": "begin", "method": "initialize", "params": { "protocolVersion": VERSION,
        "capabilities": {}, "clientInfo": { "name": "talk", "version": "1" } } })
}

/// A request.
pub(super) fn request(id: impl Into<Value>, method: &str) -> Value {
    let id: Value = id.into();
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": { "_meta": { "progressToken": id } } })
}

/// A notification.
pub(super) fn notification(method: &str) -> Value {
    json!({ "jsonrpc": "2.0", "method": method })
}

/// A session.
#[derive(Clone)]
pub(super) struct Talk {
    pub(super) client: Client,
    pub(super) server: String,
    pub(super) handle: String,
}

impl Talk {
    /// Begins one with `server`.
    pub(super) async fn begin(client: &Client, server: &str) -> Self {
        let answer = client.send(message(post(server), &initialize())).await;
        assert_eq!(answer.assert(200).header("content-type"), "application/json");
        assert_eq!(answer.json["result"]["protocolVersion"], VERSION);
        let handle = answer.header("mcp-session-id").to_owned();
        Self { client: client.clone(), server: server.to_owned(), handle }
    }

    /// A POST in it.
    pub(super) fn post(&self, body: &Value) -> Request<Bytes> {
        let head = post(&self.server).header("mcp-session-id", &self.handle);
        message(head.header("mcp-protocol-version", VERSION), body)
    }

    /// Sends a message.
    pub(super) async fn send(&self, body: &Value) -> Answer {
        self.client.send(self.post(body)).await
    }

    /// Sends a message, and reads the answer as it comes.
    pub(super) async fn stream(&self, actor: &Actor, body: &Value) -> Events {
        Events::of(open(actor, self.post(body)).await)
    }

    /// Listens.
    pub(super) async fn listen(&self, actor: &Actor) -> Events {
        Events::of(open(actor, self.get()).await)
    }

    /// A GET in it.
    pub(super) fn get(&self) -> Request<Bytes> {
        let get = Request::get(format!("/mcp/{}", self.server)).header("mcp-session-id", &self.handle);
        get.header("accept", "text/event-stream").body(Bytes::new()).unwrap()
    }

    /// Ends it.
    pub(super) async fn end(&self) -> Answer {
        let request = Request::delete(format!("/mcp/{}", self.server)).header("mcp-session-id", &self.handle);
        self.client.send(request.body(Bytes::new()).unwrap()).await
    }
}

/// An event stream that is read message by message.
pub(super) struct Events {
    body: Incoming,
    read: String,
}

impl Events {
    pub(super) fn of(response: Response<Incoming>) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), read: String::new() }
    }

    /// The next message; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Value> {
        loop {
            while let Some((event, rest)) = self.read.split_once("\n\n") {
                let message = event.strip_prefix("event: message\ndata: ").map(str::to_owned);
                self.read = rest.to_owned();
                if let Some(message) = message {
                    return Some(serde_json::from_str(&message).expect("JSON"));
                }
            }
            let frame = within("an event", PATIENCE, self.body.frame()).await?;
            let bytes = frame.expect("no error").into_data().expect("data");
            self.read.push_str(std::str::from_utf8(&bytes).expect("text"));
        }
    }

    /// The next message, which is there.
    pub(super) async fn expect(&mut self) -> Value {
        self.next().await.expect("a message")
    }
}
