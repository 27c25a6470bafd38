//! `PATCH /api/api-keys/{id}` (R104).

use black_box_tests::{Service, on_every_store, server};
use registry_core::model::role::Role;
use serde_json::json;

use crate::support::{complaints, create_key, entries_of, text};

on_every_store!(
    name_description_and_scopes_can_change,
    wrong_changes_are_refused,
    a_change_from_an_old_revision_is_refused,
    scopes_change_at_once,
);

async fn name_description_and_scopes_can_change(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = create_key(&owner, json!({ "description": "d" })).await;
    let path = format!("/api/api-keys/{}", text(&made, "id"));
    let renamed = owner.client.patch(&path, &json!({ "name": "phone" })).await;
    assert_eq!(renamed.assert(200).header("etag"), "\"2\"");
    assert_eq!((&renamed.json["name"], &renamed.json["description"]), (&json!("phone"), &json!("d")));
    let change = json!({ "description": null, "scopes": ["mcp:invoke"] });
    let changed = owner.client.patch(&path, &change).await.expect(200);
    assert_eq!((changed.get("description"), &changed["scopes"]), (None, &json!(["mcp:invoke"])));
    assert_eq!(owner.client.get(&path).await.expect(200), changed);
    for kept in ["expiresAt", "keyPrefix", "createdAt", "ownerId", "rotationCount"] {
        assert_eq!(changed[kept], made[kept], "{kept}");
    }
}

async fn wrong_changes_are_refused(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = create_key(&owner, json!({})).await;
    let path = format!("/api/api-keys/{}", text(&made, "id"));
    let (entries, ()) = entries_of(service, async {
        for (change, field) in [
            (json!({ "name": "" }), "name"),
            (json!({ "name": "n".repeat(51) }), "name"),
            (json!({ "description": "d".repeat(201) }), "description"),
            (json!({ "scopes": [] }), "scopes"),
            (json!({ "scopes": ["root"] }), "scopes"),
            (json!({ "scopes": 5 }), "scopes"),
        ] {
            assert_eq!(complaints(owner.client.patch(&path, &change).await), [field], "{change}");
        }
        owner.client.patch("/api/api-keys/x", &json!({})).await.assert(400);
        let unknown = "/api/api-keys/01900000-0000-7000-8000-000000000000";
        owner.client.patch(unknown, &json!({})).await.assert(404);
    })
    .await;
    assert_eq!(entries, 0);
}

async fn a_change_from_an_old_revision_is_refused(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = create_key(&owner, json!({})).await;
    let path = format!("/api/api-keys/{}", text(&made, "id"));
    let (first, change) = (owner.client.with("if-match", "\"1\""), json!({ "name": "phone" }));
    first.patch(&path, &change).await.assert(200);
    first.patch(&path, &change).await.assert(412);
    first.post_empty(&format!("{path}/rotate")).await.assert(412);
    owner.client.with("if-match", "\"2\"").post_empty(&format!("{path}/rotate")).await.assert(200);
}

/// A key that was used before loses what is taken from it with the next request.
async fn scopes_change_at_once(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = create_key(&owner, json!({ "scopes": ["server:read", "server:write"] })).await;
    let (path, client) =
        (format!("/api/api-keys/{}", text(&made, "id")), service.client().with_key(text(&made, "key")));
    client.post("/api/servers/validate", &server("Weather")).await.assert(200);
    owner.client.patch(&path, &json!({ "scopes": ["server:read"] })).await.assert(200);
    client.post("/api/servers/validate", &server("Weather")).await.assert(403);
    client.get("/api/servers").await.assert(200);
}
