//! Alerts of open circuits (C12): one for a server, on however many nodes its circuit is open.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use black_box_tests::{Client, eventually, server_at};
use serde_json::{Value, json};

use super::super::canary::Canary;
use super::super::kit::{PATIENCE, call};
use super::super::peer::{Peer, echo_of, json_reply, status};
use super::{assert_open, fail_five_times, place_one, quick, service, slow};
use crate::nodes::Nodes;
use crate::support::{server_path, with};

async fn alerts(client: &Client) -> Vec<Value> {
    let list = client.get("/api/alerts?type=health").await.expect(200);
    let alerts = list["alerts"].as_array().expect("alerts").iter();
    alerts.filter(|alert| alert["cause"] == "circuit_open").cloned().collect()
}

/// Waits until the newest alert has this status.
async fn newest(client: &Client, status: &str) -> Value {
    let is_so = async || alerts(client).await.into_iter().next().filter(|alert| alert["status"] == status);
    eventually(&format!("the alert is {status}"), PATIENCE, is_so).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_circuit_is_an_alert_until_it_closes() {
    let (service, owner) = service(quick()).await;
    let peer = Peer::echo().await;
    let made = place_one(&owner, &peer.url, json!({})).await;
    call(&owner.client, "one").await.assert(200);
    assert!(alerts(&owner.client).await.is_empty());
    let url = peer.url.clone();
    drop(peer);
    let opened = async || (call(&owner.client, "one").await.status == 503).then_some(());
    eventually("the circuit is open", PATIENCE, opened).await;
    let alert = newest(&owner.client, "open").await;
    assert_eq!((&alert["serverId"], &alert["severity"]), (&made["id"], &json!("high")));
    let again = async || {
        call(&owner.client, "one").await;
        Some(alerts(&owner.client).await.remove(0)).filter(|alert| alert["occurrences"].as_u64() > Some(2))
    };
    eventually("trials that fail are counted", PATIENCE, again).await;
    let _back = Peer::echo_instead_of(&url).await;
    let well = async || (call(&owner.client, "one").await.status == 200).then_some(());
    eventually("the server is called again", PATIENCE, well).await;
    let over = newest(&owner.client, "resolved").await;
    assert_eq!((&over["id"], over.get("resolvedBy")), (&alert["id"], None));
    assert_eq!(alerts(&owner.client).await.len(), 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_alert_is_over_when_the_server_is_moved() {
    let (service, owner) = service(slow()).await;
    let made = place_one(&owner, &Canary::everywhere().url(), json!({})).await;
    fail_five_times(&owner, 502, "UPSTREAM_UNREACHABLE").await;
    newest(&owner.client, "open").await;
    let peer = Peer::echo().await;
    let moved = json!({ "endpointUrl": peer.url, "validateConnection": false });
    owner.client.put(&server_path(&made), &moved).await.assert(200);
    call(&owner.client, "one").await.assert(200);
    newest(&owner.client, "resolved").await;
    service.stop().await;
}

/// How many entries of this type the audit log has.
async fn told(client: &Client, event_type: &str) -> Value {
    let log = client.get(&format!("/api/audit-logs?eventType={event_type}")).await.expect(200);
    log["pagination"]["total"].clone()
}

async fn fail_until_open(client: &Client) {
    let open = async || Some(call(client, "one").await).filter(|answer| answer.status == 503);
    assert_open(&eventually("the circuit is open", PATIENCE, open).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn circuits_of_several_nodes_have_one_alert() {
    let (nodes, fails) = (Nodes::new().await, Arc::new(AtomicBool::new(true)));
    let broken = fails.clone();
    let peer = Peer::start(move |seen| {
        std::future::ready(match broken.load(Ordering::SeqCst) {
            true => status(500),
            false => json_reply(&echo_of(&seen)),
        })
    })
    .await;
    let [first, second] = nodes.start_two();
    let clients = [first.admin(), second.admin()];
    let own = json!({ "settings": { "maxRetries": 0 }, "validateConnection": false });
    let made = clients[0].post("/api/servers", &with(server_at("One", &peer.url), &own)).await.expect(201);
    clients[0].put(&server_path(&made), &json!({ "status": "active" })).await.assert(200);
    for client in &clients {
        fail_until_open(client).await;
    }
    let both = async || {
        Some(alerts(&clients[0]).await).filter(|all| all.first().is_some_and(|one| one["occurrences"] == 2))
    };
    assert_eq!(eventually("both count on it", PATIENCE, both).await.len(), 1);
    fails.store(false, Ordering::SeqCst);
    for client in &clients {
        let well = async || (call(client, "one").await.status == 200).then_some(());
        eventually("the server is called again", PATIENCE, well).await;
    }
    newest(&clients[1], "resolved").await;
    assert_eq!(alerts(&clients[0]).await.len(), 1);
    assert_eq!(
        (told(&clients[0], "alert_raised").await, told(&clients[0], "alert_resolved").await),
        (json!(1), json!(1))
    );
    nodes.stop([first, second]).await;
}
