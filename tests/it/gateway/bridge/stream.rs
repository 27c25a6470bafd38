//! Streams of GET.

use black_box_tests::Service;
use bytes::Bytes;
use http::Request;
use registry_core::model::role::Role;
use serde_json::json;

use super::talk::{Talk, place_legacy};
use super::wire::{Legacy, Wire};
use crate::gateway::kit::assert_failure;

on_memory!(
    each_message_goes_to_one_stream_the_newest,
    a_stream_too_many_ends_the_oldest,
    a_stream_is_of_a_session_and_for_who_takes_events,
);

fn say(wire: &Wire, text: &str) {
    wire.say(&json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "data": text } }));
}

async fn each_message_goes_to_one_stream_the_newest(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let (wire, _) = legacy.heard("initialize").await;
    let mut first = talk.listen(&owner).await;
    say(&wire, "to the first");
    assert_eq!(first.expect().await["params"]["data"], "to the first");
    let mut second = talk.listen(&owner).await;
    say(&wire, "to the second");
    assert_eq!(second.expect().await["params"]["data"], "to the second");
    // The first one is still there when the second goes.
    drop(second);
    let mut third = talk.listen(&owner).await;
    say(&wire, "to the third");
    assert_eq!(third.expect().await["params"]["data"], "to the third");
    talk.end().await.assert(204);
    assert!(first.next().await.is_none() && third.next().await.is_none());
}

async fn a_stream_too_many_ends_the_oldest(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let mut oldest = talk.listen(&owner).await;
    let mut others = Vec::new();
    for _ in 0..4 {
        others.push(talk.listen(&owner).await);
    }
    assert!(oldest.next().await.is_none());
    let (wire, _) = legacy.heard("initialize").await;
    say(&wire, "to the newest");
    assert_eq!(others.pop().unwrap().expect().await["params"]["data"], "to the newest");
}

async fn a_stream_is_of_a_session_and_for_who_takes_events(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let without = Request::get("/mcp/one").header("accept", "text/event-stream").body(Bytes::new()).unwrap();
    assert_failure(&owner.client.send(without).await, 400, "INVALID_REQUEST");
    let json_only = Request::get("/mcp/one").header("accept", "application/json");
    let json_only = json_only.header("mcp-session-id", &talk.handle).body(Bytes::new()).unwrap();
    assert_failure(&owner.client.send(json_only).await, 406, "INVALID_REQUEST");
}
