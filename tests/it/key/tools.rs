//! Keys that are narrowed to tools: how they are made, changed, shown and audited; A8 for their tools.

use black_box_tests::{Service, on_every_store, server};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{complaints, create_key, entries_of, text, with};

on_every_store!(
    a_key_is_narrowed_to_tools_and_widened_again,
    what_is_no_list_of_tools_is_refused,
    a8_a_narrowed_key_gives_no_tool_that_it_lacks,
    a8_a_narrowed_key_does_not_get_round_its_tools,
);

async fn a_key_is_narrowed_to_tools_and_widened_again(service: &Service) {
    let admin = service.actor("acme", "anna", Role::Admin).await;
    let made = create_key(&admin, json!({ "tools": ["get_*", "echo", "echo"] })).await;
    assert_eq!(made["tools"], json!(["echo", "get_*"]));
    let path = format!("/api/api-keys/{}", text(&made, "id"));
    for (change, tools) in [
        (json!({ "name": "phone" }), Some(json!(["echo", "get_*"]))),
        (json!({ "tools": ["wetter/ä.b"] }), Some(json!(["wetter/ä.b"]))),
        (json!({ "tools": null }), None),
        (json!({ "tools": ["*"] }), Some(json!(["*"]))),
    ] {
        let changed = admin.client.patch(&path, &change).await.expect(200);
        assert_eq!(changed.get("tools"), tools.as_ref(), "{change}");
        assert_eq!(admin.client.get(&path).await.expect(200), changed);
    }
    let rotated = admin.client.post_empty(&format!("{path}/rotate")).await.expect(200);
    assert_eq!(rotated["tools"], json!(["*"]), "a rotation keeps them");
    let logs = admin.client.get("/api/audit-logs?limit=100").await.expect(200);
    let metadata: Vec<_> = logs["entries"].as_array().unwrap().iter().map(|log| &log["metadata"]).collect();
    let is_told = |wanted: &dyn Fn(&Value) -> bool| metadata.iter().any(|metadata| wanted(metadata));
    assert!(is_told(&|metadata| metadata["tools"] == json!(["echo", "get_*"])), "{metadata:?}");
    let widened = |metadata: &Value| {
        metadata["before"]["tools"] == json!(["wetter/ä.b"]) && metadata["after"]["tools"] == Value::Null
    };
    assert!(is_told(&widened), "{metadata:?}");
}

async fn what_is_no_list_of_tools_is_refused(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = create_key(&owner, json!({})).await;
    let path = format!("/api/api-keys/{}", text(&made, "id"));
    let (entries, ()) = entries_of(service, async {
        for tools in [
            json!([]),
            json!([""]),
            json!(["a b"]),
            json!(["*a"]),
            json!(["a*b"]),
            json!(["**"]),
            json!(["x".repeat(129)]),
            json!(vec!["a"; 101]),
            json!([1]),
            json!("echo"),
        ] {
            let body = json!({ "name": "test", "tools": tools });
            assert_eq!(complaints(owner.client.post("/api/api-keys", &body).await).len(), 1, "{tools}");
            assert_eq!(complaints(owner.client.patch(&path, &json!({ "tools": tools })).await).len(), 1);
        }
    })
    .await;
    assert_eq!(entries, 0);
}

async fn a8_a_narrowed_key_gives_no_tool_that_it_lacks(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let scopes = json!(["server:read", "keys:manage", "mcp:invoke"]);
    let own = create_key(&owner, json!({ "scopes": scopes, "tools": ["echo", "get_*"] })).await;
    let wide = create_key(&owner, json!({ "scopes": ["mcp:invoke"] })).await;
    let client = service.client().with_key(text(&own, "key"));
    let create = async |tools: &Value| {
        let body = with(json!({ "name": "test", "scopes": ["mcp:invoke"] }), &json!({ "tools": tools }));
        client.post("/api/api-keys", &body).await.status.as_u16()
    };
    let paths = [&own, &wide].map(|key| format!("/api/api-keys/{}", text(key, "id")));
    let (entries, ()) = entries_of(service, async {
        for tools in [json!(null), json!(["*"]), json!(["echo", "put"]), json!(["ge*"]), json!(["echo*"])] {
            assert_eq!(create(&tools).await, 403, "{tools}");
            client.patch(&paths[0], &json!({ "tools": tools })).await.assert(403);
            client
                .patch(&paths[1], &json!({ "tools": tools, "name": "x" }))
                .await
                .assert(if tools.is_null() { 200 } else { 403 });
        }
        client.post_empty(&format!("{}/rotate", paths[1])).await.assert(403);
        client.patch(&paths[1], &json!({ "scopes": ["server:read"] })).await.assert(403);
    })
    .await;
    assert_eq!(entries, 1, "a key that calls every tool got a name, and nothing else");
    assert_eq!(create(&json!(["get_a*", "echo"])).await, 201);
    client.patch(&paths[0], &json!({ "tools": ["echo"] })).await.assert(200);
    client.patch(&paths[0], &json!({ "tools": ["echo", "get_*"] })).await.assert(403);
}

/// What a registration makes is a key too, and who manages users could sign in as one.
async fn a8_a_narrowed_key_does_not_get_round_its_tools(service: &Service) {
    let admin = service.actor("acme", "anna", Role::Admin).await;
    let narrowed = create_key(
        &admin,
        json!({ "scopes": ["server:read", "server:write", "users:manage"], "tools": ["echo"] }),
    )
    .await;
    let client = service.client().with_key(text(&narrowed, "key"));
    let made = client.post("/api/servers", &server("One")).await.expect(201);
    let key = format!("/api/api-keys/{}", text(&made, "apiKeyId"));
    assert_eq!(admin.client.get(&key).await.expect(200)["tools"], json!(["echo"]));
    for path in ["/api/users", "/api/tenants"] {
        client.get(path).await.assert(403);
    }
}
