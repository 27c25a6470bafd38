//! Preferences: `/api/users/preferences/servers` (R185 to R191).

mod bulk;
mod call;
mod change;
mod hidden;

use black_box_tests::Client;
use serde_json::{Value, json};

use crate::support::with;

const PATH: &str = "/api/users/preferences/servers";

/// Sets a preference for a server; what it is now.
async fn prefer(client: &Client, server: &Value, patch: Value) -> Value {
    client.put(PATH, &with(json!({ "serverId": server["id"] }), &patch)).await.expect(200)
}

/// One's own preferences, in one's own order.
async fn preferences(client: &Client) -> Vec<Value> {
    client.get(PATH).await.expect(200)["preferences"].as_array().expect("preferences").clone()
}
