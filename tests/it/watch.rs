//! Watching: servers are checked without anybody asking (R81 to R94).

mod bulk;
mod dependencies;
mod nodes;
mod scenes;

use black_box_tests::{Client, Service};
use serde_json::{Value, json};

use crate::support::{server_path, text, with};

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
pub(crate) async fn transitions(service: &Service, server: &Value) -> Vec<Value> {
    let id = text(server, "id");
    let path = format!("/api/audit-logs?eventType=health_status_changed&resourceId={id}");
    let answer = service.admin().await.client.get(&path).await.expect(200);
    let entries = answer["entries"].as_array().expect("a list").iter().rev();
    entries.map(|entry| entry["metadata"].clone()).collect()
}
