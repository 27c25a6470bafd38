//! What the tests of what servers list share.

use black_box_tests::{Actor, Answer, Changing, ChangingUpstream, Client, Service, server_at};
use bytes::Bytes;
use http::Request;
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{server_path, with};

/// A tool, as MCP has it.
pub(super) fn tool(name: &str, description: &str) -> Value {
    json!({ "name": name, "description": description, "inputSchema": { "type": "object" } })
}

/// A server whose tools change, and its owner.
pub(super) struct Scene {
    pub(super) owner: Actor,
    pub(super) upstream: ChangingUpstream,
    pub(super) server: Value,
}

impl Scene {
    /// One with these tools, which is registered with these settings.
    pub(super) async fn new(service: &Service, settings: Value, tools: &[Value]) -> Self {
        let owner = service.actor("acme", "olga", Role::ServerOwner).await;
        let upstream = Changing::with(tools).start().await;
        let body = with(server_at("Weather", &upstream.url), &json!({ "settings": settings }));
        let server = owner.client.post("/api/servers", &body).await.expect(201);
        Self { owner, upstream, server }
    }

    /// A path below the server's.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("{}/{rest}", server_path(&self.server))
    }

    /// The server has these tools now, and is looked at in depth.
    pub(super) async fn change(&self, tools: &[Value]) {
        self.upstream.tools.set(tools);
        self.owner.client.post(&self.path("health-check"), &json!({ "deep": true })).await.assert(200);
    }

    /// What the API shows of its tools.
    pub(super) async fn tools(&self) -> Vec<Value> {
        let list = self.owner.client.get(&self.path("tools?limit=100")).await.expect(200);
        list["items"].as_array().expect("items").clone()
    }

    /// How they changed, newest first.
    pub(super) async fn changes(&self) -> Vec<Value> {
        let list = self.owner.client.get(&self.path("capability-changes")).await.expect(200);
        list["changes"].as_array().expect("changes").clone()
    }

    /// Calls a tool through the gateway.
    pub(super) async fn call(&self, tool: &str) -> Answer {
        call(&self.owner.client, tool).await
    }

    /// Calls a tool that is withheld: nothing goes up.
    pub(super) async fn assert_withheld(&self, tool: &str) {
        assert_withheld(&self.call(tool).await);
    }
}

/// Calls a tool of the server `weather` through the gateway.
pub(super) async fn call(client: &Client, tool: &str) -> Answer {
    let meta = json!({ "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" } });
    let params = json!({ "name": tool, "arguments": {}, "_meta": meta });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let request = Request::post("/mcp/weather")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", format!("=?base64?{}?=", base64(tool)))
        .body(Bytes::from(call.to_string()));
    client.send(request.expect("a request")).await
}

/// The call was refused, for its tool is withheld.
#[track_caller]
pub(super) fn assert_withheld(answer: &Answer) {
    answer.assert(403);
    assert_eq!(answer.json["error"]["data"]["code"], "TOOL_WITHHELD", "{}", answer.text());
    assert_eq!((&answer.json["id"], &answer.json["error"]["code"]), (&json!(1), &json!(-32600)));
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
