//! What is refused, everywhere alike: in a registration, in its validation, in a change.

use black_box_tests::{Service, on_every_store, server};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::{bounds, fields};
use crate::support::{complaints, entries_of, register, server_path, total, with};

on_every_store!(
    a_wrong_value_is_refused_by_its_field,
    a_change_refuses_the_same,
    all_problems_are_told_at_once,
    values_at_their_bounds_are_accepted,
);

/// R25 to R42, C15 to C19, R160.
async fn a_wrong_value_is_refused_by_its_field(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (entries, ()) = entries_of(service, async {
        for (patch, field) in fields::wrong().into_iter().chain(fields::wrong_when_new()) {
            let body = with(server("Valid"), &patch);
            for path in ["/api/servers", "/api/servers/validate"] {
                // Whose it is to be and its state are no part of a description to validate.
                if path.ends_with("validate") && field == "tenantId" {
                    continue;
                }
                let found = complaints(owner.client.post(path, &body).await);
                assert_eq!(found, [field], "{path} {}", shorten(&patch));
            }
        }
    })
    .await;
    assert_eq!(entries, 0);
    assert_eq!(total(&owner.client, "/api/servers").await, 0);
}

/// R70.
async fn a_change_refuses_the_same(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let server = register(&owner, "Valid").await;
    let path = server_path(&server);
    let before = owner.client.get(&path).await.expect(200);
    let (entries, ()) = entries_of(service, async {
        let status = ["error", "", "ACTIVE", "retired"].map(|status| (json!({ "status": status }), "status"));
        for (patch, field) in fields::wrong().into_iter().chain(status) {
            let found = complaints(owner.client.put(&path, &patch).await);
            assert_eq!(found, [field], "{}", shorten(&patch));
        }
    })
    .await;
    assert_eq!(entries, 0);
    assert_eq!(owner.client.get(&path).await.expect(200), before);
}

/// R160: who has ten problems learns of ten.
async fn all_problems_are_told_at_once(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let body = json!({ "name": "", "description": "d".repeat(501), "version": "1", "transportType": "pigeon",
        "authType": "magic", "tags": ["a b"], "category": "c".repeat(51), "metadata": { "a": "\u{0}" },
        "settings": { "timeoutMs": 1, "maxRetries": 11, "rateLimit": { "rpm": 0, "burst": 0 } },
        "healthCheckInterval": 1, "alertThreshold": 0, "status": "active" });
    let mut found = complaints(owner.client.post("/api/servers", &body).await);
    found.sort();
    let expected = [
        "alertThreshold",
        "authType",
        "category",
        "description",
        "healthCheckInterval",
        "metadata",
        "name",
        "settings.maxRetries",
        "settings.rateLimit.burst",
        "settings.rateLimit.rpm",
        "settings.timeoutMs",
        "status",
        "tags",
        "transportType",
        "version",
    ];
    assert_eq!(found, expected);
}

async fn values_at_their_bounds_are_accepted(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let tags: Vec<_> = (0..10).map(|n| format!("{n}{}", "t".repeat(49))).collect();
    let texts = [
        json!({ "name": "n" }),
        json!({ "name": "N".repeat(100) }),
        json!({ "name": " -_ " }),
        json!({ "description": "☂".repeat(500) }),
        json!({ "description": "" }),
        json!({ "category": "c".repeat(50) }),
        json!({ "version": "0.0.0" }),
        json!({ "version": "1.2.3-rc.1+build.5" }),
        json!({ "tags": tags }),
        json!({ "endpointUrl": "http://127.0.0.1:9/päth?q=ü" }),
        json!({ "metadata": { "a": "m".repeat(16_000) } }),
        json!({ "transportType": "websocket", "endpointUrl": "ws://127.0.0.1:9/" }),
        json!({ "transportType": "sse" }),
        json!({ "authType": "oauth" }),
        json!({ "authType": "bearer", "authConfig": { "bearerToken": "t".repeat(8192) } }),
    ];
    for patch in texts {
        let made = owner.client.post("/api/servers", &with(server("Valid"), &patch)).await;
        assert_eq!(made.status, 201, "{} {}", shorten(&patch), made.text());
        owner.client.delete(&server_path(&made.json)).await.assert(204);
    }
    for (patch, field, value) in bounds::right() {
        let made = owner.client.post("/api/servers", &with(server("Valid"), &patch)).await.expect(201);
        let found = field.split('.').fold(&made, |value, name| &value[name]);
        assert_eq!(found, value, "{field}");
        owner.client.delete(&server_path(&made)).await.assert(204);
    }
}

fn shorten(patch: &Value) -> String {
    patch.to_string().chars().take(200).collect()
}
