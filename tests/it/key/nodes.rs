//! Two nodes on one PostgreSQL rotate keys without being asked: each once, also when one of them dies meanwhile (R118, A6).

use std::time::Duration;

use black_box_tests::{Binary, Client, Database, eventually};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::nodes::Nodes;
use crate::support::{text, total};

const PATIENCE: Duration = Duration::from_secs(30);
/// Keys are looked after once a minute.
const NEXT_TIME: Duration = Duration::from_secs(100);

/// Makes so many keys that rotate by themselves every day. None is due before a day has passed.
async fn make(nodes: &Nodes, count: usize) -> Vec<Value> {
    let node = nodes.start();
    let admin = node.admin();
    let mut keys = Vec::new();
    for number in 0..count {
        let body = json!({ "name": format!("key {number}"), "rotation": { "days": 1, "auto": true } });
        keys.push(admin.post("/api/api-keys", &body).await.expect(201));
    }
    assert!(node.terminate().status.success());
    keys
}

/// Lets a day pass for the keys, while no node runs.
async fn a_day_later(database: &Database) {
    let mut connection = database.connect().await;
    for statement in [
        "SELECT set_config('mcp_registry.tenant', '*', false)",
        "UPDATE api_key SET created_at = created_at - interval '1 day' WHERE auto_rotate",
    ] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
}

async fn shown(client: &Client, key: &Value) -> Value {
    client.get(&format!("/api/api-keys/{}", text(key, "id"))).await.expect(200)
}

async fn rotations(client: &Client) -> u64 {
    total(client, "/api/audit-logs?eventType=api_key_rotated&limit=1").await
}

/// Waits until so many were rotated.
async fn rotated(client: &Client, count: usize, time: Duration) {
    let enough = async || (rotations(client).await >= count as u64).then_some(());
    eventually(&format!("{count} keys are rotated"), time, enough).await;
}

async fn works(node: &Binary, key: &Value) -> bool {
    node.client().with_key(text(key, "key")).get("/api/users/me").await.status == 200
}

/// Every key was rotated once, is told of once, and its new secret is fetched once, wherever.
async fn assert_once(nodes: &[&Binary], keys: &[Value]) {
    let admin = nodes[0].admin();
    assert_eq!(rotations(&admin).await, keys.len() as u64);
    let told = total(&admin, "/api/alerts?type=security&limit=1").await;
    assert_eq!(told, keys.len() as u64, "one alert for each");
    for key in keys {
        let now = shown(&admin, key).await;
        assert_eq!((&now["rotationCount"], &now["status"]), (&json!(1), &json!("active")));
        let path = format!("/api/api-keys/{}/claim", text(key, "id"));
        let clients: Vec<_> = nodes.iter().cycle().take(4).map(|node| node.admin()).collect();
        let answers = join_all(clients.iter().map(|client| client.post_empty(&path))).await;
        let mut got: Vec<_> = answers.into_iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(got.len(), 1, "one gets it");
        let claimed = got.remove(0).expect(200);
        for node in nodes {
            assert!(works(node, &claimed).await, "the new secret works on every node");
            assert!(works(node, key).await, "and the old one until the overlap ends");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_two_nodes_rotate_each_key_once() {
    let nodes = Nodes::new().await;
    let keys = make(&nodes, 25).await;
    a_day_later(&nodes.database).await;
    // Each looks at the keys when it starts.
    let [first, second] = nodes.start_two();
    rotated(&first.admin(), keys.len(), PATIENCE).await;
    assert_once(&[&first, &second], &keys).await;
    nodes.stop([first, second]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_what_a_killed_node_did_not_rotate_the_other_does() {
    let nodes = Nodes::new().await;
    let keys = make(&nodes, 150).await;
    a_day_later(&nodes.database).await;
    let [first, second] = nodes.start_two();
    let watch = second.admin();
    rotated(&watch, 1, PATIENCE).await;
    first.kill9();
    let before = rotations(&watch).await;
    assert!(before < keys.len() as u64, "keys are still due");
    rotated(&watch, keys.len(), NEXT_TIME).await;
    eprintln!("{before} of {} keys were rotated when the node was killed", keys.len());
    assert_once(&[&second], &keys).await;
    nodes.stop([second]).await;
}
