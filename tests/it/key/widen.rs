//! A8: a key can neither mint a key nor widen one beyond itself.

use black_box_tests::{Client, Service, on_every_store, server};
use registry_core::model::role::{Role, Scope};
use registry_core::service::KeyInput;
use serde_json::{Value, json};

use crate::support::{complaints, create_key, entries_of, register, text, with};

on_every_store!(
    a_key_gives_no_scope_that_it_lacks,
    a_linked_key_reaches_no_other_server,
    a_linked_key_registers_no_other_server,
    a_key_acts_as_nobody_of_a_higher_role,
    a_key_of_a_higher_role_cannot_be_taken_over,
);

const NARROW: &[Scope] = &[Scope::ServerRead, Scope::KeysManage];

async fn create(client: &Client, patch: &Value) -> u16 {
    client.post("/api/api-keys", &with(json!({ "name": "test" }), patch)).await.status.as_u16()
}

async fn a_key_gives_no_scope_that_it_lacks(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let own = owner.mint(service, NARROW, None).await;
    let (client, wide) = (
        service.client().with_key(own.secret.expose()),
        create_key(&owner, json!({ "scopes": ["mcp:invoke"] })).await,
    );
    let (own, wide) =
        (format!("/api/api-keys/{}", own.key.id), format!("/api/api-keys/{}", text(&wide, "id")));
    assert_eq!(create(&client, &json!({ "scopes": ["server:read"] })).await, 201);
    let (entries, ()) = entries_of(service, async {
        for scope in ["server:write", "mcp:invoke", "audit:read", "health:check"] {
            assert_eq!(create(&client, &json!({ "scopes": [scope] })).await, 403, "{scope}");
            assert_eq!(create(&client, &json!({ "scopes": ["server:read", scope] })).await, 403, "{scope}");
            client.patch(&own, &json!({ "scopes": [scope, "keys:manage"] })).await.assert(403);
        }
        client.patch(&wide, &json!({ "scopes": ["mcp:invoke", "server:read"] })).await.assert(403);
        client.post_empty(&format!("{wide}/rotate")).await.assert(403);
    })
    .await;
    assert_eq!(entries, 0);
    client.patch(&own, &json!({ "scopes": ["keys:manage"] })).await.assert(200);
    client.patch(&own, &json!({ "scopes": ["keys:manage", "server:read"] })).await.assert(403);
}

async fn a_linked_key_reaches_no_other_server(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (one, two) = (register(&owner, "One").await, register(&owner, "Two").await);
    let (free, of_two) =
        (create_key(&owner, json!({})).await, format!("/api/api-keys/{}", text(&two, "apiKeyId")));
    let linked = owner.client_with(service, Scope::ALL, Some(text(&one, "id"))).await;
    assert_eq!(create(&linked, &json!({ "serverId": one["id"] })).await, 201);
    assert_eq!(create(&linked, &json!({})).await, 403);
    assert_eq!(create(&linked, &json!({ "serverId": two["id"] })).await, 403);
    for path in [&format!("/api/api-keys/{}", text(&free, "id")), &of_two] {
        linked.get(path).await.assert(404);
        linked.patch(path, &json!({ "name": "mine" })).await.assert(404);
        linked.post_empty(&format!("{path}/rotate")).await.assert(404);
        linked.delete(path).await.assert(404);
    }
    let list = linked.get("/api/api-keys").await.expect(200);
    let servers: Vec<_> = list["apiKeys"].as_array().unwrap().iter().map(|key| &key["serverId"]).collect();
    assert!(servers.iter().all(|server| *server == &one["id"]), "{servers:?}");
    linked.delete(&format!("/api/servers/{}", text(&two, "id"))).await.assert(404);
}

/// R121: the key of one server would get a new server and, with it, a key beyond its own server.
async fn a_linked_key_registers_no_other_server(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let one = register(&owner, "One").await;
    let linked = owner.client_with(service, &[Scope::ServerWrite], Some(text(&one, "id"))).await;
    let answer = linked.post("/api/servers", &server("Two")).await;
    assert_eq!(answer.status, 403, "it got a server, and a key for it");
}

async fn a_key_acts_as_nobody_of_a_higher_role(service: &Service) {
    let (admin, owner) = (
        service.actor("acme", "anna", Role::Admin).await,
        service.actor("acme", "olga", Role::ServerOwner).await,
    );
    let stranger = service.actor("other", "otto", Role::User).await;
    let user = service.actor("acme", "ulli", Role::User).await;
    assert_eq!(create(&owner.client, &json!({ "ownerUserId": admin.user_id() })).await, 403);
    assert_eq!(create(&owner.client, &json!({ "ownerUserId": user.user_id() })).await, 201);
    let foreign = json!({ "name": "test", "ownerUserId": stranger.user_id() });
    assert_eq!(complaints(owner.client.post("/api/api-keys", &foreign).await), ["ownerUserId"]);
    assert_eq!(create(&user.client, &json!({})).await, 403);
}

/// The owner of a server manages the keys that are linked to it (C8), but to rotate a key is to get it: an
/// administrator's would make the owner an administrator.
async fn a_key_of_a_higher_role_cannot_be_taken_over(service: &Service) {
    let (admin, owner) = (
        service.actor("acme", "anna", Role::Admin).await,
        service.actor("acme", "olga", Role::ServerOwner).await,
    );
    let server = register(&owner, "Weather").await;
    let input = KeyInput {
        name: Some("of the administrator".to_owned()),
        scopes: Some(vec!["server:read".to_owned(), "audit:read".to_owned()]),
        server_id: Some(text(&server, "id").to_owned()),
        ..KeyInput::default()
    };
    let key = service.registry.keys.create(&admin.caller, input).await.unwrap().key;
    let path = format!("/api/api-keys/{}", key.id);
    let rotated = owner.client.post_empty(&format!("{path}/rotate")).await;
    if let Some(secret) = rotated.json["key"].as_str() {
        let taken = service.client().with_key(secret).get("/api/audit-logs").await;
        panic!("a server_owner rotated an administrator's key and now reads the audit log: {}", taken.status);
    }
    let wider = json!({ "scopes": ["server:read", "server:write", "audit:read", "keys:manage"] });
    let changed = owner.client.patch(&path, &wider).await;
    assert!(matches!(changed.status.as_u16(), 403 | 404), "a server_owner widened an administrator's key");
}
