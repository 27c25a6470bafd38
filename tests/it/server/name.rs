//! Names: unique within a tenant, whatever their case, spaces, hyphens and underscores (R26).

use black_box_tests::{Service, on_every_store, server};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{entries_of, register, server_path, text, total, with};

on_every_store!(
    names_that_look_alike_are_one_name,
    each_tenant_has_its_own_names,
    a_change_cannot_take_a_name,
    a_name_is_free_again_when_its_server_is_gone,
    one_of_two_registrations_at_once_wins,
    one_of_two_changes_to_one_name_wins,
);

async fn names_that_look_alike_are_one_name(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    register(&owner, "Weather Server").await;
    let (entries, ()) = entries_of(service, async {
        for name in
            ["Weather Server", "weather server", "WEATHER_SERVER", "weather-Server", " Weather Server "]
        {
            for path in ["/api/servers", "/api/servers/validate"] {
                let details = owner.client.post(path, &server(name)).await.details(409);
                assert!(!text(&details, "name").is_empty(), "{name}");
            }
        }
    })
    .await;
    assert_eq!((entries, total(&owner.client, "/api/servers").await), (0, 1));
    register(&owner, "WeatherServer").await;
}

/// T4: another tenant's names are no hindrance, and so no hint.
async fn each_tenant_has_its_own_names(service: &Service) {
    let (admin, acme) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let other = service.actor("other", "otto", Role::ServerOwner).await;
    let mut global = server("Weather");
    global["tenantId"] = Value::Null;
    register(&acme, "Weather").await;
    register(&other, "weather").await;
    admin.client.post("/api/servers", &global).await.assert(201);
    admin.client.post("/api/servers", &global).await.assert(409);
    let public = with(server("Shown"), &json!({ "isPublic": true }));
    acme.client.post("/api/servers", &public).await.assert(201);
    other.client.post("/api/servers", &public).await.assert(201);
}

async fn a_change_cannot_take_a_name(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (first, second) = (register(&owner, "First One").await, register(&owner, "Second").await);
    let (path, before) = (server_path(&second), owner.client.get(&server_path(&second)).await.expect(200));
    let details = owner.client.put(&path, &json!({ "name": "first_one" })).await.details(409);
    assert!(details.get("name").is_some());
    assert_eq!(owner.client.get(&path).await.expect(200), before);
    let renamed = owner.client.put(&server_path(&first), &json!({ "name": "FIRST-one" })).await.expect(200);
    assert_eq!((text(&renamed, "name"), text(&renamed, "slug")), ("FIRST-one", "first-one"));
    owner.client.put(&server_path(&first), &json!({ "name": "Elsewhere" })).await.assert(200);
    owner.client.put(&path, &json!({ "name": "first one" })).await.assert(200);
}

async fn a_name_is_free_again_when_its_server_is_gone(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = register(&owner, "Weather").await;
    owner.client.delete(&server_path(&made)).await.assert(204);
    let again = register(&owner, "weather").await;
    assert_ne!(made["id"], again["id"]);
}

async fn one_of_two_registrations_at_once_wins(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    for round in 0..20 {
        let (one, two) = (server(&format!("Race {round}")), server(&format!("race_{round}")));
        let (one, two) =
            tokio::join!(owner.client.post("/api/servers", &one), owner.client.post("/api/servers", &two));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{} {}", one.text(), two.text());
        assert_eq!(total(&owner.client, "/api/servers").await, round + 1);
    }
    assert_eq!(total(&owner.client, "/api/api-keys").await, 21, "a key for each, and the owner's own");
}

async fn one_of_two_changes_to_one_name_wins(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (one, two) = (register(&owner, "One").await, register(&owner, "Two").await);
    let (one, two) = (server_path(&one), server_path(&two));
    for round in 0..20 {
        let name = json!({ "name": format!("Race {round}") });
        let (one, two) = tokio::join!(owner.client.put(&one, &name), owner.client.put(&two, &name));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", one.text(), two.text());
    }
}
