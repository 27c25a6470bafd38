//! `POST /api/servers`.

use black_box_tests::{Mode, Service, Upstream, on_every_store, server, server_at};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{entries_of, register, server_path, text, total, with};

on_every_store!(
    a_server_that_answers_is_active_and_healthy,
    what_is_not_said_has_its_default,
    what_is_said_is_kept,
    the_key_is_shown_once_and_calls_this_server_only,
    a_server_that_does_not_answer_is_refused_and_not_stored,
    a_refused_connection_names_the_endpoint,
    without_connecting_it_is_inactive,
    credentials_are_sent_when_it_is_connected_to,
    only_administrators_register_for_everybody,
    an_administrator_registers_for_another_tenant,
);

/// R10, R48 to R51, C41.
async fn a_server_that_answers_is_active_and_healthy(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let answer = owner.client.post("/api/servers", &server_at("Weather", &upstream.url)).await;
    let made = answer.assert(201).json.clone();
    assert_eq!(answer.header("location"), server_path(&made));
    assert_eq!(answer.header("etag"), "\"1\"");
    let expected = json!({ "name": "Weather", "version": "1.0.0", "endpointUrl": upstream.url,
        "transportType": "http", "authType": "none", "status": "active", "healthStatus": "healthy",
        "tenantId": owner.tenant_id(), "ownerId": owner.user_id(), "revision": 1 });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    for time in ["createdAt", "updatedAt", "lastHealthCheck"] {
        assert!(chrono::DateTime::parse_from_rfc3339(text(&made, time)).is_ok(), "{made}");
    }
    assert!(upstream.seen().iter().any(|seen| seen.body.windows(10).any(|part| part == b"tools/list")));
}

/// R45, R41, and the table of defaults.
async fn what_is_not_said_has_its_default(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = register(&owner, "Plain").await;
    let expected = json!({ "isPublic": false, "tags": [], "metadata": {}, "autoHealthCheck": true,
        "healthCheckInterval": 300, "healthCheckTimeout": 10, "healthCheckFailures": 0, "schemaVersion": 1,
        "settings": { "timeoutMs": 30_000, "maxRetries": 2, "backoffMs": 500, "toolChanges": "accept" } });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    for absent in ["description", "category", "lastHealthCheck", "lastErrorMessage", "authConfig"] {
        assert!(made.get(absent).is_none(), "{absent} in {made}");
    }
}

/// R25 to R42: every field comes back as it was given, trimmed.
async fn what_is_said_is_kept(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let kept = json!({ "description": "Says what the weather is.\nÄöü ☂", "version": "2.1.0-rc.1+b7",
        "endpointUrl": "https://weather.example/mcp?region=eu", "transportType": "http", "category": "Weather",
        "metadata": { "team": "sky", "n": 1, "deep": { "list": [1, "a", null] } }, "isPublic": true,
        "settings": { "timeoutMs": 5_000, "maxRetries": 0, "backoffMs": 100, "cacheTtlSeconds": 60,
            "rateLimit": { "rpm": 60, "burst": 10 }, "toolChanges": "hold" },
        "autoHealthCheck": false, "healthCheckInterval": 60, "healthCheckTimeout": 30, "healthCheckRetries": 3,
        "alertThreshold": 5 });
    let tags = json!({ "tags": ["b_2", "a-1", "a-1"], "name": "  Kept Server_1 " });
    let made = owner.client.post("/api/servers", &with(with(server("x"), &kept), &tags)).await.expect(201);
    let found = owner.client.get(&server_path(&made)).await.expect(200);
    for (field, value) in kept.as_object().unwrap() {
        assert_eq!((&made[field], &found[field]), (value, value), "{field}");
    }
    assert_eq!(found["name"], "Kept Server_1");
    assert_eq!(found["slug"], "kept-server-1");
    assert_eq!(found["tags"], json!(["a-1", "b_2"]));
}

/// R51, R107, C10, C36.
async fn the_key_is_shown_once_and_calls_this_server_only(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (made, other) = (register(&owner, "One").await, register(&owner, "Other").await);
    let key = text(&made, "apiKey");
    let random = key.strip_prefix("mcp_").expect("the prefix");
    assert!(random.len() == 60 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let found = owner.client.get(&server_path(&made)).await.expect(200);
    assert!(found.get("apiKey").is_none());
    let record = owner.client.get(&format!("/api/api-keys/{}", text(&found, "apiKeyId"))).await.expect(200);
    assert_eq!(record["scopes"], json!(["server:read", "mcp:invoke"]));
    assert_eq!((&record["serverId"], &record["keyPrefix"]), (&found["id"], &json!(&key[..8])));
    let client = service.client().with_key(key);
    client.get(&server_path(&made)).await.assert(200);
    client.get(&server_path(&other)).await.assert(404);
    client.put(&server_path(&made), &json!({ "description": "x" })).await.assert(403);
}

/// R52, C19.
async fn a_server_that_does_not_answer_is_refused_and_not_stored(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let closed = server_at("Closed", "http://127.0.0.1:9/mcp");
    let body = with(server_at("Bad", &upstream.url), &json!({ "healthCheckTimeout": 1 }));
    let (entries, ()) = entries_of(service, async {
        owner.client.post("/api/servers", &closed).await.assert(422);
        for mode in
            [Mode::Status(500), Mode::Status(404), Mode::Requires("x-a".into(), "b".into()), Mode::Silent]
        {
            upstream.set(mode);
            owner.client.post("/api/servers", &body).await.assert(422);
        }
    })
    .await;
    assert_eq!(entries, 0);
    assert_eq!(total(&owner.client, "/api/servers").await, 0);
    assert_eq!(total(&owner.client, "/api/api-keys").await, 1, "only the owner's own key");
}

/// R166: the error says which field, and why.
async fn a_refused_connection_names_the_endpoint(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let body = server_at("Closed", "http://127.0.0.1:9/mcp");
    let details = owner.client.post("/api/servers", &body).await.details(422);
    assert!(!text(&details, "endpointUrl").is_empty());
    assert_eq!(details["reason"], "UNREACHABLE");
    // Also when it is not to be connected to: an address that is refused never gets in (S4).
    let body = with(server("Metadata"), &json!({ "endpointUrl": "http://169.254.169.254/latest" }));
    let details = owner.client.post("/api/servers", &body).await.details(422);
    assert_eq!(details["reason"], "REFUSED_ADDRESS");
}

/// C19.
async fn without_connecting_it_is_inactive(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let body = with(server_at("Later", &upstream.url), &json!({ "validateConnection": false }));
    let made = owner.client.post("/api/servers", &body).await.expect(201);
    assert_eq!((&made["status"], &made["healthStatus"]), (&json!("inactive"), &json!("unknown")));
    assert!(upstream.seen().is_empty());
}

/// R87, R184.
async fn credentials_are_sent_when_it_is_connected_to(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let cases = [
        ("bearer", json!({ "bearerToken": "t0ken" }), ("authorization", "Bearer t0ken")),
        ("api_key", json!({ "apiKey": "k" }), ("x-api-key", "k")),
        ("api_key", json!({ "apiKey": "k", "apiKeyHeader": "X-Other" }), ("x-other", "k")),
        ("custom", json!({ "custom": { "X-Team": "sky" } }), ("x-team", "sky")),
    ];
    for (index, (auth_type, config, (header, value))) in cases.into_iter().enumerate() {
        upstream.set(Mode::Requires(header.to_owned(), value.to_owned()));
        let auth = json!({ "authType": auth_type, "authConfig": config });
        let body = with(server_at(&format!("Server {index}"), &upstream.url), &auth);
        let made = owner.client.post("/api/servers", &body).await.expect(201);
        assert_eq!(made["authType"], auth_type);
        assert!(made.get("authConfig").is_none());
    }
}

/// R136, R137, R142, C32.
async fn only_administrators_register_for_everybody(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let global = |name: &str| {
        let mut body = server(name);
        body["tenantId"] = Value::Null;
        body
    };
    owner.client.post("/api/servers", &global("Mine")).await.assert(403);
    let foreign = with(server("Mine"), &json!({ "tenantId": admin.tenant_id() }));
    owner.client.post("/api/servers", &foreign).await.assert(403);
    let own = with(server("Mine"), &json!({ "tenantId": owner.tenant_id() }));
    owner.client.post("/api/servers", &own).await.assert(201);
    let made = admin.client.post("/api/servers", &global("Everybody's")).await;
    assert_eq!(made.status, 400, "an apostrophe");
    let made = admin.client.post("/api/servers", &global("For all")).await.expect(201);
    assert_eq!(made["tenantId"], Value::Null);
    assert!(made.as_object().unwrap().contains_key("tenantId"));
}

/// R136, R140: the key of the new server works, whichever tenant it is in.
async fn an_administrator_registers_for_another_tenant(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let body = with(server("Given"), &json!({ "tenantId": owner.tenant_id() }));
    let made = admin.client.post("/api/servers", &body).await.expect(201);
    assert_eq!(made["tenantId"], owner.tenant_id());
    owner.client.get(&server_path(&made)).await.assert(200);
    service.client().with_key(text(&made, "apiKey")).get(&server_path(&made)).await.assert(200);
    let nobody = with(server("Lost"), &json!({ "tenantId": "01900000-0000-7000-8000-000000000000" }));
    let details = admin.client.post("/api/servers", &nobody).await.details(400);
    assert!(details.get("tenantId").is_some(), "{details}");
}
