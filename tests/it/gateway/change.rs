//! What changes is in force on the very next call (A4, A5).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use black_box_tests::{Answer, Service, on_every_store};
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use super::kit::{PATIENCE, assert_failure, call, place};
use super::peer::Peer;
use crate::support::{server_path, text};

on_every_store!(
    an_update_of_a_server_is_in_force_on_the_next_call,
    a_server_that_is_removed_is_gone_on_the_next_call,
    a4_no_call_is_accepted_once_its_key_was_revoked,
    a5_a_key_that_is_revoked_during_calls_never_comes_back,
    a_key_that_loses_its_scope_calls_no_more,
    a7_a_key_is_refused_from_the_second_on_in_which_it_expires,
);

async fn an_update_of_a_server_is_in_force_on_the_next_call(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let stranger = service.actor("globex", "sam", Role::ServerOwner).await;
    let (one, two) = (Peer::echo().await, Peer::echo().await);
    let made = place(&owner, "One", &one.url, json!({ "isPublic": true })).await;
    let id = text(&made, "id");
    let change =
        async |patch: Value| owner.client.put(&server_path(&made), &patch).await.assert(200).json.clone();
    for round in 1..=20 {
        for peer in [&two, &one] {
            change(json!({ "endpointUrl": peer.url, "validateConnection": false })).await;
            let before = peer.hits();
            call(&owner.client, id).await.assert(200);
            call(&stranger.client, id).await.assert(200);
            assert_eq!(peer.hits(), before + 2, "round {round}");
        }
    }
    let token =
        json!({ "authType": "bearer", "authConfig": { "bearerToken": "new" }, "validateConnection": false });
    change(token).await;
    call(&owner.client, id).await.assert(200);
    assert_eq!(one.seen().pop().unwrap().headers["authorization"], "Bearer new");
    change(json!({ "isPublic": false })).await;
    assert_failure(&call(&stranger.client, id).await, 404, "NOT_FOUND");
    call(&owner.client, id).await.assert(200);
    change(json!({ "name": "Other" })).await;
    assert_failure(&call(&owner.client, "one").await, 404, "NOT_FOUND");
    call(&owner.client, "other").await.assert(200);
    change(json!({ "status": "maintenance" })).await;
    assert_failure(&call(&owner.client, id).await, 503, "SERVER_NOT_ACTIVE");
}

/// Its own key is revoked with it.
async fn a_server_that_is_removed_is_gone_on_the_next_call(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    let made = place(&owner, "One", &peer.url, json!({})).await;
    let own = service.client().with_key(text(&made, "apiKey"));
    for client in [&owner.client, &own] {
        call(client, "one").await.assert(200);
    }
    owner.client.delete(&server_path(&made)).await.assert(204);
    for _ in 0..20 {
        assert_failure(&call(&owner.client, "one").await, 404, "NOT_FOUND");
        assert_failure(&call(&owner.client, text(&made, "id")).await, 404, "NOT_FOUND");
        assert_failure(&call(&own, "one").await, 401, "UNAUTHORIZED");
    }
    assert_eq!(peer.hits(), 2);
    // The name is free again, and is the new server.
    let other = Peer::echo().await;
    place(&owner, "One", &other.url, json!({})).await;
    call(&owner.client, "one").await.assert(200);
    assert_eq!((peer.hits(), other.hits()), (2, 1));
}

async fn a4_no_call_is_accepted_once_its_key_was_revoked(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let key = owner.mint(service, &[Scope::McpInvoke], None).await;
    let client = service.client().with_key(key.secret.expose());
    for _ in 0..50 {
        call(&client, "one").await.assert(200);
    }
    owner.client.delete(&format!("/api/api-keys/{}", key.key.id)).await.assert(204);
    for _ in 0..20 {
        let calls = (0..50).map(|_| call(&client, "one"));
        for answer in futures::future::join_all(calls).await {
            assert_failure(&answer, 401, "UNAUTHORIZED");
        }
    }
    assert_eq!(peer.hits(), 50);
    call(&owner.client, "one").await.assert(200);
}

/// 200 callers; each goes on until it is refused, and then some. A call that began after the revocation was
/// acknowledged must be refused.
async fn a5_a_key_that_is_revoked_during_calls_never_comes_back(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let key = owner.mint(service, &[Scope::McpInvoke], None).await;
    let client = service.client().with_key(key.secret.expose());
    let (acknowledged, accepted) = (AtomicBool::new(false), AtomicUsize::new(0));
    let caller = async || {
        loop {
            let is_late = acknowledged.load(Ordering::SeqCst);
            let answer: Answer = call(&client, "one").await;
            if answer.status == 401 {
                break;
            }
            answer.assert(200);
            assert!(!is_late, "accepted after the revocation was acknowledged");
            accepted.fetch_add(1, Ordering::SeqCst);
        }
        for _ in 0..5 {
            assert_failure(&call(&client, "one").await, 401, "UNAUTHORIZED");
        }
    };
    let revoke = async {
        let running = async || (accepted.load(Ordering::SeqCst) >= 400).then_some(());
        black_box_tests::eventually("all callers are at work", PATIENCE, running).await;
        owner.client.delete(&format!("/api/api-keys/{}", key.key.id)).await.assert(204);
        acknowledged.store(true, Ordering::SeqCst);
    };
    let callers = futures::future::join_all((0..200).map(|_| caller()));
    let both = futures::future::join(callers, revoke);
    black_box_tests::within("every caller is refused", PATIENCE * 3, both).await;
}

async fn a_key_that_loses_its_scope_calls_no_more(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let key = owner.mint(service, &[Scope::McpInvoke, Scope::ServerRead], None).await;
    let client = service.client().with_key(key.secret.expose());
    call(&client, "one").await.assert(200);
    let path = format!("/api/api-keys/{}", key.key.id);
    owner.client.patch(&path, &json!({ "scopes": ["server:read"] })).await.assert(200);
    assert_failure(&call(&client, "one").await, 403, "FORBIDDEN");
    assert_eq!(peer.hits(), 1);
}

/// A7: also one that is known from the call before.
async fn a7_a_key_is_refused_from_the_second_on_in_which_it_expires(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, Peer::echo().await);
    place(&owner, "One", &peer.url, json!({})).await;
    let key = owner.mint(service, &[Scope::McpInvoke], None).await;
    let client = service.client().with_key(key.secret.expose());
    let end = key.key.expires_at;
    service.clock.set(end - chrono::TimeDelta::milliseconds(1));
    call(&client, "one").await.assert(200);
    service.clock.set(end);
    assert_failure(&call(&client, "one").await, 401, "UNAUTHORIZED");
    service.clock.release();
    call(&client, "one").await.assert(200);
}
