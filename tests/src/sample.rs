//! Bodies of requests.

use serde_json::{Value, json};

/// A registration of a server named `name` that is not connected to.
pub fn server(name: &str) -> Value {
    json!({
        "name": name,
        "version": "1.0.0",
        "endpointUrl": "http://127.0.0.1:9/mcp",
        "validateConnection": false,
    })
}

/// A registration of a server named `name` at `url`, which is connected to.
pub fn server_at(name: &str, url: &str) -> Value {
    json!({ "name": name, "version": "1.0.0", "endpointUrl": url })
}
