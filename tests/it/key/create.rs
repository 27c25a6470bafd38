//! `POST`, `GET` and `DELETE /api/api-keys` (R99 to R113).

use black_box_tests::{Service, on_every_store};
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use crate::support::{complaints, create_key, entries_of, register, text, total, with};

on_every_store!(
    a_key_has_its_defaults,
    a_key_keeps_what_was_said,
    a_key_is_random_and_shown_once,
    wrong_values_are_refused_by_their_fields,
    lists_have_the_newest_first,
    a_key_can_be_for_another_user_of_the_tenant,
    a_revoked_key_is_refused_at_once_and_for_good,
);

/// R105, R106, R110, R111, C36.
async fn a_key_has_its_defaults(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let answer = owner.client.post("/api/api-keys", &json!({ "name": " laptop " })).await;
    let made = answer.assert(201).json.clone();
    assert_eq!(answer.header("etag"), "\"1\"");
    let expected = json!({ "name": "laptop", "scopes": ["server:read"], "status": "active", "rotationCount": 0,
        "tenantId": owner.tenant_id(), "ownerId": owner.user_id(), "createdBy": owner.user_id(), "revision": 1,
        "keyPrefix": &text(&made, "key")[..8] });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    for absent in ["description", "serverId", "revokedAt", "lastRotatedAt"] {
        assert!(made.get(absent).is_none(), "{absent}");
    }
    let time = |field| chrono::DateTime::parse_from_rfc3339(text(&made, field)).unwrap();
    assert_eq!(time("expiresAt") - time("createdAt"), chrono::TimeDelta::days(90));
}

async fn a_key_keeps_what_was_said(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let server = register(&owner, "Weather").await;
    let kept = json!({ "name": "ключ ☂", "description": "d".repeat(200), "serverId": server["id"],
        "scopes": ["server:read", "mcp:invoke", "keys:manage"] });
    let made = create_key(&owner, with(kept.clone(), &json!({ "expiresInDays": 365 }))).await;
    let found = owner.client.get(&format!("/api/api-keys/{}", text(&made, "id"))).await.expect(200);
    for (field, value) in kept.as_object().unwrap() {
        if field != "scopes" {
            assert_eq!((&made[field], &found[field]), (value, value), "{field}");
        }
    }
    assert_eq!(found["scopes"], json!(["server:read", "mcp:invoke", "keys:manage"]));
    assert_eq!(with(made, &json!({ "key": null })), found);
}

/// R107 to R109, C7.
async fn a_key_is_random_and_shown_once(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let mut keys = Vec::new();
    for _ in 0..20 {
        let made = create_key(&owner, json!({})).await;
        let key = text(&made, "key").to_owned();
        let random = key.strip_prefix("mcp_").expect("the prefix");
        assert!(random.len() == 60 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{key}");
        let path = format!("/api/api-keys/{}", text(&made, "id"));
        for path in [path.as_str(), "/api/api-keys?limit=100"] {
            assert!(!owner.client.get(path).await.text().contains(random), "{path}");
        }
        keys.push(key);
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 20);
}

async fn wrong_values_are_refused_by_their_fields(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let cases = [
        (json!({ "name": null }), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": "n".repeat(51) }), "name"),
        (json!({ "name": "two\nlines" }), "name"),
        (json!({ "description": "d".repeat(201) }), "description"),
        (json!({ "description": "\u{0}" }), "description"),
        (json!({ "expiresInDays": 0 }), "expiresInDays"),
        (json!({ "expiresInDays": 366 }), "expiresInDays"),
        (json!({ "expiresInDays": -1 }), "expiresInDays"),
        (json!({ "expiresInDays": 1.5 }), "expiresInDays"),
        (json!({ "scopes": [] }), "scopes"),
        (json!({ "scopes": ["server:read", "everything"] }), "scopes"),
        (json!({ "scopes": "server:read" }), "scopes"),
        (json!({ "serverId": "weather" }), "serverId"),
        (json!({ "serverId": "01900000-0000-7000-8000-000000000000" }), "serverId"),
        (json!({ "ownerUserId": "olga" }), "ownerUserId"),
        (json!({ "ownerUserId": "01900000-0000-7000-8000-000000000000" }), "ownerUserId"),
    ];
    let (entries, ()) = entries_of(service, async {
        for (patch, field) in cases {
            let answer = owner.client.post("/api/api-keys", &with(json!({ "name": "test" }), &patch)).await;
            assert_eq!(complaints(answer), [field], "{patch}");
        }
        let all = json!({ "name": "", "description": "d".repeat(201), "expiresInDays": 0, "scopes": [] });
        let mut found = complaints(owner.client.post("/api/api-keys", &all).await);
        found.sort();
        assert_eq!(found, ["description", "expiresInDays", "name", "scopes"]);
    })
    .await;
    assert_eq!((entries, total(&owner.client, "/api/api-keys").await), (0, 1));
}

async fn lists_have_the_newest_first(service: &Service) {
    let (owner, server) = {
        let owner = service.actor("acme", "olga", Role::ServerOwner).await;
        let server = register(&owner, "Weather").await;
        (owner, server)
    };
    for number in 0..4 {
        let server_id = if number % 2 == 0 { server["id"].clone() } else { Value::Null };
        create_key(&owner, json!({ "name": format!("key {number}"), "serverId": server_id })).await;
    }
    let list = async |query: &str| {
        let list = owner.client.get(&format!("/api/api-keys{query}")).await.expect(200);
        let keys = list["apiKeys"].as_array().unwrap().iter();
        (keys.map(|key| text(key, "name").to_owned()).collect::<Vec<_>>(), list["pagination"].clone())
    };
    let all = ["key 3", "key 2", "key 1", "key 0", "Weather", "test"];
    let page = json!({ "page": 1, "limit": 20, "total": 6, "totalPages": 1 });
    assert_eq!(list("").await, (all.map(str::to_owned).to_vec(), page));
    assert_eq!(list("?limit=4&page=2").await.0, ["Weather", "test"]);
    let of_server = format!("?serverId={}", text(&server, "id"));
    assert_eq!(list(&of_server).await.0, ["key 2", "key 0", "Weather"]);
    for (query, field) in [("page=0", "page"), ("limit=101", "limit"), ("serverId=x", "serverId")] {
        assert_eq!(complaints(owner.client.get(&format!("/api/api-keys?{query}")).await), [field]);
    }
}

/// C37: that user sees it, and may do no more than read it.
async fn a_key_can_be_for_another_user_of_the_tenant(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let user = service.actor("acme", "ulli", Role::User).await;
    let made = create_key(
        &owner,
        json!({ "ownerUserId": user.user_id(), "scopes": ["server:read", "server:write"] }),
    )
    .await;
    assert_eq!((&made["ownerId"], &made["createdBy"]), (&json!(user.user_id()), &json!(owner.user_id())));
    let path = format!("/api/api-keys/{}", text(&made, "id"));
    user.client.get(&path).await.assert(200);
    user.client.delete(&path).await.assert(403);
    let client = service.client().with_key(text(&made, "key"));
    client.get("/api/servers").await.assert(200);
    client.post("/api/servers", &black_box_tests::server("Mine")).await.assert(403);
    owner.client.delete(&path).await.assert(204);
}

/// R101, A4.
async fn a_revoked_key_is_refused_at_once_and_for_good(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (made, fresh) = (create_key(&owner, json!({})).await, owner.mint(service, Scope::ALL, None).await);
    let client = service.client().with_key(text(&made, "key"));
    client.get("/api/servers").await.assert(200);
    let path = format!("/api/api-keys/{}", text(&made, "id"));
    assert!(owner.client.delete(&path).await.assert(204).bytes.is_empty());
    for _ in 0..100 {
        client.get("/api/servers").await.assert(401);
    }
    let (entries, answer) = entries_of(service, owner.client.delete(&path)).await;
    assert_eq!((entries, answer.status.as_u16()), (0, 204), "revoking again changes nothing");
    let found = owner.client.get(&path).await.expect(200);
    assert_eq!(found["status"], "revoked");
    assert!(found.get("revokedAt").is_some());
    owner.client.post_empty(&format!("{path}/rotate")).await.assert(409);
    service.registry.keys.revoke(&owner.caller, fresh.key.id).await.unwrap();
    service.client().with_key(fresh.secret.expose()).get("/api/servers").await.assert(401);
}
