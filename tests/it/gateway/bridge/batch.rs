//! Batches of version 2025-03-26.

use black_box_tests::{Options, Service, StoreKind};
use registry_core::limit::RateLimits;
use registry_core::model::role::Role;
use registry_core::service::Policy;
use serde_json::{Value, json};

use super::talk::{Talk, notification, place_legacy, request};
use super::wire::Legacy;
use crate::gateway::kit::{assert_failure, echo, message, post};
use crate::support::create_key;

on_memory!(
    a_batch_is_answered_as_one,
    a_batch_with_other_messages_is_answered_by_events,
    what_is_no_batch_of_its_version_is_refused,
    each_message_of_a_batch_is_judged,
);

fn batch(talk: &Talk, messages: &[Value]) -> http::Request<bytes::Bytes> {
    // Clients of that version send no header for it.
    message(post("one").header("mcp-session-id", &talk.handle), &json!(messages))
}

async fn a_batch_is_answered_as_one(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let messages = [echo(1, "one"), notification("notifications/x"), echo("two", "two")];
    let answer = owner.client.send(batch(&talk, &messages)).await;
    assert_eq!(answer.assert(200).header("content-type"), "application/json");
    let mut answers: Vec<(Value, Value)> = answer
        .json
        .as_array()
        .expect("an array")
        .iter()
        .map(|answer| (answer["id"].clone(), answer["result"]["content"][0]["text"].clone()))
        .collect();
    answers.sort_by_key(|(id, _)| id.is_string());
    assert_eq!(answers, [(json!(1), json!("one")), (json!("two"), json!("two"))]);
    legacy.heard("notifications/x").await;
    let told =
        owner.client.send(batch(&talk, &[notification("notifications/y"), notification("notifications/z")]));
    assert_eq!(told.await.assert(202).bytes.len(), 0);
    legacy.heard("notifications/z").await;
}

async fn a_batch_with_other_messages_is_answered_by_events(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let legacy = Legacy::start(|wire, message| {
        if message["method"] == "steps" {
            let params =
                json!({ "progressToken": message["params"]["_meta"]["progressToken"], "progress": 1 });
            wire.say(&json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": params }));
        }
        wire.answer(message, json!(message["method"]));
    })
    .await;
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let body = batch(&talk, &[request("a", "plain"), request("b", "steps")]);
    let mut events = super::talk::Events::of(crate::gateway::stream::open(&owner, body).await);
    let mut said = Vec::new();
    while let Some(message) = events.next().await {
        said.push(message);
    }
    assert_eq!(said.len(), 3, "{said:?}");
    let place = |is_it: &dyn Fn(&Value) -> bool| said.iter().position(is_it).expect("it is there");
    let progress = place(&|message| message["params"]["progressToken"] == "b");
    assert!(progress < place(&|message| message["id"] == "b"));
    assert_eq!(said[place(&|message| message["id"] == "a")]["result"], "plain");
}

async fn what_is_no_batch_of_its_version_is_refused(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let heard = legacy.all().len();
    let many: Vec<Value> = (0..33).map(|id| echo(id, "x")).collect();
    for odd in [
        vec![],
        many,
        vec![echo(1, "x"), echo(1, "y")],
        vec![echo(1, "x"), json!("y")],
        vec![echo(1, "x"), json!([echo(2, "y")])],
        vec![super::talk::initialize()],
    ] {
        let answer = owner.client.send(batch(&talk, &odd)).await;
        assert_eq!(answer.assert(400).json["error"]["data"]["code"], "INVALID_REQUEST");
    }
    for version in ["2025-06-18", "2025-11-25"] {
        let mut newer = batch(&talk, &[echo(1, "x"), echo(2, "y")]);
        newer.headers_mut().insert("mcp-protocol-version", version.parse().unwrap());
        assert_failure(&owner.client.send(newer).await, 400, "INVALID_REQUEST");
    }
    let outside = message(post("one"), &json!([echo(1, "x")]));
    assert_failure(&owner.client.send(outside).await, 400, "INVALID_REQUEST");
    assert_eq!(legacy.all().len(), heard);
}

async fn each_message_of_a_batch_is_judged(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let narrow = create_key(&owner, json!({ "scopes": ["mcp:invoke"], "tools": ["echo"] })).await;
    let client = service.client().with_key(narrow["key"].as_str().unwrap());
    let talk = Talk::begin(&client, "one").await;
    client.send(batch(&talk, &[echo(1, "x"), echo(2, "y")])).await.assert(200);
    let heard = legacy.all().len();
    let mut other = echo(4, "z");
    other["params"]["name"] = json!("other");
    let answer = client.send(batch(&talk, &[echo(3, "x"), other])).await;
    assert_eq!(answer.assert(403).json["error"]["data"]["code"], "TOOL_NOT_ALLOWED");
    assert_eq!(legacy.all().len(), heard, "a part of a refused batch went up");
}

/// A batch is as many calls as it has messages.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_escapes_no_limit() {
    let limits = RateLimits { own: true, ..RateLimits::unlimited() };
    let policy = Policy { limits, ..Policy::default() };
    let service = Service::start_with(StoreKind::Memory, Options { policy, ..Options::default() }).await;
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    let limit = json!({ "settings": { "rateLimit": { "rpm": 1, "burst": 9 } } });
    place_legacy(&owner, &legacy, limit).await;
    let client = &owner.client;
    let talk = Talk::begin(client, "one").await;
    let messages: Vec<Value> = (0..5).map(|id| echo(id, "x")).collect();
    client.send(batch(&talk, &messages)).await.assert(200);
    let answer = client.send(batch(&talk, &messages)).await;
    assert_eq!(answer.assert(429).json["error"]["data"]["code"], "RATE_LIMIT_EXCEEDED");
    service.stop().await;
}
