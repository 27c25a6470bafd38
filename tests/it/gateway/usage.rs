//! Calls are counted: all of them, once.

use std::time::Duration;

use black_box_tests::{Actor, Answer, Service, eventually, on_every_store};
use http::Request;
use registry_core::model::role::{Role, Scope};
use registry_core::service::IssuedKey;
use serde_json::{Value, json};

use super::kit::{call, echo, place};
use super::peer::{Peer, echo_of, json_reply, reply};
use crate::support::{server_path, text};

on_every_store!(
    calls_errors_bytes_and_last_use_are_counted,
    of_a_thousand_calls_at_once_every_one_is_counted,
    a_call_that_its_client_left_is_counted_as_an_error,
);

/// Usage is stored once a second.
const SOON: Duration = Duration::from_secs(10);

async fn usage(owner: &Actor, key: &IssuedKey, requests: u64) -> Value {
    let path = format!("/api/api-keys/{}/usage", key.key.id);
    let stored = async || {
        let usage = owner.client.get(&path).await.expect(200);
        (usage["requests"].as_u64()? >= requests).then_some(usage)
    };
    eventually("the calls are counted", SOON, stored).await
}

async fn performance(owner: &Actor, made: &Value) -> Value {
    owner.client.get(&server_path(made)).await.expect(200)["performance"].clone()
}

/// An upstream that fails every call that says so.
async fn moody() -> Peer {
    Peer::start(async |seen| match seen.body.windows(4).any(|part| part == b"fail") {
        true => reply(500, Some("text/html"), "no"),
        false => json_reply(&echo_of(&seen)),
    })
    .await
}

/// Refused calls never reached the server: they are its errors neither, nor the key's.
async fn calls_errors_bytes_and_last_use_are_counted(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, moody().await);
    let made = place(&owner, "One", &peer.url, json!({})).await;
    let key = owner.mint(service, &[Scope::McpInvoke], None).await;
    let client = service.client().with_key(key.secret.expose());
    let before = chrono::DateTime::from_timestamp_micros(service_now(service)).unwrap();
    let mut bytes = 0;
    for said in ["hello", "fail", "hello", "fail", "a longer text"] {
        let sent = echo(1, said).to_string();
        let request = Request::post("/mcp/one").header("content-type", "application/json");
        let answer: Answer = client.send(request.body(sent.clone().into()).unwrap()).await;
        let came = if answer.status == 200 { answer.bytes.len() } else { 0 };
        bytes += sent.len() + came;
    }
    call(&client, "nothing").await.assert(404);
    let usage = usage(&owner, &key, 5).await;
    assert_eq!((&usage["requests"], &usage["errors"]), (&json!(5), &json!(2)), "{usage}");
    assert_eq!(usage["bytesTransferred"], bytes, "{usage}");
    assert_eq!(usage["lastUsedIp"], "127.0.0.1");
    let last = chrono::DateTime::parse_from_rfc3339(text(&usage, "lastUsed")).unwrap();
    assert!(last >= before, "{last} before {before}");
    let of_server = performance(&owner, &made).await;
    assert_eq!((&of_server["requestCount"], &of_server["errorCount"]), (&json!(5), &json!(2)), "{of_server}");
    assert_eq!((&of_server["bytesIn"], &of_server["bytesOut"]), (&usage["bytesIn"], &usage["bytesOut"]));
}

fn service_now(service: &Service) -> i64 {
    use registry_core::clock::Clock;
    service.clock.now().timestamp_micros()
}

async fn of_a_thousand_calls_at_once_every_one_is_counted(service: &Service) {
    let (owner, peer) = (service.actor("acme", "olga", Role::ServerOwner).await, moody().await);
    let made = place(&owner, "One", &peer.url, json!({})).await;
    let keys = [
        owner.mint(service, &[Scope::McpInvoke], None).await,
        owner.mint(service, &[Scope::McpInvoke], None).await,
    ];
    let clients = keys.each_ref().map(|key| service.client().with_key(key.secret.expose()));
    let callers = (0..100).map(async |number| {
        for _ in 0..10 {
            call(&clients[number % 2], "one").await.assert(200);
        }
    });
    futures::future::join_all(callers).await;
    for key in &keys {
        assert_eq!(usage(&owner, key, 500).await["requests"], 500);
    }
    assert_eq!(performance(&owner, &made).await["requestCount"], 1_000);
    assert_eq!(peer.hits(), 1_000);
}

async fn a_call_that_its_client_left_is_counted_as_an_error(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let peer = Peer::start(async |_| std::future::pending().await).await;
    place(&owner, "One", &peer.url, json!({})).await;
    let key = owner.mint(service, &[Scope::McpInvoke], None).await;
    let client = service.client().with_key(key.secret.expose());
    {
        let call = std::pin::pin!(call(&client, "one"));
        let arrives = eventually("the call arrives", SOON, async || (peer.hits() == 1).then_some(()));
        tokio::select! { _ = call => panic!("an answer"), () = arrives => {} }
    }
    let usage = usage(&owner, &key, 1).await;
    assert_eq!((&usage["requests"], &usage["errors"]), (&json!(1), &json!(1)), "{usage}");
}
