//! The circuit of a server: it opens when the server fails, lets one trial through, and closes by itself (F4, O1).

use std::time::{Duration, Instant};

use black_box_tests::{Answer, eventually};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::super::canary::Canary;
use super::super::kit::{PATIENCE, assert_failure, call};
use super::super::peer::{Peer, reply, status};
use super::super::raw::{After, Raw};
use super::{assert_open, fail_five_times, gated, place_one, quick, service, slow};
use crate::support::server_path;

/// The gateway's own answers take no longer.
const AT_ONCE: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f4_a_killed_upstream_opens_the_circuit_and_is_called_again_once_it_is_back() {
    let (service, owner) = service(quick()).await;
    let peer = Peer::echo().await;
    let made = place_one(&owner, &peer.url, json!({})).await;
    call(&owner.client, "one").await.assert(200);
    let shown = owner.client.get(&server_path(&made)).await.assert(200).json["circuit"].clone();
    assert_eq!((&shown["state"], &shown["failures"]), (&json!("closed"), &json!(0)));
    let url = peer.url.clone();
    drop(peer);
    let opened = async || (call(&owner.client, "one").await.status == 503).then_some(());
    eventually("the circuit is open", PATIENCE, opened).await;
    let shown = owner.client.get(&server_path(&made)).await.assert(200).json["circuit"].clone();
    assert_eq!(shown["state"], "open", "{shown}");
    assert!(shown["failures"].as_u64() >= Some(5) && shown["retryAt"].is_string(), "{shown}");

    let back = Peer::echo_instead_of(&url).await;
    let well = async || (call(&owner.client, "one").await.status == 200).then_some(());
    eventually("the server is called again", PATIENCE, well).await;
    let shown = owner.client.get(&server_path(&made)).await.assert(200).json["circuit"].clone();
    assert_eq!((&shown["state"], &shown["retryAt"]), (&json!("closed"), &Value::Null), "{shown}");
    assert!(back.hits() > 0);
    service.stop().await;
}

/// O1: who calls a server that hangs gets an answer at once, from the sixth call on, and holds nothing there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o1_a_hung_upstream_opens_the_circuit_and_further_calls_fail_at_once() {
    let (service, owner) = service(slow()).await;
    let silent = Raw::start("", After::Hold).await;
    place_one(&owner, &silent.url, json!({ "timeoutMs": 1_000 })).await;
    let start = Instant::now();
    fail_five_times(&owner, 504, "UPSTREAM_TIMEOUT").await;
    assert!(start.elapsed() < Duration::from_secs(3));
    let before = silent.connections();
    let start = Instant::now();
    for _ in 0..10 {
        assert_open(&call(&owner.client, "one").await);
    }
    assert!(start.elapsed() < 10 * AT_ONCE, "{:?}", start.elapsed());
    assert_eq!(silent.connections(), before);
    service.stop().await;
}

/// F4: whatever a broken server says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f4_garbage_an_early_close_and_5xx_open_the_circuit() {
    let long_head = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
    for bytes in ["", "\0\0\u{1}garbage", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", &long_head] {
        let (service, owner) = service(slow()).await;
        let raw = Raw::start(bytes, After::Close).await;
        place_one(&owner, &raw.url, json!({})).await;
        fail_five_times(&owner, 502, "UPSTREAM_ERROR").await;
        assert_open(&call(&owner.client, "one").await);
        assert_eq!(raw.connections(), 5);
        service.stop().await;
    }
    let (service, owner) = service(slow()).await;
    let said = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"broken"}}"#;
    let peer = Peer::start(move |_| std::future::ready(reply(500, Some("application/json"), said))).await;
    place_one(&owner, &peer.url, json!({})).await;
    for _ in 0..5 {
        assert_eq!(call(&owner.client, "one").await.assert(500).text(), said);
    }
    assert_open(&call(&owner.client, "one").await);
    assert_eq!(peer.hits(), 5);
    service.stop().await;
}

/// A refusal is an answer: who is told to come later is not told that the server is down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_do_not_open_the_circuit() {
    for code in [400, 401, 404, 405, 429] {
        let (service, owner) = service(slow()).await;
        let peer = Peer::start(move |_| std::future::ready(status(code))).await;
        place_one(&owner, &peer.url, json!({})).await;
        for _ in 0..30 {
            let answer = call(&owner.client, "one").await;
            assert_ne!(answer.status, 503, "{code}: {}", answer.text());
        }
        assert_eq!(peer.hits(), 30);
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_one_call_tries_a_server_whose_circuit_was_open() {
    let (service, owner) = service(quick()).await;
    let closed = Canary::everywhere().url();
    place_one(&owner, &closed, json!({})).await;
    fail_five_times(&owner, 502, "UPSTREAM_UNREACHABLE").await;
    assert_open(&call(&owner.client, "one").await);

    let address = closed.trim_start_matches("http://").trim_end_matches("/mcp");
    let (gate, door) = tokio::sync::watch::channel(false);
    let peer = Peer::start_at(address, move |seen| {
        let mut door = door.clone();
        async move {
            door.wait_for(|open| *open).await.expect("a door");
            super::super::peer::json_reply(&super::super::peer::echo_of(&seen))
        }
    })
    .await;
    let mut calls: FuturesUnordered<_> = (0..50).map(|_| call(&owner.client, "one")).collect();
    let mut trials: Vec<Answer> = Vec::new();
    while trials.is_empty() {
        while calls.len() > 10 || (calls.len() > 1 && peer.hits() > 0) {
            assert_open(&calls.next().await.unwrap());
        }
        if peer.hits() > 0 {
            assert_eq!(peer.hits(), 1);
            gate.send(true).unwrap();
            trials.push(calls.next().await.unwrap());
        } else {
            assert_open(&calls.next().await.unwrap());
            calls.push(call(&owner.client, "one"));
        }
    }
    trials[0].assert(200);
    call(&owner.client, "one").await.assert(200);
    service.stop().await;
}

/// The first server's circuit is its own, and a server that is moved begins anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_circuit_is_one_servers_survives_other_changes_and_ends_with_a_new_endpoint() {
    let (service, owner) = service(slow()).await;
    let closed = Canary::everywhere().url();
    let made = place_one(&owner, &closed, json!({})).await;
    fail_five_times(&owner, 502, "UPSTREAM_UNREACHABLE").await;
    let peer = Peer::echo().await;
    super::register(&owner, "Two", &peer.url, json!({})).await;
    call(&owner.client, "two").await.assert(200);
    owner.client.put(&server_path(&made), &json!({ "description": "other" })).await.assert(200);
    assert_open(&call(&owner.client, "one").await);
    let moved = json!({ "endpointUrl": peer.url, "validateConnection": false });
    owner.client.put(&server_path(&made), &moved).await.assert(200);
    call(&owner.client, "one").await.assert(200);
    service.stop().await;
}

/// The state is in the metrics, by server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_circuit_is_in_the_metrics_and_in_no_list() {
    let (service, owner) = service(slow()).await;
    let closed = Canary::everywhere().url();
    let made = place_one(&owner, &closed, json!({})).await;
    fail_five_times(&owner, 502, "UPSTREAM_UNREACHABLE").await;
    assert_failure(&call(&owner.client, "one").await, 503, "SERVER_CIRCUIT_OPEN");
    let admin = service.actor("main", "root", Role::Admin).await;
    let text = admin.client.get("/metrics").await.assert(200).text();
    let seen = black_box_tests::Exposition::parse(&text);
    let of_server = [("server", crate::support::text(&made, "id"))];
    assert!((seen.sum("mcp_registry_gateway_circuit_open", &of_server) - 1.0).abs() < f64::EPSILON);
    assert!((seen.sum("mcp_registry_gateway_circuit_opened_total", &of_server) - 1.0).abs() < f64::EPSILON);
    let list = owner.client.get("/api/servers").await.expect(200);
    assert!(list["servers"][0].get("circuit").is_none(), "{list}");
    service.stop().await;
}

/// A trial whose client goes away leaves its place to the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trial_that_its_client_gives_up_is_made_by_the_next() {
    let (service, owner) = service(quick()).await;
    let closed = Canary::everywhere().url();
    place_one(&owner, &closed, json!({})).await;
    fail_five_times(&owner, 502, "UPSTREAM_UNREACHABLE").await;
    let (elsewhere, gate) = gated().await;
    drop(elsewhere);
    let door = gate.clone();
    let address = closed.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    let peer = Peer::start_at(&address, move |seen| {
        let door = door.clone();
        async move {
            door.acquire().await.expect("a door").forget();
            super::super::peer::json_reply(&super::super::peer::echo_of(&seen))
        }
    })
    .await;
    let client = owner.client.clone();
    let trial = tokio::spawn(async move {
        loop {
            call(&client, "one").await;
        }
    });
    let arrived = async || (peer.hits() == 1).then_some(());
    eventually("the trial is at the server", PATIENCE, arrived).await;
    trial.abort();
    gate.add_permits(9);
    let well = async || (call(&owner.client, "one").await.status == 200).then_some(());
    eventually("another trial is made", PATIENCE, well).await;
    service.stop().await;
}
