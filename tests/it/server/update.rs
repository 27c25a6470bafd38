//! `GET` and `PUT /api/servers/{id}` (R67 to R73).

use black_box_tests::{Mode, Service, Upstream, on_every_store, server, server_at};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{
    complaints, entries_of, register, register_at, server_path, text, total, with, without_performance,
};

on_every_store!(
    what_is_not_said_stays,
    null_clears_a_text,
    null_clears_a_bound,
    the_status_can_be_chosen,
    a_change_from_an_old_revision_is_refused,
    changes_at_once_do_not_overwrite_each_other,
    credentials_do_not_follow_to_another_host,
    a_moved_server_is_connected_to_before_it_is_stored,
    key_and_history_stay,
    an_unknown_server_is_not_found,
);

/// R67, R69: the answer is the new record, without a key.
async fn what_is_not_said_stays(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let body = with(
        server("Weather"),
        &json!({ "description": "d", "tags": ["a"], "metadata": { "a": 1 },
        "category": "c", "isPublic": true, "settings": { "maxRetries": 5, "rateLimit": { "rpm": 9, "burst": 9 } },
        "authType": "bearer", "authConfig": { "bearerToken": "t" } }),
    );
    let made = owner.client.post("/api/servers", &body).await.expect(201);
    let path = server_path(&made);
    let mut expected = without_performance(owner.client.get(&path).await.expect(200));
    let changes = [
        json!({ "version": "2.0.0" }),
        json!({ "tags": [] }),
        json!({ "metadata": {} }),
        json!({ "isPublic": false }),
        json!({ "name": "Sky" }),
        json!({ "description": "e" }),
        json!({}),
    ];
    for (index, change) in changes.iter().enumerate() {
        let answer = owner.client.put(&path, change).await;
        let changed = answer.assert(200).json.clone();
        assert_eq!(answer.header("etag"), format!("\"{}\"", index + 2));
        assert!(changed.get("apiKey").is_none());
        expected = with(expected, change);
        for own in ["revision", "updatedAt", "slug"] {
            expected[own] = changed[own].clone();
        }
        assert_eq!(changed, expected, "{change}");
        let found = owner.client.get(&path).await;
        assert_eq!(found.header("etag"), answer.header("etag"));
        assert_eq!(without_performance(found.json), expected);
    }
    let change = json!({ "settings": { "backoffMs": 100 } });
    let settings = owner.client.put(&path, &change).await.expect(200)["settings"].clone();
    let expected = json!({ "timeoutMs": 30_000, "maxRetries": 5, "backoffMs": 100, "rateLimit": { "rpm": 9, "burst": 9 }, "toolChanges": "accept" });
    assert_eq!(settings, expected);
}

async fn null_clears_a_text(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let body = with(server("Weather"), &json!({ "description": "d", "category": "c" }));
    let path = server_path(&owner.client.post("/api/servers", &body).await.expect(201));
    let cleared = owner.client.put(&path, &json!({ "description": null })).await.expect(200);
    assert_eq!((cleared.get("description"), &cleared["category"]), (None, &json!("c")));
    let cleared = owner.client.put(&path, &json!({ "category": null })).await.expect(200);
    assert_eq!(cleared.get("category"), None);
}

async fn null_clears_a_bound(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let bounds = json!({ "rateLimit": { "rpm": 9, "burst": 9 }, "cacheTtlSeconds": 60 });
    let body = with(server("Weather"), &json!({ "settings": bounds }));
    let path = server_path(&owner.client.post("/api/servers", &body).await.expect(201));
    for bound in ["rateLimit", "cacheTtlSeconds"] {
        let kept = owner.client.put(&path, &json!({ "settings": { "maxRetries": 1 } })).await.expect(200);
        assert_eq!(kept["settings"][bound], bounds[bound]);
        let cleared = owner.client.put(&path, &json!({ "settings": { bound: null } })).await.expect(200);
        assert_eq!(cleared["settings"].get(bound), None);
        assert_eq!(owner.client.get(&path).await.expect(200)["settings"], cleared["settings"]);
    }
}

/// R68, C35.
async fn the_status_can_be_chosen(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let path = server_path(&register(&owner, "Weather").await);
    for status in ["active", "maintenance", "inactive"] {
        let changed = owner.client.put(&path, &json!({ "status": status })).await.expect(200);
        assert_eq!((&changed["status"], &changed["healthStatus"]), (&json!(status), &json!("unknown")));
    }
    assert_eq!(complaints(owner.client.put(&path, &json!({ "status": "error" })).await), ["status"]);
}

/// Invariant 10: RFC 9110 section 13.1.1.
async fn a_change_from_an_old_revision_is_refused(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let path = server_path(&register(&owner, "Weather").await);
    let (matching, change) = (|tag: &str| owner.client.with("if-match", tag), json!({ "version": "2.0.0" }));
    assert_eq!(matching("\"1\"").put(&path, &change).await.assert(200).header("etag"), "\"2\"");
    let (entries, ()) = entries_of(service, async {
        for stale in ["\"1\"", "\"3\"", "\"0\"", "2", "W/\"2\"", "\"x\"", "\"1\", \"2\"", ""] {
            matching(stale).put(&path, &json!({ "name": "Lost" })).await.assert(412);
            matching(stale).delete(&path).await.assert(412);
        }
    })
    .await;
    assert_eq!(entries, 0);
    assert_eq!(owner.client.get(&path).await.expect(200)["name"], "Weather");
    matching("*").put(&path, &change).await.assert(200);
    matching("\"3\"").delete(&path).await.assert(204);
}

async fn changes_at_once_do_not_overwrite_each_other(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let path = server_path(&register(&owner, "Weather").await);
    for round in 1..=10 {
        let client = owner.client.with("if-match", &format!("\"{round}\""));
        let (tags, metadata) =
            (json!({ "tags": [format!("t{round}")] }), json!({ "metadata": { "n": round } }));
        let (one, two) = tokio::join!(client.put(&path, &tags), client.put(&path, &metadata));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "{} {}", one.text(), two.text());
    }
}

/// R130: who may change a server need not know its credentials, and must not have them sent elsewhere.
async fn credentials_do_not_follow_to_another_host(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    upstream.set(Mode::Requires("authorization".into(), "Bearer t0ken".into()));
    let auth = json!({ "authType": "bearer", "authConfig": { "bearerToken": "t0ken" } });
    let made = owner.client.post("/api/servers", &with(server_at("Weather", &upstream.url), &auth)).await;
    let (path, seen) = (server_path(&made.expect(201)), upstream.seen().len());
    let moved = json!({ "endpointUrl": upstream.url_by_name() });
    assert_eq!(complaints(owner.client.put(&path, &moved).await), ["authConfig"]);
    let unconnected = with(moved.clone(), &json!({ "validateConnection": false }));
    assert_eq!(complaints(owner.client.put(&path, &unconnected).await), ["authConfig"]);
    assert_eq!(upstream.seen().len(), seen);
    // On the same host they stay, and are sent.
    let same = json!({ "endpointUrl": format!("{}?path=other", upstream.url) });
    owner.client.put(&path, &same).await.assert(200);
    let given = with(moved, &json!({ "authConfig": { "bearerToken": "t0ken" } }));
    owner.client.put(&path, &given).await.assert(200);
    let none = json!({ "authType": "none", "endpointUrl": upstream.url });
    owner.client.put(&path, &none).await.assert(422);
}

/// R71, R75.
async fn a_moved_server_is_connected_to_before_it_is_stored(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let path = server_path(&register_at(&owner, "Weather", &upstream).await);
    let (before, seen) = (owner.client.get(&path).await.expect(200), upstream.seen().len());
    let (entries, ()) = entries_of(service, async {
        let moved = json!({ "endpointUrl": "http://127.0.0.1:9/mcp", "name": "Moved" });
        owner.client.put(&path, &moved).await.assert(422);
        let refused = json!({ "endpointUrl": "http://169.254.169.254/", "validateConnection": false });
        owner.client.put(&path, &refused).await.assert(422);
    })
    .await;
    assert_eq!((entries, owner.client.get(&path).await.expect(200)), (0, before));
    owner.client.put(&path, &json!({ "name": "Renamed" })).await.assert(200);
    assert_eq!(upstream.seen().len(), seen, "nothing to connect for");
    let skipped = json!({ "endpointUrl": "http://127.0.0.1:9/mcp", "validateConnection": false });
    owner.client.put(&path, &skipped).await.assert(200);
}

/// R73.
async fn key_and_history_stay(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    let made = register_at(&owner, "Weather", &upstream).await;
    let path = server_path(&made);
    owner.client.put(&path, &json!({ "name": "Sky", "version": "2.0.0" })).await.assert(200);
    let found = service.client().with_key(text(&made, "apiKey")).get(&path).await.expect(200);
    assert_eq!((&found["apiKeyId"], &found["healthStatus"]), (&made["apiKeyId"], &json!("healthy")));
    assert_eq!(total(&owner.client, &format!("{path}/health")).await, 1);
}

async fn an_unknown_server_is_not_found(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let path = "/api/servers/01900000-0000-7000-8000-000000000000";
    owner.client.get(path).await.assert(404);
    owner.client.put(path, &json!({})).await.assert(404);
    owner.client.delete(path).await.assert(404);
    for odd in ["nonsense", "01900000-0000-7000-8000", "%20", "null", "weather"] {
        let answer = owner.client.get(&format!("/api/servers/{odd}")).await;
        assert_eq!(answer.status, 400, "{odd} {}", answer.text());
        assert_ne!(answer.json["details"], Value::Null);
    }
}
