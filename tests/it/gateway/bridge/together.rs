//! Many clients at once (T5).

use black_box_tests::{Client, Service};
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use super::talk::{Talk, place_legacy};
use super::wire::Legacy;
use crate::gateway::kit::echo;

on_memory!(t5_a_hundred_clients_with_the_same_ids_get_their_own_replies);

const CLIENTS: usize = 100;
const ROUNDS: usize = 10;

/// Each has two requests in flight, and the upstream answers the later one first.
async fn t5_a_hundred_clients_with_the_same_ids_get_their_own_replies(service: &Service) {
    let waiting = std::sync::Mutex::new(std::collections::HashMap::new());
    let legacy = Legacy::start(move |wire, message| {
        let mut waiting = waiting.lock().unwrap();
        match waiting.remove(&wire.number) {
            None => drop(waiting.insert(wire.number, message.clone())),
            Some(earlier) => {
                for call in [message, &earlier] {
                    let text = &call["params"]["arguments"]["text"];
                    wire.answer(call, json!({ "text": text, "wire": wire.number }));
                }
            }
        }
    })
    .await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    place_legacy(&owner, &legacy, json!({})).await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(owner.client_with(service, &[Scope::McpInvoke], None).await);
    }
    let talks = clients.iter().enumerate().map(async |(number, client)| converse(client, number).await);
    let mut wires = futures::future::join_all(talks).await;
    wires.sort_unstable();
    assert_eq!(wires, (0..CLIENTS as u64).collect::<Vec<_>>(), "each has a connection of its own");
}

/// Its wire.
async fn converse(client: &Client, number: usize) -> u64 {
    let talk = Talk::begin(client, "one").await;
    let mut wires = Vec::new();
    for round in 0..ROUNDS {
        let asks = [0, 1].map(async |id| {
            let said = format!("client {number}, round {round}, id {id}");
            let answer = talk.send(&echo(id, &said)).await;
            let answer = &answer.assert(200).json;
            assert_eq!((&answer["id"], &answer["result"]["text"]), (&json!(id), &json!(said)));
            answer["result"]["wire"].as_u64().unwrap()
        });
        wires.extend(futures::future::join_all(asks).await);
    }
    talk.end().await.assert(204);
    assert!(wires.iter().all(|wire| *wire == wires[0]), "{wires:?}");
    wires[0]
}
