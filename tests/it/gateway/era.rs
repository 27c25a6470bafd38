//! rmcp's client through the gateway, to servers of both eras.

use black_box_tests::{Service, Upstream, server_at, within};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use registry_core::model::role::Role;
use registry_gateway::dial::{Dialer, EgressPolicy, UpstreamClient, UpstreamTls};
use registry_gateway::transport::streamable_http::{StreamableHttp, any_era};
use rmcp::RoleClient;
use rmcp::model::{CallToolRequestParams, ProtocolVersion};
use rmcp::service::{ClientServiceExt, RunningService};
use serde_json::{Value, json};

use super::kit::PATIENCE;
use super::program::Program;
use crate::support::text;

on_memory!(
    a_client_of_either_era_reaches_a_server_with_sessions,
    a_client_of_the_new_era_reaches_a_server_of_no_other,
    many_clients_at_once_have_sessions_of_their_own,
);

/// A client of rmcp's: its transport over the gateway's own HTTP, as in the examples.
pub(super) async fn connect(url: &str, key: Option<&str>) -> RunningService<RoleClient, ()> {
    let dialer = Dialer::new(EgressPolicy::default().allow_loopback(true), UpstreamTls::new().unwrap());
    let bearer = key.map(|key| (AUTHORIZATION, format!("Bearer {key}").parse().unwrap()));
    let headers = HeaderMap::from_iter(bearer);
    let http = StreamableHttp::new(UpstreamClient::new(dialer), headers, PATIENCE).unwrap();
    let connecting = ().serve_with_lifecycle(http.transport(&url.parse().unwrap()), any_era());
    within("the client is connected", PATIENCE, connecting).await.unwrap()
}

fn through(service: &Service, server: &str) -> String {
    format!("http://{}/mcp/{server}", service.address)
}

async fn echo(client: &RunningService<RoleClient, ()>, argument: &str, said: &str) -> Value {
    let arguments = json!({ argument: said }).as_object().cloned().unwrap();
    let call = CallToolRequestParams::new("echo").with_arguments(arguments);
    let result = within("the answer", PATIENCE, client.call_tool(call)).await.unwrap();
    serde_json::to_value(result).unwrap()["content"][0]["text"].clone()
}

async fn a_client_of_either_era_reaches_a_server_with_sessions(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let everything = Program::everything().await;
    let body = server_at("Everything", &everything.url);
    let made = owner.client.post("/api/servers", &body).await.expect(201);
    let client = connect(&through(service, "everything"), Some(text(&made, "apiKey"))).await;
    let agreed = client.peer_info().expect("what the server says of itself").protocol_version.clone();
    assert!(agreed < ProtocolVersion::LATEST, "{agreed}");
    assert!(client.list_all_tools().await.unwrap().iter().any(|tool| tool.name == "echo"));
    assert_eq!(echo(&client, "message", "hello").await, "Echo: hello");
    client.cancel().await.unwrap();
}

async fn a_client_of_the_new_era_reaches_a_server_of_no_other(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let modern = Program::modern().await;
    let body = server_at("Modern", &modern.url);
    let made = owner.client.post("/api/servers", &body).await.expect(201);
    assert_eq!(made["healthStatus"], "healthy");
    let client = connect(&through(service, "modern"), Some(text(&made, "apiKey"))).await;
    let agreed = client.peer_info().expect("what the server says of itself").protocol_version.clone();
    assert_eq!(agreed, ProtocolVersion::LATEST);
    assert_eq!(client.list_all_tools().await.unwrap().len(), 1);
    assert_eq!(echo(&client, "message", "hello").await, "Echo: hello");
    client.cancel().await.unwrap();
}

/// T5, T6: they count their requests alike, and each has its own words back.
async fn many_clients_at_once_have_sessions_of_their_own(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let made = crate::support::register_at(&owner, "One", &upstream).await;
    let key = text(&made, "apiKey");
    let clients = (0..20).map(async |number| {
        let client = connect(&through(service, "one"), Some(key)).await;
        for round in 0..20 {
            let said = format!("client {number}, round {round}");
            assert_eq!(echo(&client, "text", &said).await, *said);
        }
        client.cancel().await.unwrap();
    });
    futures::future::join_all(clients).await;
}
