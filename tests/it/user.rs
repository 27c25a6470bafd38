//! Users: `/api/users`.

mod audit;
mod bystander;
mod change;
mod create;
mod disable;
mod last_admin;
mod list;
mod me;
mod nodes;
mod odd;
mod remove;

use black_box_tests::{Actor, Client};
use serde_json::{Value, json};

use crate::support::{text, with};

/// A good password.
pub(crate) const PASSWORD: &str = "four unrelated words";

/// Makes a user of this tenant; its body.
pub(crate) async fn create_user(admin: &Actor, tenant: &str, name: &str, patch: Value) -> Value {
    let body = with(json!({ "username": name, "role": "user", "tenantId": tenant }), &patch);
    admin.client.post("/api/users", &body).await.expect(201)
}

/// The path of a user.
pub(crate) fn user_path(user: &Value) -> String {
    format!("/api/users/{}", text(user, "id"))
}

/// The status of a sign-in with this name and [`PASSWORD`].
pub(crate) async fn sign_in(client: &Client, name: &str) -> u16 {
    let body = json!({ "username": name, "password": PASSWORD });
    client.post("/api/auth/login", &body).await.status.as_u16()
}
