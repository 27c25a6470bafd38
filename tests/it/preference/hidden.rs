//! What one does not want to see, and what one may not see whatever one wants (C3, R191).

use black_box_tests::{Client, Service, Upstream, on_every_store, server_at};
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use super::{PATH, prefer, preferences};
use crate::support::{complaints, initialize, names, register_at, server_path, text, total, with};

on_every_store!(
    a_hidden_server_is_out_of_ones_list_only,
    a_preference_shows_nothing_that_is_not_ones_own,
    each_role_sees_what_it_may,
    a_linked_key_prefers_its_server_only,
);

const ALL: &str = "/api/servers?includeHidden=true&sortBy=name&sortOrder=asc";
const LIST: &str = "/api/servers?sortBy=name&sortOrder=asc";

async fn a_hidden_server_is_out_of_ones_list_only(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let user = service.actor("acme", "ulli", Role::User).await;
    let one = register_at(&owner, "One", &upstream).await;
    register_at(&owner, "Two", &upstream).await;
    prefer(&user.client, &one, json!({ "isEnabled": false })).await;
    assert_eq!(names(&user.client, LIST).await, ["Two"]);
    assert_eq!(total(&user.client, "/api/servers").await, 1);
    assert_eq!(names(&user.client, "/api/servers?search=one").await, [""; 0]);
    assert_eq!(names(&user.client, ALL).await, ["One", "Two"]);
    assert_eq!(names(&user.client, &format!("{ALL}&search=one")).await, ["One"]);
    user.client.get(&server_path(&one)).await.assert(200);
    user.client.get(&format!("{}/health", server_path(&one))).await.assert(200);
    assert_eq!(initialize(&user.client, "/one").await.status, 200, "hidden is not switched off");
    assert_eq!(names(&owner.client, LIST).await, ["One", "Two"], "it is in others' lists");
    prefer(&user.client, &one, json!({ "isEnabled": true })).await;
    assert_eq!(names(&user.client, LIST).await, ["One", "Two"]);
}

async fn a_preference_shows_nothing_that_is_not_ones_own(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let user = service.actor("acme", "ulli", Role::User).await;
    let made = register_at(&owner, "Weather", &upstream).await;
    let path = server_path(&made);
    prefer(&user.client, &made, json!({ "isEnabled": true, "displayOrder": 1 })).await;
    owner.client.put(&path, &json!({ "status": "inactive" })).await.assert(200);
    // An administrator or owner switched it off: wanting it does not switch it on.
    assert_eq!(preferences(&user.client).await, [Value::Null; 0]);
    assert_eq!(names(&user.client, ALL).await, [""; 0]);
    user.client.get(&path).await.assert(404);
    assert_eq!(initialize(&user.client, "/weather").await.status, 404);
    let wish = json!({ "serverId": made["id"], "isEnabled": true });
    assert_eq!(complaints(user.client.put(PATH, &wish).await), ["serverId"]);
    owner.client.put(&path, &json!({ "status": "active" })).await.assert(200);
    assert_eq!(preferences(&user.client).await[0]["displayOrder"], 1, "it comes back as it was");
}

/// Public, global, own and foreign servers, active or not: by role.
async fn each_role_sees_what_it_may(service: &Service) {
    let (admin, upstream) = (service.admin().await, Upstream::start().await);
    let (owner, other) = (
        service.actor("acme", "olga", Role::ServerOwner).await,
        service.actor("other", "otto", Role::ServerOwner).await,
    );
    let (colleague, user) = (
        service.actor("acme", "cora", Role::ServerOwner).await,
        service.actor("acme", "ulli", Role::User).await,
    );
    let make = async |by: &Client, name: &str, patch: Value, off: bool| {
        let body = with(server_at(name, &upstream.url), &patch);
        let body = if name.starts_with('G') { global(body) } else { body };
        let made = by.post("/api/servers", &body).await.expect(201);
        if off {
            by.put(&server_path(&made), &json!({ "status": "maintenance" })).await.assert(200);
        }
    };
    for off in [false, true] {
        let name = |name: &str| format!("{name} {}", if off { "off" } else { "on" });
        make(&owner.client, &name("A own"), json!({}), off).await;
        make(&other.client, &name("B foreign"), json!({}), off).await;
        make(&other.client, &name("C public"), json!({ "isPublic": true }), off).await;
        make(&admin.client, &name("G global"), json!({}), off).await;
    }
    let own = ["A own off", "A own on", "C public off", "C public on", "G global off", "G global on"];
    assert_eq!(names(&owner.client, LIST).await, own);
    assert_eq!(names(&colleague.client, LIST).await, own);
    assert_eq!(names(&user.client, LIST).await, ["A own on", "C public on", "G global on"]);
    assert_eq!(names(&admin.client, LIST).await.len(), 8);
    for client in [&admin.client, &owner.client, &colleague.client, &user.client] {
        assert_eq!(names(client, ALL).await, names(client, LIST).await, "nothing is hidden");
        let found = client.get(LIST).await.expect(200);
        for server in found["servers"].as_array().unwrap() {
            prefer(client, server, json!({ "isEnabled": false })).await;
        }
        assert_eq!(names(client, LIST).await, [""; 0]);
        assert_eq!(names(client, ALL).await.len(), found["servers"].as_array().unwrap().len());
    }
}

fn global(mut body: Value) -> Value {
    body["tenantId"] = Value::Null;
    body
}

/// R121.
async fn a_linked_key_prefers_its_server_only(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let (one, two) =
        (register_at(&owner, "One", &upstream).await, register_at(&owner, "Two", &upstream).await);
    for server in [&one, &two] {
        prefer(&owner.client, server, json!({ "displayOrder": 1 })).await;
    }
    let linked = owner.client_with(service, Scope::ALL, Some(text(&one, "id"))).await;
    let seen = preferences(&linked).await;
    assert_eq!(seen.iter().map(|p| &p["serverId"]).collect::<Vec<_>>(), [&one["id"]]);
    let wish = json!({ "serverId": two["id"], "isEnabled": false });
    assert_eq!(complaints(linked.put(PATH, &wish).await), ["serverId"]);
    prefer(&linked, &one, json!({ "isEnabled": false })).await;
    assert_eq!(names(&owner.client, LIST).await, ["Two"]);
}
