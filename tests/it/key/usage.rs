//! `GET /api/api-keys/{id}/usage` (R103, R114, R115, R120).

use std::time::Duration;

use black_box_tests::{Service, eventually, on_every_store};
use registry_core::model::role::Role;
use serde_json::json;

use crate::support::{create_key, text};

on_every_store!(use_is_counted_within_two_seconds, counts_survive_rotation);

async fn use_is_counted_within_two_seconds(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = create_key(&owner, json!({})).await;
    let (usage, client) =
        (format!("/api/api-keys/{}/usage", text(&made, "id")), service.client().with_key(text(&made, "key")));
    let unused = owner.client.get(&usage).await.expect(200);
    let none = json!({ "client": 0, "upstream": 0, "timeout": 0, "limited": 0, "gateway": 0 });
    let nothing = json!({ "requests": 0, "errors": 0, "errorsByKind": none, "bytesTransferred": 0, "bytesIn": 0,
        "bytesOut": 0 });
    assert_eq!(unused, nothing);
    for _ in 0..7 {
        client.get("/api/servers").await.assert(200);
    }
    // What is refused for its scope was a valid key's use too.
    client.get("/api/api-keys").await.assert(403);
    let counted = eventually("the use is counted", Duration::from_secs(2), async || {
        let usage = owner.client.get(&usage).await.expect(200);
        (usage["requests"] == 8).then_some(usage)
    })
    .await;
    assert_eq!((&counted["lastUsedIp"], counted.get("responseTimes")), (&json!("127.0.0.1"), None));
    assert!(chrono::DateTime::parse_from_rfc3339(text(&counted, "lastUsed")).is_ok());
}

async fn counts_survive_rotation(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = create_key(&owner, json!({})).await;
    let path = format!("/api/api-keys/{}", text(&made, "id"));
    service.client().with_key(text(&made, "key")).get("/api/servers").await.assert(200);
    let rotated = owner.client.post_empty(&format!("{path}/rotate")).await.expect(200);
    service.client().with_key(text(&rotated, "key")).get("/api/servers").await.assert(200);
    service.client().with_key(text(&made, "key")).get("/api/servers").await.assert(401);
    service.registry.usage.flush(true).await.unwrap();
    assert_eq!(owner.client.get(&format!("{path}/usage")).await.expect(200)["requests"], 2);
}
