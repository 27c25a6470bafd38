//! Errors: one shape, whatever went wrong (R159 to R166). The client asserts the shape of each.

use black_box_tests::{Answer, Client, Service, on_every_store, server};
use bytes::Bytes;
use http::{Method, Request};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{complaints, entries_of, register, server_path, text, with};

on_every_store!(what_a_body_may_not_set_is_not_set, a_change_cannot_set_what_it_may_not);

/// An administrator's client of a service in memory: what is tested here happens before any store.
async fn service() -> (Service, Client) {
    let service = Service::start(black_box_tests::StoreKind::Memory).await;
    let client = service.admin().await.client;
    (service, client)
}

async fn post(client: &Client, content_type: Option<&str>, body: impl Into<Bytes>) -> Answer {
    let mut request = Request::post("/api/servers");
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    client.checked(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let (service, client) = service().await;
    for path in [
        "/nothing",
        "/api",
        "/api/",
        "/api/nothing",
        "/api/servers/",
        "/api/servers/a/b/c",
        "/api/Servers",
        "/api/servers/01900000-0000-7000-8000-000000000000/nothing",
    ] {
        client.get(path).await.assert(404);
        service.client().get(path).await.assert(404);
    }
    service.stop().await;
}

/// RFC 9110 section 15.5.6.
#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let (service, client) = service().await;
    let id = "01900000-0000-7000-8000-000000000000";
    let cases = [
        (Method::PUT, "/api/servers".to_owned(), "GET, HEAD, POST"),
        (Method::DELETE, "/api/servers".to_owned(), "GET, HEAD, POST"),
        (Method::GET, "/api/servers/test".to_owned(), "POST"),
        (Method::DELETE, "/api/servers/validate".to_owned(), "POST"),
        (Method::PATCH, format!("/api/servers/{id}"), "DELETE, GET, HEAD, PUT"),
        (Method::PUT, format!("/api/servers/{id}/health"), "GET, HEAD, POST"),
        (Method::PUT, format!("/api/api-keys/{id}"), "DELETE, GET, HEAD, PATCH"),
        (Method::POST, "/api/audit-logs".to_owned(), "GET, HEAD"),
        (Method::POST, "/api/health".to_owned(), "GET, HEAD"),
        (Method::POST, "/api/openapi.json".to_owned(), "GET, HEAD"),
    ];
    for (method, path, allowed) in cases {
        let answer = client.call(method.clone(), &path, None).await;
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
    }
    service.stop().await;
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let (service, client) = service().await;
    let deep = format!("{{\"metadata\":{}{}}}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    let bodies: [&[u8]; 10] = [
        b"",
        b"{",
        b"name=x",
        b"[]",
        b"null",
        b"\"text\"",
        b"{} trailing",
        b"{\"name\":\"\xff\"}",
        b"{\"name\": NaN}",
        deep.as_bytes(),
    ];
    for body in bodies {
        let answer = post(&client, Some("application/json"), body.to_vec()).await;
        assert_eq!(answer.status, 400, "{:?} {}", body.get(..20), answer.text());
    }
    let twice = br#"{"name":"a","name":"b","version":"1.0.0","endpointUrl":"http://127.0.0.1:9/"}"#;
    post(&client, Some("application/json"), twice.to_vec()).await.assert(400);
    service.stop().await;
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let (service, client) = service().await;
    let body = server("Weather").to_string();
    for content_type in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("text/json"), Some("")]
    {
        let answer = post(&client, content_type, body.clone()).await;
        assert_eq!(answer.status, 415, "{content_type:?} {}", answer.text());
    }
    let answer = post(&client, Some("application/json; charset=utf-8"), body).await;
    answer.assert(201);
    service.stop().await;
}

/// O2.
#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let (service, client) = service().await;
    let large = with(server("Weather"), &json!({ "description": "d".repeat(1024 * 1024) })).to_string();
    post(&client, Some("application/json"), large).await.assert(413);
    let fits = with(server("Weather"), &json!({ "other": "d".repeat(1000 * 1024) })).to_string();
    post(&client, Some("application/json"), fits).await.assert(201);
    service.stop().await;
}

#[tokio::test]
async fn a_path_or_query_that_does_not_parse_is_refused() {
    let (service, client) = service().await;
    for path in [
        "/api/servers/x",
        "/api/servers/x/health",
        "/api/api-keys/x",
        "/api/api-keys/x/usage",
        "/api/servers/01900000-0000-7000-8000-00000000000",
        "/api/servers?page=x",
        "/api/audit-logs?from=x",
    ] {
        assert_eq!(complaints(client.get(path).await).len(), 1, "{path}");
    }
    // What is not known is ignored, as HTTP clients expect.
    client.get("/api/servers?unknown=1").await.assert(200);
    service.stop().await;
}

/// R126: an id that is harmless is echoed, on errors too; others are replaced.
#[tokio::test]
async fn each_answer_names_its_request() {
    let (service, client) = service().await;
    for path in ["/api/servers", "/api/nothing", "/api/servers/x", "/api/health"] {
        assert_eq!(client.with("x-request-id", "r-1").get(path).await.header("x-request-id"), "r-1");
        for odd in ["a b", "<script>", "\"", &"r".repeat(65)] {
            let answer = client.with("x-request-id", odd).get(path).await;
            assert_ne!(answer.header("x-request-id"), odd);
        }
        let (one, two) = (client.get(path).await, client.get(path).await);
        assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
    }
    service.stop().await;
}

/// A3.
async fn what_a_body_may_not_set_is_not_set(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let other = service.actor("other", "otto", Role::ServerOwner).await;
    let id = "01900000-0000-7000-8000-000000000001";
    let forged = json!({ "id": id, "ownerId": other.user_id(), "apiKey": format!("mcp_{}", "a".repeat(60)),
        "apiKeyId": id, "healthStatus": "healthy", "revision": 99, "createdAt": "2000-01-01T00:00:00Z",
        "slug": "other", "schemaVersion": 7, "healthCheckFailures": 5 });
    let made = owner.client.post("/api/servers", &with(server("Weather"), &forged)).await.expect(201);
    for (field, value) in forged.as_object().unwrap() {
        assert_ne!(&made[field], value, "{field}");
    }
    assert_eq!(made["ownerId"], owner.user_id());
    owner
        .client
        .post("/api/servers", &with(server("Foreign"), &json!({ "tenantId": other.tenant_id() })))
        .await
        .assert(403);
    owner
        .client
        .post("/api/servers", &with(server("Active"), &json!({ "status": "active" })))
        .await
        .assert(400);
    let forged = json!({ "name": "test", "id": id, "tenantId": other.tenant_id(), "ownerId": other.user_id(),
        "createdBy": other.user_id(), "role": "admin", "key": format!("mcp_{}", "a".repeat(60)), "keyPrefix": "mcp_aaaa",
        "expiresAt": "2100-01-01T00:00:00Z", "status": "revoked", "rotationCount": 9 });
    let key = owner.client.post("/api/api-keys", &forged).await.expect(201);
    for (field, value) in forged.as_object().unwrap().iter().filter(|(field, _)| *field != "name") {
        assert_ne!(key.get(field), Some(value), "{field}");
    }
    assert_eq!((&key["ownerId"], &key["tenantId"]), (&json!(owner.user_id()), &json!(owner.tenant_id())));
}

/// A3.
async fn a_change_cannot_set_what_it_may_not(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let other = service.actor("other", "otto", Role::ServerOwner).await;
    let made = register(&owner, "Weather").await;
    let path = server_path(&made);
    let forged = json!({ "id": "01900000-0000-7000-8000-000000000001", "ownerId": other.user_id(),
        "tenantId": other.tenant_id(), "healthStatus": "healthy", "apiKeyId": null, "revision": 99 });
    let changed = owner.client.put(&path, &forged).await.expect(200);
    for field in ["id", "ownerId", "tenantId", "healthStatus", "apiKeyId"] {
        assert_eq!(changed[field], made[field], "{field}");
    }
    // Nor does null make it everybody's.
    let changed = owner.client.put(&path, &json!({ "tenantId": Value::Null })).await.expect(200);
    assert_eq!(changed["tenantId"], made["tenantId"]);
    let key = format!("/api/api-keys/{}", text(&made, "apiKeyId"));
    let before = owner.client.get(&key).await.expect(200);
    let forged = json!({ "serverId": null, "ownerUserId": other.user_id(), "tenantId": other.tenant_id(),
        "expiresInDays": 365, "expiresAt": "2100-01-01T00:00:00Z", "status": "active", "key": "mcp_x" });
    let (entries, changed) = entries_of(service, owner.client.patch(&key, &forged)).await;
    let changed = changed.expect(200);
    assert_eq!(entries, 1);
    let own = json!({ "revision": null, "updatedAt": null });
    assert_eq!(with(changed, &own), with(before, &own));
}
