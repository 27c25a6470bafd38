//! A session goes on with another secret of the same key, and each stream ends with its own (T6).

use black_box_tests::{Actor, Service};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::talk::{Events, Talk, notification, place_legacy};
use super::wire::Legacy;
use crate::gateway::kit::echo;
use crate::gateway::stream::open_at;
use crate::support::{create_key, text};

on_memory!(t6_a_session_goes_on_with_the_rotated_key_and_each_stream_ends_with_its_own);

/// The key that comes after, which for a while is good beside it.
async fn rotated(owner: &Actor, key: &Value) -> Value {
    let path = format!("/api/api-keys/{}/rotate", text(key, "id"));
    owner.client.post(&path, &json!({ "gracePeriodSeconds": 900 })).await.expect(200)
}

fn with(service: &Service, key: &Value, talk: &Talk) -> Talk {
    Talk { client: service.client().with_key(text(key, "key")), ..talk.clone() }
}

async fn t6_a_session_goes_on_with_the_rotated_key_and_each_stream_ends_with_its_own(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    place_legacy(&owner, &legacy, json!({})).await;
    let first = create_key(&owner, json!({ "scopes": ["mcp:invoke"] })).await;
    let mut talk = Talk::begin(&service.client().with_key(text(&first, "key")), "one").await;
    let (wire, _) = legacy.heard("initialize").await;
    let mut streams = vec![listen(service, &talk, &first).await];
    let mut key = first;
    for _ in 0..3 {
        let next = rotated(&owner, &key).await;
        talk = with(service, &next, &talk);
        talk.send(&echo(1, "still there")).await.assert(200);
        streams.push(listen(service, &talk, &next).await);
        key = next;
        if streams.len() > 2 {
            // The key before the last one is good no more.
            assert!(streams.remove(0).next().await.is_none());
        }
    }
    wire.say(&notification("notifications/tools/list_changed"));
    assert_eq!(streams.pop().unwrap().expect().await["method"], "notifications/tools/list_changed");
    talk.send(&echo(2, "to the end")).await.assert(200);
    assert_eq!(legacy.wires(), 1, "it is one session all along");
}

async fn listen(service: &Service, talk: &Talk, key: &Value) -> Events {
    Events::of(open_at(service.address, text(key, "key"), talk.get()).await)
}
