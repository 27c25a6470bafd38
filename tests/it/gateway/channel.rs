//! Servers over the other transports are registered, checked and refused as those over streamable HTTP are.

use black_box_tests::{Actor, Options, Service, StoreKind, WebSocketUpstream, server_at};
use registry_core::model::role::Role;
use registry_gateway::launcher::Launchers;
use serde_json::{Value, json};

use super::canary::Canary;
use super::peer::{Peer, reply, status};
use super::program::{Program, everything_launcher};
use crate::support::{server_path, text, with};

on_memory!(
    a_server_of_the_first_era_is_known_by_its_stream,
    a_websocket_server_is_registered_and_gets_its_credentials,
    s3_an_endpoint_at_another_origin_is_refused_and_sees_no_credentials,
);

fn at(name: &str, transport: &str, url: &str) -> Value {
    with(server_at(name, url), &json!({ "transportType": transport }))
}

/// What a deep check finds: status, version, and how many tools, resources and prompts there are.
async fn deep_check(actor: &Actor, server: &Value) -> Value {
    let path = format!("{}/health-check", server_path(server));
    let check = actor.client.post(&path, &json!({ "deep": true })).await.expect(200);
    assert_eq!(text(&check, "status"), "healthy", "{check}");
    let details = &check["details"];
    json!([details["toolsCount"], details["resourcesCount"], details["promptsCount"]])
}

/// The same program over three transports offers the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_everything_is_the_same_over_http_sse_and_stdio() {
    let launchers = Launchers::parse(&everything_launcher(), &|_| None).unwrap();
    let service = Service::start_with(StoreKind::Memory, Options { launchers, ..Options::default() }).await;
    let (http, sse) = tokio::join!(Program::everything(), Program::everything_by_sse());
    let admin = service.admin().await;
    let mut counts = Vec::new();
    for (transport, url) in [("http", &*http.url), ("sse", &*sse.url), ("stdio", "stdio:everything")] {
        let made = admin.client.post("/api/servers", &at(transport, transport, url)).await.expect(201);
        assert_eq!((text(&made, "transportType"), text(&made, "status")), (transport, "active"));
        counts.push(deep_check(&admin, &made).await);
    }
    assert!(counts[0].as_array().unwrap().iter().all(|count| count.as_u64() > Some(0)), "{counts:?}");
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    service.stop().await;
}

async fn a_server_of_the_first_era_is_known_by_its_stream(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let sse = Program::everything_by_sse().await;
    let refused = owner.client.post("/api/servers", &server_at("Old", &sse.url)).await;
    let (message, details) = (refused.text(), refused.details(422));
    assert_eq!(details["reason"], "NOT_MCP");
    assert!(message.contains("use transportType `sse`"), "{message}");
    owner.client.post("/api/servers", &at("Old", "sse", &sse.url)).await.assert(201);
}

async fn a_websocket_server_is_registered_and_gets_its_credentials(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let upstream = WebSocketUpstream::start().await;
    let body = at("Sockets", "websocket", &upstream.url);
    let body = with(body, &json!({ "authType": "bearer", "authConfig": { "bearerToken": "canary" } }));
    let made = owner.client.post("/api/servers", &body).await.expect(201);
    assert_eq!(deep_check(&owner, &made).await, json!([1, null, null]));
    let handshakes = upstream.handshakes();
    assert!(handshakes.len() >= 2 && handshakes.iter().all(|head| head["authorization"] == "Bearer canary"));
}

/// S3. The stream is where the owner said, its endpoint is not.
async fn s3_an_endpoint_at_another_origin_is_refused_and_sees_no_credentials(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let canary = Canary::everywhere();
    let endpoint = format!("event: endpoint\ndata: {}\n\n", canary.url());
    let peer = Peer::start(move |seen| {
        let is_get = seen.method == http::Method::GET;
        let answer =
            if is_get { reply(200, Some("text/event-stream"), endpoint.clone()) } else { status(405) };
        async move { answer }
    })
    .await;
    let credential = json!({ "authType": "bearer", "authConfig": { "bearerToken": "canary" } });
    let body = with(at("Elsewhere", "sse", &peer.url), &credential);
    let refused = owner.client.post("/api/servers", &body).await;
    let (message, details) = (refused.text(), refused.details(422));
    assert_eq!(details["reason"], "NOT_MCP");
    assert!(message.contains("another origin") && !message.contains("canary"), "{message}");
    canary.assert_untouched("the endpoint of another origin");
}

/// S1, S7: the rules for addresses are those of http.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_refused_addresses_are_refused_over_every_transport() {
    let options = Options { refuse_loopback: true, ..Options::default() };
    let service = Service::start_with(StoreKind::Memory, options).await;
    let (owner, canary) = (service.actor("acme", "olga", Role::ServerOwner).await, Canary::everywhere());
    for (transport, scheme) in [("sse", "http"), ("websocket", "ws"), ("websocket", "wss")] {
        for host in ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"] {
            let url = format!("{scheme}://{host}:{}/mcp", canary.port());
            for path in ["/api/servers", "/api/servers/test", "/api/servers/validate"] {
                let details = owner.client.post(path, &at("New", transport, &url)).await.details(422);
                assert_eq!(details["reason"], "REFUSED_ADDRESS", "{url}");
            }
        }
    }
    for (transport, url) in [("sse", "file:///etc/passwd"), ("websocket", "javascript:alert(1)")] {
        owner.client.post("/api/servers", &at("New", transport, url)).await.assert(400);
    }
    canary.assert_untouched("an address that is refused");
    service.stop().await;
}
