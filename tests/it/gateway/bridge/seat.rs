//! Whose a session is (T6).

use black_box_tests::{Service, on_every_store};
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use super::talk::{Talk, place_legacy};
use super::wire::Legacy;
use crate::gateway::kit::{assert_failure, echo, place};
use crate::support::text;

on_every_store!(t6_a_session_is_of_no_use_to_another_key_or_server);

async fn t6_a_session_is_of_no_use_to_another_key_or_server(service: &Service) {
    let (owner, legacy) = (service.actor("acme", "olga", Role::ServerOwner).await, Legacy::echo().await);
    let made = place_legacy(&owner, &legacy, json!({ "isPublic": true })).await;
    place(&owner, "Two", &legacy.url, json!({ "transportType": "sse" })).await;
    let talk = Talk::begin(&owner.client, "one").await;
    let heard = legacy.all().len();
    let colleague = service.actor("acme", "carl", Role::ServerOwner).await;
    let stranger = service.actor("globex", "sam", Role::Admin).await;
    let other_key = owner.client_with(service, Scope::ALL, None).await;
    let id = text(&made, "id").to_owned();
    let foreign = [other_key, colleague.client, stranger.client].map(|client| (client, id.clone()));
    for (client, server) in foreign.into_iter().chain([(owner.client.clone(), "two".to_owned())]) {
        let thief = Talk { client, server, handle: talk.handle.clone() };
        let get = thief.client.send(thief.get()).await;
        for answer in [thief.send(&echo(1, "mine")).await, get, thief.end().await] {
            assert_eq!(answer.assert(404).json["error"]["data"]["code"], "SESSION_NOT_FOUND");
        }
    }
    assert_eq!(legacy.all().len(), heard, "a call with a foreign handle went up");
    let by_id = Talk { server: id, ..talk.clone() };
    for talk in [talk, by_id] {
        talk.send(&echo(2, "mine")).await.assert(200);
    }
    let no_handle = Talk { handle: "nonsense".to_owned(), ..Talk::begin(&owner.client, "one").await };
    assert_failure(&no_handle.end().await, 404, "SESSION_NOT_FOUND");
}
