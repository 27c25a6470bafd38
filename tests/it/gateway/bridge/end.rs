//! A session ends with either side, and takes nothing with it.

use std::time::Duration;

use black_box_tests::{Options, Service, StoreKind, eventually, within};
use registry_core::model::role::{Role, Scope};
use registry_gateway::proxy::{ProxyLimits, SessionLimits};
use serde_json::json;

use super::talk::{Talk, initialize, notification, place_legacy, request};
use super::wire::Legacy;
use crate::gateway::kit::{PATIENCE, assert_failure, echo, message, post};
use crate::gateway::stream::{A_SECOND, open};
use crate::support::server_path;

on_memory!(
    a_session_that_is_deleted_ends_at_the_upstream,
    an_upstream_that_goes_ends_the_session,
    p8_a_client_that_leaves_cancels_its_request_within_a_second,
    p8_a_client_that_leaves_the_stream_of_its_request_cancels_it,
    a_client_that_leaves_before_it_is_agreed_ends_the_session,
    a_request_that_the_client_cancels_ends,
    a_request_that_takes_too_long_fails_and_is_cancelled,
    a_session_ends_with_its_key,
    a_session_ends_when_its_server_is_switched_off_or_moves,
    a_session_that_the_upstream_refuses_does_not_begin,
);

async fn a_session_that_is_deleted_ends_at_the_upstream(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let (wire, _) = legacy.heard("initialize").await;
    let mut listener = talk.listen(&owner).await;
    assert_eq!(talk.end().await.assert(204).bytes.len(), 0);
    assert!(listener.next().await.is_none(), "its stream ends");
    within("the upstream's connection is closed", A_SECOND, wire.closed()).await;
    for answer in [talk.send(&notification("x")).await, talk.end().await] {
        assert_failure(&answer, 404, "SESSION_NOT_FOUND");
    }
    Talk::begin(&owner.client, "one").await.send(&echo(1, "again")).await.assert(200);
}

async fn an_upstream_that_goes_ends_the_session(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|_, _| {}).await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let mut listener = talk.listen(&owner).await;
    let (slow, begun) = (request("a", "slow"), request("b", "begun"));
    let progress = async {
        let (wire, message) = legacy.heard("begun").await;
        let token = &message["params"]["_meta"]["progressToken"];
        wire.say(&json!({ "jsonrpc": "2.0", "method": "notifications/progress",
            "params": { "progressToken": token, "progress": 1 } }));
    };
    let (mut events, ()) = tokio::join!(talk.stream(&owner, &begun), progress);
    let waits = talk.send(&slow);
    let hangs_up = async {
        legacy.heard("slow").await;
        events.expect().await;
        legacy.hang_up();
    };
    let (answer, ()) = tokio::join!(waits, hangs_up);
    assert_eq!(answer.assert(502).json["error"]["data"]["code"], "UPSTREAM_ERROR");
    assert_eq!(answer.json["id"], "a");
    let last = events.expect().await;
    assert_eq!((&last["id"], &last["error"]["data"]["code"]), (&json!("b"), &json!("UPSTREAM_ERROR")));
    assert!(events.next().await.is_none() && listener.next().await.is_none());
    assert_failure(&talk.send(&notification("x")).await, 404, "SESSION_NOT_FOUND");
}

/// What the upstream was told, once it was.
async fn cancelled(legacy: &Legacy) -> serde_json::Value {
    let told = within("it is cancelled", A_SECOND, legacy.heard("notifications/cancelled"));
    told.await.1["params"]["requestId"].clone()
}

async fn p8_a_client_that_leaves_cancels_its_request_within_a_second(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|wire, message| {
        if message["method"] == "tools/call" {
            wire.answer(message, json!("answered"));
        }
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let mut call = Box::pin(open(&owner, talk.post(&request(11, "slow"))));
    let (wire, slow) = tokio::select! {
        _ = &mut call => panic!("an answer"),
        heard = legacy.heard("slow") => heard,
    };
    drop(call);
    assert_eq!(cancelled(&legacy).await, 11);
    // The late response disturbs nobody.
    wire.answer(&slow, json!("late"));
    assert_eq!(talk.send(&echo(12, "x")).await.assert(200).json["result"], "answered");
}

async fn p8_a_client_that_leaves_the_stream_of_its_request_cancels_it(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|wire, message| {
        let token = &message["params"]["_meta"]["progressToken"];
        wire.say(&json!({ "jsonrpc": "2.0", "method": "notifications/progress",
            "params": { "progressToken": token, "progress": 1 } }));
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let mut events = talk.stream(&owner, &request("s", "slow")).await;
    events.expect().await;
    drop(events);
    assert_eq!(cancelled(&legacy).await, "s");
}

async fn a_client_that_leaves_before_it_is_agreed_ends_the_session(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::strict(|_, _| {}).await;
    place_legacy(&owner, &legacy, json!({})).await;
    let begin = message(post("one"), &initialize());
    let mut call = Box::pin(open(&owner, begin));
    let (wire, _) = tokio::select! {
        _ = &mut call => panic!("an answer"),
        heard = legacy.heard("initialize") => heard,
    };
    drop(call);
    within("the upstream's connection is closed", A_SECOND, wire.closed()).await;
    assert_eq!(legacy.all().len(), 1, "initialize is not cancelled");
}

async fn a_request_that_the_client_cancels_ends(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|_, _| {}).await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let cancels = async {
        legacy.heard("slow").await;
        let mut notice = notification("notifications/cancelled");
        notice["params"] = json!({ "requestId": 1, "reason": "enough" });
        talk.send(&notice).await.assert(202);
        assert_eq!(legacy.heard("notifications/cancelled").await.1["params"]["reason"], "enough");
    };
    let slow = request(1, "slow");
    let (mut events, ()) = tokio::join!(talk.stream(&owner, &slow), cancels);
    assert!(events.next().await.is_none(), "there is no response");
    let notices = legacy.all().into_iter().filter(|said| said["method"] == "notifications/cancelled");
    assert_eq!(notices.count(), 1);
}

async fn a_request_that_takes_too_long_fails_and_is_cancelled(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|_, _| {}).await;
    place_legacy(&owner, &legacy, json!({ "settings": { "timeoutMs": 1000 } })).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let answer = talk.send(&request(3, "slow")).await;
    assert_eq!(answer.assert(504).json["error"]["data"]["code"], "UPSTREAM_TIMEOUT");
    assert_eq!(answer.json["id"], 3);
    assert_eq!(cancelled(&legacy).await, 3);
    // The session goes on.
    let (wire, _) = legacy.heard("slow").await;
    let next = request(3, "next");
    let (answer, ()) = tokio::join!(talk.send(&next), async {
        let (_, message) = legacy.heard("next").await;
        wire.answer(&message, json!("in time"));
    });
    assert_eq!(answer.assert(200).json["result"], "in time");
}

async fn a_session_ends_with_its_key(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let issued = owner.mint(service, Scope::ALL, None).await;
    Talk::begin(&service.client().with_key(issued.secret.expose()), "one").await;
    let (wire, _) = legacy.heard("initialize").await;
    owner.client.delete(&format!("/api/api-keys/{}", issued.key.id)).await.assert(204);
    within("the upstream's connection is closed", 2 * A_SECOND, wire.closed()).await;
}

async fn a_session_ends_when_its_server_is_switched_off_or_moves(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    let made = place_legacy(&owner, &legacy, json!({})).await;
    let elsewhere = Legacy::echo().await;
    let moved = json!({ "endpointUrl": elsewhere.url, "validateConnection": false });
    for change in [json!({ "status": "inactive" }), moved] {
        let talk = Talk::begin(&owner.client, "one").await;
        let (wire, _) = legacy.heard("initialize").await;
        owner.client.put(&server_path(&made), &change).await.assert(200);
        within("the upstream's connection is closed", 2 * A_SECOND, wire.closed()).await;
        owner.client.put(&server_path(&made), &json!({ "status": "active" })).await.assert(200);
        assert_failure(&talk.send(&notification("x")).await, 404, "SESSION_NOT_FOUND");
    }
    let talk = Talk::begin(&owner.client, "one").await;
    talk.send(&echo(1, "there")).await.assert(200);
    assert_eq!(elsewhere.wires(), 1);
}

async fn a_session_that_the_upstream_refuses_does_not_begin(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::strict(|wire, message| {
        let error = json!({ "code": -32602, "message": "no such version" });
        wire.say(&json!({ "jsonrpc": "2.0", "id": message["id"], "error": error }));
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let begin = message(post("one"), &initialize());
    let answer = owner.client.send(begin).await;
    assert_eq!(answer.assert(200).json["error"]["code"], -32602);
    assert!(!answer.headers.contains_key("mcp-session-id"));
    let (wire, _) = legacy.heard("initialize").await;
    within("the upstream's connection is closed", A_SECOND, wire.closed()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_when_it_is_idle_and_only_then() {
    let sessions = SessionLimits { idle_timeout: Duration::from_millis(500), ..SessionLimits::default() };
    let proxy = ProxyLimits { sessions, ..ProxyLimits::default() };
    let service = Service::start_with(StoreKind::Memory, Options { proxy, ..Options::default() }).await;
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let (wire, _) = legacy.heard("initialize").await;
    let listener = talk.listen(&owner).await;
    let early = tokio::time::timeout(Duration::from_millis(1_200), wire.closed()).await;
    assert!(early.is_err(), "it ended although its stream is open");
    drop(listener);
    within("it ends", PATIENCE, wire.closed()).await;
    let gone = eventually("it is gone", PATIENCE, async || {
        let answer = talk.send(&notification("x")).await;
        (answer.status == 404).then_some(answer)
    });
    assert_failure(&gone.await, 404, "SESSION_NOT_FOUND");
    service.stop().await;
}
