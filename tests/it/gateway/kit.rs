//! What the tests of the gateway share: messages, servers that are not asked whether they speak MCP, failures.

use std::time::Duration;

use black_box_tests::{Actor, Answer, Client, server};
use bytes::Bytes;
use http::Request;
use http::request::Builder;
use serde_json::{Value, json};

use crate::support::{server_path, with};

/// The longest that anything may take here.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A call of the tool `echo`.
pub(super) fn echo(id: impl Into<Value>, text: &str) -> Value {
    let id: Value = id.into();
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": { "name": "echo", "arguments": { "text": text } } })
}

/// The head of a POST to `/mcp/{server}`.
pub(super) fn post(server: &str) -> Builder {
    Request::post(format!("/mcp/{server}"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
}

/// That with a message.
pub(super) fn message(builder: Builder, message: &Value) -> Request<Bytes> {
    builder.body(Bytes::from(message.to_string())).expect("a request")
}

/// Calls `echo` of `server`.
pub(super) async fn call(client: &Client, server: &str) -> Answer {
    client.send(message(post(server), &echo(1, "hello"))).await
}

/// Registers a server at `url` without connecting to it, and switches it on; its body.
pub(super) async fn place(actor: &Actor, name: &str, url: &str, patch: Value) -> Value {
    let body = with(with(server(name), &json!({ "endpointUrl": url })), &patch);
    let made = actor.client.post("/api/servers", &body).await.expect(201);
    actor.client.put(&server_path(&made), &json!({ "status": "active" })).await.assert(200);
    made
}

/// A failure of the gateway's own: this status, and a JSON-RPC error with this stable code.
#[track_caller]
pub(super) fn assert_failure(answer: &Answer, status: u16, code: &str) {
    let Answer { request, json, .. } = answer;
    let text = answer.text();
    assert_eq!(answer.status.as_u16(), status, "{request}: {text}");
    assert_eq!(answer.header("content-type"), "application/json", "{request}");
    assert!(!answer.header("x-request-id").is_empty(), "{request}");
    let mut fields: Vec<_> = json.as_object().expect("an object").keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["error", "id", "jsonrpc"], "{request}: {text}");
    assert_eq!((&json["jsonrpc"], &json["id"]), (&json!("2.0"), &Value::Null), "{request}: {text}");
    assert!(json["error"]["code"].as_i64().is_some_and(|code| code <= -32000), "{request}: {text}");
    assert!(json["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{request}: {text}");
    assert_eq!(json["error"]["data"]["code"], code, "{request}: {text}");
}
