//! What waits for clients that do not read, over the whole node (O2).

use black_box_tests::{Exposition, Options, Service, StoreKind};
use registry_core::model::role::{Role, Scope};
use registry_gateway::proxy::{ProxyLimits, SessionLimits};
use serde_json::json;

use super::talk::{Talk, notification, place_legacy, request};
use super::wire::Legacy;
use crate::gateway::kit::{assert_failure, echo};

const MIB: usize = 1024 * 1024;

/// Who does not read loses its session when too much waits for it, and others keep theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o2_when_too_much_waits_on_the_node_the_session_ends_for_which_most_does() {
    let sessions = SessionLimits { max_buffered_bytes: 16 * MIB, ..SessionLimits::default() };
    let proxy = ProxyLimits { sessions, ..ProxyLimits::default() };
    let service = Service::start_with(StoreKind::Memory, Options { proxy, ..Options::default() }).await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|wire, message| match message["method"].as_str() {
        Some("flood") => {
            let much = json!({ "data": "x".repeat(4 * MIB) });
            for _ in 0..16 {
                wire.say(&json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": much }));
            }
        }
        Some("tools/call") => wire.answer(message, json!({ "content": [] })),
        _ => {}
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let other = Talk::begin(&owner.client_with(&service, &[Scope::McpInvoke], None).await, "one").await;
    let greedy = Talk::begin(&owner.client, "one").await;
    let unread = greedy.listen(&owner).await;
    let mut flood = greedy.post(&request(1, "flood"));
    // Else the answer may become an event stream before it is all there.
    flood.headers_mut().insert("accept", "application/json".parse().unwrap());
    let answer = owner.client.send(flood).await;
    assert_eq!(answer.assert(503).json["error"]["data"]["code"], "TOO_MUCH_UNREAD");
    assert_eq!(answer.json["id"], 1);
    assert_failure(&greedy.send(&notification("x")).await, 404, "SESSION_NOT_FOUND");
    other.send(&echo(1, "still there")).await.assert(200);
    drop(unread);
    let admin = service.actor("main", "root", Role::Admin).await;
    let seen = Exposition::parse(&admin.client.get("/metrics").await.assert(200).text());
    // The recorder is the process's, so other services may have sessions too.
    assert!(seen.sum("mcp_registry_gateway_sessions", &[]) >= 1.0);
    assert!(seen.sum("mcp_registry_gateway_buffered_bytes", &[]) >= 0.0);
    service.stop().await;
}
