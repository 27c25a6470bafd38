//! Watching: servers are checked without anybody asking (R81 to R94).

mod nodes;
mod scenes;

use black_box_tests::{Actor, Client};
use serde_json::{Value, json};

use crate::support::{server_path, with};

/// Registers a server without connecting to it, and switches it on, which makes its first check due at once.
pub(crate) async fn switched_on(client: &Client, name: &str, url: &str, patch: &Value) -> Value {
    let body = with(black_box_tests::server(name), &json!({ "endpointUrl": url, "healthCheckInterval": 60 }));
    let made = client.post("/api/servers", &with(body, patch)).await.expect(201);
    client.put(&server_path(&made), &json!({ "status": "active" })).await.expect(200)
}

/// The checks of a server, newest first.
pub(crate) async fn history(client: &Client, server: &Value) -> Vec<Value> {
    let answer = client.get(&format!("{}/health?limit=100", server_path(server))).await.expect(200);
    answer["history"].as_array().expect("a list").clone()
}

/// What the audit log says of changes of a server's health, oldest first.
pub(crate) async fn transitions(owner: &Actor, server: &Value) -> Vec<Value> {
    let path =
        format!("/api/audit?eventType=health_status_changed&resourceId={}", server["id"].as_str().unwrap());
    let answer = owner.client.get(&path).await.expect(200);
    let entries = answer["entries"].as_array().expect("a list").iter().rev();
    entries.map(|entry| entry["metadata"].clone()).collect()
}
