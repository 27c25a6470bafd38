//! What is accepted as a credential (R112, R113, A1, A2).

use black_box_tests::{Answer, Service, on_every_store};
use chrono::{DateTime, Utc};
use futures::future::join_all;
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{create_key, text};

on_every_store!(
    refused_keys_all_look_the_same,
    a_key_is_taken_from_either_header,
    odd_credentials_are_refused,
    a_key_that_ends_while_it_is_checked_stays_ended,
);

/// What of an answer may not tell one refused key from another.
fn look(answer: Answer) -> (u16, Value, Vec<(String, String)>) {
    let mut body = answer.json.clone();
    body["timestamp"].take();
    let own = ["date", "x-request-id"];
    let headers = answer.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (answer.status.as_u16(), body, headers.collect())
}

/// A2.
async fn refused_keys_all_look_the_same(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (revoked, expired) =
        (create_key(&owner, json!({})).await, create_key(&owner, json!({ "expiresInDays": 1 })).await);
    let rotated = create_key(&owner, json!({})).await;
    for key in [&revoked, &expired, &rotated] {
        service.client().with_key(text(key, "key")).get("/api/servers").await.assert(200);
    }
    owner.client.delete(&format!("/api/api-keys/{}", text(&revoked, "id"))).await.assert(204);
    owner.client.post_empty(&format!("/api/api-keys/{}/rotate", text(&rotated, "id"))).await.assert(200);
    let end: DateTime<Utc> = DateTime::parse_from_rfc3339(text(&expired, "expiresAt")).unwrap().into();
    service.clock.set(end);
    let unknown = format!("mcp_{}", "a".repeat(60));
    let keys = [
        text(&revoked, "key").to_owned(),
        text(&expired, "key").to_owned(),
        text(&rotated, "key").to_owned(),
        "mcp_".to_owned(),
        "mcp_short".to_owned(),
        format!("mcp_{}", "a".repeat(61)),
        format!("mcp_{}", "-".repeat(60)),
        format!("mcp_{}", "a".repeat(2_000)),
        text(&revoked, "key").to_uppercase().replacen("MCP_", "mcp_", 1),
    ];
    for path in ["/api/servers", "/api/audit-logs", "/api/servers/01900000-0000-7000-8000-000000000000"] {
        let expected = look(service.client().with_key(&unknown).get(path).await);
        assert_eq!((expected.0, expected.1["code"].as_str()), (401, Some("UNAUTHORIZED")));
        for key in &keys {
            assert_eq!(look(service.client().with_key(key).get(path).await), expected, "{key}");
        }
        // Only a wrong prefix is told, as R112 wants; no more than its message differs.
        let (status, mut body, _) = look(service.client().with_key("sk-123").get(path).await);
        assert!(text(&body, "error").starts_with("Invalid API key format"), "{body}");
        body["error"] = expected.1["error"].clone();
        assert_eq!((status, body), (401, expected.1));
    }
}

async fn a_key_is_taken_from_either_header(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (client, key) = (service.client(), owner.secret());
    client.with("x-api-key", key).get("/api/servers").await.assert(200);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        client.with("authorization", &format!("{scheme} {key}")).get("/api/servers").await.assert(200);
    }
    let both = client.with_key(key).with("x-api-key", key);
    both.get("/api/servers").await.assert(200);
}

/// A2: never an anonymous fallback, and never a choice between two.
async fn odd_credentials_are_refused(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (client, key) = (service.client(), owner.secret().to_owned());
    let other = create_key(&owner, json!({})).await;
    let other = text(&other, "key");
    let odd = [
        client.clone(),
        client.with("authorization", ""),
        client.with("authorization", "Bearer"),
        client.with("authorization", "Bearer "),
        client.with("authorization", &key),
        client.with("authorization", &format!("Basic {key}")),
        client.with("authorization", &format!("Bearer {key} {key}")),
        client.with("authorization", &format!("Bearer {key},{key}")),
        client.with("x-api-key", ""),
        client.with_key(&key).with("x-api-key", other),
        client.with_key(other).with("x-api-key", &key),
        client.with_key(&key).with("x-api-key", ""),
        client.with_key(&key).with("authorization", &format!("Bearer {other}")),
        client.with("x-api-key", &key).with("x-api-key", other),
        client.with("cookie", &format!("key={key}; session={key}")),
    ];
    for (index, client) in odd.iter().enumerate() {
        let answer = client.get("/api/servers").await;
        assert_eq!(answer.status, 401, "{index}: {}", answer.text());
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        let in_query = client.get(&format!("/api/servers?access_token={key}&api_key={key}")).await;
        assert_eq!(in_query.status, 401, "{index}");
    }
}

/// A4, A5: 200 checks at once, while the key is revoked; none that starts after the answer is accepted.
async fn a_key_that_ends_while_it_is_checked_stays_ended(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    for _ in 0..5 {
        let made = create_key(&owner, json!({})).await;
        let client = service.client().with_key(text(&made, "key"));
        let path = format!("/api/api-keys/{}", text(&made, "id"));
        let checks = join_all((0..200).map(|_| client.get("/api/servers")));
        let revoke = async {
            owner.client.delete(&path).await.assert(204);
            join_all((0..20).map(|_| client.get("/api/servers"))).await
        };
        let (during, after) = tokio::join!(checks, revoke);
        assert!(during.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 401)));
        assert!(after.iter().all(|answer| answer.status == 401), "accepted after it was revoked");
        for answer in join_all((0..50).map(|_| client.get("/api/servers"))).await {
            answer.assert(401);
        }
    }
}
