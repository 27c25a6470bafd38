//! What the tests of accounts share: people with passwords, and what the audit log says of them.

use std::net::{IpAddr, Ipv4Addr};

use black_box_tests::{Actor, Answer, Client, Service};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::with;

/// A password that is good enough, as are others that begin with it.
pub(crate) const PASSWORD: &str = "seven quiet otters in March";

/// Makes somebody who signs in with [`PASSWORD`]; the user.
pub(crate) async fn person(admin: &Actor, tenant_id: &str, name: &str, role: Role) -> Value {
    let body = json!({ "username": name, "role": role, "tenantId": tenant_id, "password": PASSWORD });
    admin.client.post("/api/users", &body).await.expect(201)
}

/// Olga, a server owner of the administrator's tenant.
pub(crate) async fn olga(admin: &Actor) -> Value {
    person(admin, &admin.tenant_id(), "olga", Role::ServerOwner).await
}

/// Changes a user as an administrator does.
pub(crate) async fn change(admin: &Actor, user: &Value, patch: &Value) -> Answer {
    admin.client.patch(&user_path(user), patch).await
}

/// The path of a user.
pub(crate) fn user_path(user: &Value) -> String {
    format!("/api/users/{}", user["id"].as_str().expect("an id"))
}

/// Tries to sign in with more than a name and a password.
pub(crate) async fn login_with(client: &Client, name: &str, password: &str, patch: &Value) -> Answer {
    let body = with(json!({ "username": name, "password": password }), patch);
    client.post("/api/auth/login", &body).await
}

/// A client of an address of its own, so that it waits for nobody else's wrong guesses.
pub(crate) fn from(service: &Service, number: u8) -> Client {
    service.client().from_address(IpAddr::V4(Ipv4Addr::new(127, 0, 7, number)))
}

/// The audit entries of this type, oldest first, at most 100.
pub(crate) async fn entries(admin: &Client, event_type: &str) -> Vec<Value> {
    let list = admin.get(&format!("/api/audit-logs?limit=100&eventType={event_type}")).await.expect(200);
    list["entries"].as_array().expect("entries").iter().rev().cloned().collect()
}
