//! What holds for every call holds for those through the bridge: tools of a key, usage, the circuit.

use std::net::TcpListener;

use black_box_tests::{Binary, Service, WebSocketUpstream, eventually, server_at};
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use super::talk::{Talk, initialize, place_legacy, request};
use super::wire::Legacy;
use crate::gateway::kit::{PATIENCE, echo, message, place, post};
use crate::support::{create_key, text, with};

on_memory!(
    a_key_that_is_narrowed_to_tools_calls_no_other,
    calls_are_counted_with_their_bytes_and_errors,
    f4_a_server_that_is_away_is_not_called_for_a_while,
);

async fn a_key_that_is_narrowed_to_tools_calls_no_other(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let key = create_key(&owner, json!({ "tools": ["get_*"], "scopes": ["mcp:invoke"] })).await;
    let talk = Talk::begin(&service.client().with_key(text(&key, "key")), "one").await;
    let refused = talk.send(&echo(1, "hello")).await;
    assert_eq!(refused.assert(403).json["error"]["data"]["code"], "TOOL_NOT_ALLOWED");
    assert_eq!(refused.json["id"], 1);
    let mut allowed = echo(2, "hello");
    allowed["params"]["name"] = "get_weather".into();
    talk.send(&allowed).await.assert(200);
    assert_eq!(legacy.all().iter().filter(|said| said["method"] == "tools/call").count(), 1);
}

async fn calls_are_counted_with_their_bytes_and_errors(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|wire, message| {
        if message["method"] == "tools/call" {
            wire.answer(message, json!("answered"));
        }
    })
    .await;
    place_legacy(&owner, &legacy, json!({ "settings": { "timeoutMs": 1000 } })).await;
    let key = owner.mint(service, &[Scope::McpInvoke], None).await;
    let client = service.client().with_key(key.secret.expose());
    let begun = client.send(message(post("one"), &initialize())).await;
    let handle = begun.assert(200).header("mcp-session-id").to_owned();
    let talk = Talk { client, server: "one".to_owned(), handle };
    let (call, slow) = (echo(1, "hello"), request(2, "slow"));
    let answer = talk.send(&call).await;
    talk.send(&slow).await.assert(504);
    let came_in =
        [&initialize(), &call, &slow].map(|message| message.to_string().len()).iter().sum::<usize>();
    let usage = eventually("the calls are counted", PATIENCE, async || {
        let usage = owner.client.get(&format!("/api/api-keys/{}/usage", key.key.id)).await.expect(200);
        (usage["requests"] == 3).then_some(usage)
    });
    let usage = usage.await;
    assert_eq!((&usage["errors"], &usage["bytesIn"]), (&json!(1), &json!(came_in)), "{usage}");
    assert_eq!(usage["bytesOut"], begun.bytes.len() + answer.assert(200).bytes.len(), "{usage}");
}

async fn f4_a_server_that_is_away_is_not_called_for_a_while(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("ws://{nobody}/mcp");
    place(&owner, "One", &url, json!({ "transportType": "websocket" })).await;
    let first = owner.client.send(message(post("one"), &initialize())).await;
    assert_eq!(first.assert(502).json["error"]["data"]["code"], "UPSTREAM_UNREACHABLE");
    let open = eventually("the circuit opens", PATIENCE, async || {
        let answer = owner.client.send(message(post("one"), &initialize())).await;
        (answer.status == 503).then_some(answer)
    });
    let open = open.await;
    assert_eq!(open.json["error"]["data"]["code"], "SERVER_CIRCUIT_OPEN");
    assert!(!open.header("retry-after").is_empty());
}

/// The session is that node's: elsewhere there is none, and the client begins anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_not_found_after_a_restart_and_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = WebSocketUpstream::start().await;
    let node = Binary::start(folder.path(), &[], &[]);
    let body = with(server_at("One", &upstream.url), &json!({ "transportType": "websocket" }));
    let made = node.admin().post("/api/servers", &body).await.expect(201);
    let key = text(&made, "apiKey");
    let talk = Talk::begin(&node.client().with_key(key), "one").await;
    talk.send(&echo(1, "hello")).await.assert(200);
    assert!(node.terminate().status.success());
    let node = Binary::start(folder.path(), &[], &[]);
    let client = node.client().with_key(key);
    let gone = Talk { client: client.clone(), ..talk };
    assert_eq!(
        gone.send(&echo(2, "hello")).await.assert(404).json["error"]["data"]["code"],
        "SESSION_NOT_FOUND"
    );
    Talk::begin(&client, "one").await.send(&echo(3, "hello")).await.assert(200);
    assert!(node.terminate().status.success());
}
