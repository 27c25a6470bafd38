//! How many sessions there are.

use black_box_tests::{Options, Service, StoreKind, within};
use registry_core::model::role::{Role, Scope};
use registry_gateway::proxy::{ProxyLimits, SessionLimits};
use serde_json::json;

use super::talk::{Talk, initialize, notification, place_legacy};
use super::wire::Legacy;
use crate::gateway::kit::{assert_failure, message, post};
use crate::gateway::stream::A_SECOND;

async fn service(sessions: SessionLimits) -> Service {
    let proxy = ProxyLimits { sessions, ..ProxyLimits::default() };
    Service::start_with(StoreKind::Memory, Options { proxy, ..Options::default() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_with_too_many_sessions_loses_the_one_that_is_idle_for_longest() {
    let service = service(SessionLimits { max_per_credential: 2, ..SessionLimits::default() }).await;
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let first = Talk::begin(&owner.client, "one").await;
    let second = Talk::begin(&owner.client, "one").await;
    let (wire, _) = legacy.heard("initialize").await;
    first.send(&notification("x")).await.assert(202);
    let third = Talk::begin(&owner.client, "one").await;
    within("the upstream's connection is closed", A_SECOND, wire.closed()).await;
    assert_failure(&second.send(&notification("x")).await, 404, "SESSION_NOT_FOUND");
    // Another key loses nothing by it, and one in use is not taken.
    let other = owner.client_with(&service, &[Scope::McpInvoke], None).await;
    let _stranger = Talk::begin(&other, "one").await;
    let _listeners = (first.listen(&owner).await, third.listen(&owner).await);
    let refused = owner.client.send(message(post("one"), &initialize())).await;
    assert_eq!(refused.assert(503).json["error"]["data"]["code"], "TOO_MANY_SESSIONS");
    assert!(!refused.header("retry-after").is_empty());
    first.end().await.assert(204);
    Talk::begin(&owner.client, "one").await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_has_no_more_sessions_than_it_may() {
    let service = service(SessionLimits { max_per_server: 2, ..SessionLimits::default() }).await;
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let first = Talk::begin(&owner.client, "one").await;
    let (wire, _) = legacy.heard("initialize").await;
    Talk::begin(&owner.client, "one").await;
    let refused = owner.client.send(message(post("one"), &initialize())).await;
    assert_eq!(refused.assert(503).json["error"]["data"]["code"], "TOO_MANY_SESSIONS");
    assert_eq!(legacy.wires(), 2);
    first.end().await.assert(204);
    within("the upstream's connection is closed", A_SECOND, wire.closed()).await;
    Talk::begin(&owner.client, "one").await;
    service.stop().await;
}
