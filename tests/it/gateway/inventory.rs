//! What real servers list, and word of its change that passes through the gateway (R55, I6).

use black_box_tests::{
    Changing, Client, Service, WebSocketUpstream, eventually, on_every_store, server_at, within,
};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use registry_core::model::role::Role;
use registry_gateway::dial::{Dialer, EgressPolicy, UpstreamClient, UpstreamTls};
use registry_gateway::transport::streamable_http::StreamableHttp;
use rmcp::RoleClient;
use rmcp::model::{CallToolRequestParams, ClientCapabilities, ClientConfig, Implementation};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RunningService};
use serde_json::{Value, json};

use super::kit::{PATIENCE, message, post};
use super::program::Program;
use crate::support::{server_path, text, with};

on_every_store!(
    what_is_listed_is_what_a_direct_client_sees,
    a_server_that_says_that_its_tools_changed_is_looked_at,
    i6_a_tool_of_a_server_over_a_websocket_is_withheld,
);

type Connection = RunningService<RoleClient, ClientConfig>;

/// A client of rmcp's that can do nothing that a server might ask for.
async fn connect(url: &str, key: Option<&str>) -> Connection {
    let dialer = Dialer::new(EgressPolicy::default().allow_loopback(true), UpstreamTls::new().unwrap());
    let bearer = key.map(|key| (AUTHORIZATION, format!("Bearer {key}").parse().unwrap()));
    let http = StreamableHttp::new(UpstreamClient::new(dialer), HeaderMap::from_iter(bearer), PATIENCE);
    let client = ClientConfig::new(ClientCapabilities::default(), Implementation::new("direct", "1"));
    let transport = http.unwrap().transport(&url.parse().unwrap());
    let connecting = client.serve_with_lifecycle(transport, ClientLifecycleMode::Initialize);
    within("the client is connected", PATIENCE, connecting).await.unwrap()
}

/// The definitions of a list, in the order of this field.
fn sorted(mut definitions: Vec<Value>, field: &str) -> Vec<Value> {
    definitions.sort_by_key(|definition| definition[field].as_str().unwrap().to_owned());
    definitions
}

async fn listed(client: &Client, server: &Value, kind: &str) -> Vec<Value> {
    let list = client.get(&format!("{}/{kind}?limit=100", server_path(server))).await.expect(200);
    list["items"].as_array().unwrap().iter().map(|item| item["definition"].clone()).collect()
}

/// R55: npm `server-everything`, of an era before 2026-07-28, and a server of that era alone.
async fn what_is_listed_is_what_a_direct_client_sees(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let everything = Program::everything().await;
    let server =
        owner.client.post("/api/servers", &server_at("Everything", &everything.url)).await.expect(201);
    let direct = connect(&everything.url, None).await;
    let values = |list: Value| list.as_array().unwrap().clone();
    for (kind, field, expected) in [
        ("tools", "name", values(json!(direct.list_all_tools().await.unwrap()))),
        ("resources", "uri", values(json!(direct.list_all_resources().await.unwrap()))),
        (
            "resource-templates",
            "uriTemplate",
            values(json!(direct.list_all_resource_templates().await.unwrap())),
        ),
        ("prompts", "name", values(json!(direct.list_all_prompts().await.unwrap()))),
    ] {
        assert!(!expected.is_empty(), "{kind}");
        assert_eq!(listed(&owner.client, &server, kind).await, sorted(expected, field), "{kind}");
    }
    let modern = Program::modern().await;
    let server = owner.client.post("/api/servers", &server_at("Modern", &modern.url)).await.expect(201);
    assert!(!listed(&owner.client, &server, "tools").await.is_empty());
}

fn tool(name: &str, description: &str) -> Value {
    json!({ "name": name, "description": description, "inputSchema": { "type": "object" } })
}

/// Nobody asks for a check.
async fn a_server_that_says_that_its_tools_changed_is_looked_at(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let http = Changing::with(&[tool("tell", "")]).start().await;
    let changing = Changing::with(&[tool("tell", "")]);
    let websocket = WebSocketUpstream::of(changing.clone()).await;
    let over_websocket = with(server_at("Socket", &websocket.url), &json!({ "transportType": "websocket" }));
    for (body, tools) in [(server_at("Http", &http.url), &http.tools), (over_websocket, &changing)] {
        let server = owner.client.post("/api/servers", &body).await.expect(201);
        let url = format!("http://{}/mcp/{}", service.address, text(&server, "slug"));
        let client = connect(&url, Some(owner.secret())).await;
        tools.set(&[tool("tell", ""), tool("new", "")]);
        // Word of it may be lost as long as the client's stream of GET is not open.
        let told = async || {
            client.call_tool(CallToolRequestParams::new("tell")).await.unwrap();
            let tools = listed(&owner.client, &server, "tools").await;
            tools.iter().any(|tool| tool["name"] == "new").then_some(())
        };
        eventually("the new tool is listed", PATIENCE, told).await;
    }
}

/// I6, over the bridge: a session that was open before is refused too.
async fn i6_a_tool_of_a_server_over_a_websocket_is_withheld(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let changing = Changing::with(&[tool("pay", "1"), tool("look", "1")]);
    let upstream = WebSocketUpstream::of(changing.clone()).await;
    let patch = json!({ "transportType": "websocket", "settings": { "toolChanges": "hold" } });
    let server = owner
        .client
        .post("/api/servers", &with(server_at("Socket", &upstream.url), &patch))
        .await
        .expect(201);
    let url = format!("http://{}/mcp/socket", service.address);
    let client = connect(&url, Some(owner.secret())).await;
    client.call_tool(CallToolRequestParams::new("pay")).await.unwrap();
    changing.set(&[tool("pay", "2"), tool("look", "1")]);
    let check = format!("{}/health-check", server_path(&server));
    owner.client.post(&check, &json!({ "deep": true })).await.assert(200);
    assert!(client.call_tool(CallToolRequestParams::new("pay")).await.is_err());
    client.call_tool(CallToolRequestParams::new("look")).await.unwrap();
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "pay" } });
    let answer = owner.client.send(message(post("socket"), &call)).await;
    answer.assert(403);
    assert_eq!(answer.json["error"]["data"]["code"], "TOOL_WITHHELD");
    let list = owner.client.get(&format!("{}/tools", server_path(&server))).await.expect(200);
    let body = json!({ "digest": list["items"][1]["digest"] });
    owner.client.post(&format!("{}/tools/pay/approve", server_path(&server)), &body).await.assert(200);
    client.call_tool(CallToolRequestParams::new("pay")).await.unwrap();
}
