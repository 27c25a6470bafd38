//! Many clients at once (T5).

use std::time::Duration;

use black_box_tests::{Client, Service};
use bytes::Bytes;
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use super::kit::{echo, message, place, post};
use super::peer::{Peer, echo_of, json_reply, reply};
use crate::support::text;

on_memory!(
    t5_a_hundred_clients_with_the_same_ids_get_their_own_replies,
    t7_an_answer_is_never_served_to_another_key,
);

const CLIENTS: usize = 100;
const ROUNDS: usize = 20;

/// Every client asks with the ids 0, 1, 2 ..., one in two of the answers is an event stream, and the upstream answers
/// out of order. The upstream's credential tells the servers apart.
async fn t5_a_hundred_clients_with_the_same_ids_get_their_own_replies(service: &Service) {
    let peer = Peer::start(async |seen| {
        let mut answer = echo_of(&seen);
        let token = seen.headers["authorization"].to_str().unwrap_or_default().to_owned();
        answer["result"]["token"] = token.into();
        let number = seen.body.iter().fold(7_u64, |sum, byte| (sum * 31 + u64::from(*byte)) % 4_999);
        tokio::time::sleep(Duration::from_micros(number)).await;
        match number % 2 {
            0 => json_reply(&answer),
            _ => reply(200, Some("text/event-stream"), Bytes::from(format!("data: {answer}\n\n"))),
        }
    })
    .await;
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        // Ten servers of the one upstream, each with a credential of its own.
        let server = format!("server-{}", number % 10);
        if number < 10 {
            let config = json!({ "authType": "bearer", "authConfig": { "bearerToken": server } });
            place(&owner, &server, &peer.url, config).await;
        }
        let client = owner.client_with(service, &[Scope::McpInvoke], None).await;
        clients.push((number, server, client));
    }
    let calls = clients.iter().map(async |(number, server, client)| {
        for id in 0..ROUNDS {
            ask(client, server, id, &format!("client {number}, call {id}")).await;
        }
    });
    futures::future::join_all(calls).await;
    assert_eq!(peer.hits(), CLIENTS * ROUNDS);
}

/// T7. Not even one that may be kept: the gateway keeps no answer.
async fn t7_an_answer_is_never_served_to_another_key(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let clients = [&owner.client, &owner.client_with(service, &[Scope::McpInvoke], None).await];
    for caching in ["private, max-age=3600", "public, max-age=3600, immutable"] {
        let peer = Peer::start(async move |seen| {
            let mut answer = json_reply(&echo_of(&seen));
            answer.headers_mut().insert("cache-control", caching.parse().expect("a header"));
            answer.headers_mut().insert("etag", "\"1\"".parse().expect("a header"));
            answer
        })
        .await;
        let name = caching.split(',').next().expect("a word");
        place(&owner, name, &peer.url, json!({})).await;
        for (number, client) in clients.iter().cycle().take(6).enumerate() {
            let said = format!("{number}");
            let answer = client.send(message(post(name), &echo(1, &said))).await.expect(200);
            assert_eq!(answer["result"]["content"][0]["text"], *said);
        }
        assert_eq!(peer.hits(), 6, "{caching}");
    }
}

async fn ask(client: &Client, server: &str, id: usize, said: &str) {
    let answer = client.send(message(post(server), &echo(id, said))).await;
    let body = answer.assert(200).text();
    let reply: Value = serde_json::from_str(body.trim_start_matches("data: ")).expect("JSON");
    assert_eq!(reply["id"], id);
    assert_eq!(text(&reply["result"]["content"][0], "text"), said);
    assert_eq!(reply["result"]["token"], format!("Bearer {server}"));
}
