//! Tenants: `/api/tenants`.

mod audit;
mod change;
mod create;
mod list;
mod remove;

use black_box_tests::Actor;
use serde_json::{Value, json};

use crate::support::{text, with};

/// Makes a tenant; its body.
async fn create_tenant(admin: &Actor, name: &str, patch: Value) -> Value {
    admin.client.post("/api/tenants", &with(json!({ "name": name }), &patch)).await.expect(201)
}

/// The path of a tenant.
fn tenant_path(tenant: &Value) -> String {
    format!("/api/tenants/{}", text(tenant, "id"))
}
