//! Two nodes on one PostgreSQL deliver what is due: each message once, and again if the node that sent it dies (C12, A4).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use black_box_tests::{Client, Mode, Upstream, eventually, server_at};
use serde_json::{Value, json};

use super::receiver::Receiver;
use crate::nodes::Nodes;
use crate::support::{server_path, text, with};

/// How many alerts are raised, each of a server of its own.
const ALERTS: usize = 30;
const PATIENCE: Duration = Duration::from_secs(30);
/// An attempt counts as lost after a minute.
const LOST: Duration = Duration::from_secs(120);

/// A webhook that is told of all alerts.
async fn webhook(admin: &Client, receiver: &Receiver) -> Value {
    let body = json!({ "name": "on call", "url": receiver.url, "tenantId": null });
    admin.post("/api/webhooks", &body).await.expect(201)
}

/// Servers of which the first failed check raises an alert, at this upstream.
async fn servers(admin: &Client, upstream: &Upstream) -> Vec<Value> {
    let mut servers = Vec::new();
    for number in 0..ALERTS {
        let body = with(
            server_at(&format!("S {number}"), &upstream.url),
            &json!({ "alertThreshold": 1, "autoHealthCheck": false, "validateConnection": false }),
        );
        servers.push(admin.post("/api/servers", &body).await.expect(201));
    }
    servers
}

/// Raises an alert of each server, on each node in turn.
async fn raise(clients: &[Client; 2], servers: &[Value]) {
    let checks = servers.iter().enumerate().map(async |(number, server)| {
        let path = format!("{}/health-check", server_path(server));
        assert_eq!(clients[number % 2].post_empty(&path).await.expect(200)["status"], "unhealthy");
    });
    futures::future::join_all(checks).await;
}

async fn deliveries(admin: &Client, webhook: &Value, status: &str) -> Vec<Value> {
    let path = format!("/api/webhooks/{}/deliveries?limit=100&status={status}", text(webhook, "id"));
    admin.get(&path).await.expect(200)["deliveries"].as_array().expect("deliveries").clone()
}

async fn all_taken(admin: &Client, webhook: &Value, time: Duration) -> Vec<Value> {
    eventually("all messages are taken", time, async || {
        Some(deliveries(admin, webhook, "delivered").await).filter(|taken| taken.len() == ALERTS)
    })
    .await
}

/// How often each message arrived, by its id.
fn arrivals(receiver: &Receiver) -> BTreeMap<String, usize> {
    let mut arrivals = BTreeMap::new();
    for message in receiver.all() {
        *arrivals.entry(message.id).or_default() += 1;
    }
    arrivals
}

fn ids(deliveries: &[Value]) -> BTreeSet<String> {
    deliveries.iter().map(|delivery| text(delivery, "id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_send_each_message_once() {
    let (nodes, upstream, receiver) = (Nodes::new().await, Upstream::start().await, Receiver::start().await);
    let [first, second] = nodes.start_two();
    let clients = [first.admin(), second.admin()];
    let webhook = webhook(&clients[0], &receiver).await;
    let servers = servers(&clients[0], &upstream).await;
    upstream.set(Mode::Status(500));
    raise(&clients, &servers).await;
    let taken = all_taken(&clients[1], &webhook, PATIENCE).await;
    assert!(taken.iter().all(|delivery| delivery["attempts"] == 1));
    let expected: BTreeMap<_, _> = ids(&taken).into_iter().map(|id| (id, 1)).collect();
    assert_eq!(arrivals(&receiver), expected, "each once");
    let subjects: BTreeSet<_> =
        receiver.all().iter().map(|message| message.json()["data"]["serverId"].to_string()).collect();
    assert_eq!(subjects.len(), ALERTS);
    nodes.stop([first, second]).await;
}

/// What the dead node had sent and did not know to be taken arrives again, with its id; all else once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_node_was_sending_is_sent_by_the_other() {
    let (nodes, upstream, receiver) = (Nodes::new().await, Upstream::start().await, Receiver::start().await);
    let [first, second] = nodes.start_two();
    let clients = [first.admin(), second.admin()];
    let webhook = webhook(&clients[0], &receiver).await;
    let servers = servers(&clients[0], &upstream).await;
    upstream.set(Mode::Status(500));
    receiver.hold(true);
    raise(&clients, &servers).await;
    receiver.messages(ALERTS, PATIENCE).await;
    let pending = ids(&deliveries(&clients[1], &webhook, "pending").await);
    assert_eq!((pending.len(), receiver.count()), (ALERTS, ALERTS), "all are under way, and none is taken");
    first.kill9();
    receiver.hold(false);
    let taken = all_taken(&clients[1], &webhook, LOST).await;
    assert_eq!(ids(&taken), pending);
    let arrivals = arrivals(&receiver);
    assert_eq!(arrivals.keys().cloned().collect::<BTreeSet<_>>(), pending, "each has the same id again");
    for delivery in &taken {
        let arrived = arrivals[text(delivery, "id")];
        assert_eq!(delivery["attempts"], arrived, "{delivery}");
        assert!(arrived <= 2, "{delivery}");
    }
    let again = arrivals.values().filter(|arrived| **arrived == 2).count();
    eprintln!("{again} of {ALERTS} messages were the dead node's");
    nodes.stop([second]).await;
}
