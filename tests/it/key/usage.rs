//! `GET /api/api-keys/{id}/usage` (R103, R114, R115, R120).

use std::time::Duration;

use black_box_tests::{Client, Service, Upstream, eventually, on_every_store, server_at};
use chrono::TimeDelta;
use registry_core::clock::Clock as _;
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use crate::support::{complaints, create_key, initialize, register, text};

on_every_store!(
    use_is_counted_within_two_seconds,
    counts_survive_rotation,
    lists_tell_when_keys_were_last_used,
    use_is_told_by_hour_and_day,
    equal_slots_make_up_the_use,
    use_follows_the_time_and_is_forgotten,
    every_problem_of_a_range_is_told_at_once,
    t4_use_over_time_is_told_to_who_manages_the_key,
);

fn usage_of(key: &Value) -> String {
    format!("/api/api-keys/{}/usage", text(key, "id"))
}

/// Stores what was counted.
async fn flush(service: &Service) {
    service.registry.usage.flush(true).await.unwrap();
}

fn requests(point: &Value) -> u64 {
    point["requests"].as_u64().unwrap()
}

/// What all points of a trend have together.
fn in_points(trend: &Value) -> u64 {
    trend["points"].as_array().unwrap().iter().map(requests).sum()
}

/// Uses the key so often.
async fn use_key(service: &Service, key: &Value, times: usize) {
    let client = service.client().with_key(text(key, "key"));
    for _ in 0..times {
        client.get("/api/servers").await.assert(200);
    }
    flush(service).await;
}

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

async fn lists_tell_when_keys_were_last_used(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (used, unused) = (create_key(&owner, json!({})).await, create_key(&owner, json!({})).await);
    assert_eq!(used.get("lastUsedAt"), None);
    use_key(service, &used, 2).await;
    let last = owner.client.get(&usage_of(&used)).await.expect(200)["lastUsed"].clone();
    assert!(last.is_string());
    let list = owner.client.get("/api/api-keys").await.expect(200);
    let listed = |made: &Value| {
        let keys = list["apiKeys"].as_array().unwrap();
        keys.iter().find(|key| key["id"] == made["id"]).unwrap().get("lastUsedAt")
    };
    assert_eq!((listed(&used), listed(&unused)), (Some(&last), None), "{list}");
    let path = format!("/api/api-keys/{}", text(&used, "id"));
    assert_eq!(owner.client.get(&path).await.expect(200)["lastUsedAt"], last);
    let changed = owner.client.patch(&path, &json!({ "name": "changed" })).await.expect(200);
    assert_eq!(changed.get("lastUsedAt"), None, "answers to changes do not tell");
    let all = service.admin().await.client.get("/api/api-keys").await.expect(200);
    assert!(all["apiKeys"].as_array().unwrap().iter().any(|key| key["lastUsedAt"] == last), "{all}");
}

async fn use_is_told_by_hour_and_day(service: &Service) {
    let (owner, upstream) = (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
    owner.client.post("/api/servers", &server_at("One", &upstream.url)).await.assert(201);
    let made = create_key(&owner, json!({ "scopes": ["server:read", "mcp:invoke"] })).await;
    let client = service.client().with_key(text(&made, "key"));
    for _ in 0..3 {
        initialize(&client, "/one").await.assert(200);
    }
    client.get("/api/servers").await.assert(200);
    client.get("/api/api-keys").await.assert(403);
    flush(service).await;
    let usage = usage_of(&made);
    for resolution in ["hour", "day"] {
        let told = owner.client.get(&format!("{usage}?resolution={resolution}")).await.expect(200);
        let trend = &told["trend"];
        assert_eq!(trend["resolution"], resolution);
        let total = &trend["total"];
        assert_eq!((requests(total), requests(&told)), (5, 5), "{told}");
        for field in ["errors", "errorsByKind", "bytesIn", "bytesOut", "responseTimes"] {
            assert_eq!(total[field], told[field], "{field} of {told}");
        }
        // The hour or the day may have ended in between.
        let points = trend["points"].as_array().unwrap();
        assert!(in_points(trend) == 5 && (1..=2).contains(&points.len()), "{told}");
    }
    let range = owner.client.get(&format!("{usage}?to=2026-01-02T00:00:00Z")).await.expect(200);
    let trend = &range["trend"];
    let period = (&trend["resolution"], &trend["from"], &trend["to"]);
    assert_eq!(period, (&json!("hour"), &json!("2026-01-01T00:00:00Z"), &json!("2026-01-02T00:00:00Z")));
    assert_eq!((requests(&trend["total"]), requests(&range)), (0, 5), "{range}");
    assert_eq!(owner.client.get(&usage).await.expect(200).get("trend"), None, "nobody asked for it");
}

async fn equal_slots_make_up_the_use(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = create_key(&owner, json!({})).await;
    use_key(service, &made, 4).await;
    for (query, slots) in [("slots=24", 24), ("resolution=day&slots=30", 30)] {
        let told = owner.client.get(&format!("{}?{query}", usage_of(&made))).await.expect(200);
        let trend = &told["trend"];
        let points = trend["points"].as_array().unwrap();
        assert_eq!((points.len(), in_points(trend)), (slots, 4), "{query}");
        assert_eq!((&points[0]["from"], &points[slots - 1]["to"]), (&trend["from"], &trend["to"]), "{query}");
        assert!(points.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]), "{query}");
        assert!(points[0].get("errorRate").is_none() && points[0].get("responseTimes").is_none(), "{query}");
    }
}

async fn use_follows_the_time_and_is_forgotten(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = create_key(&owner, json!({ "expiresInDays": 365 })).await;
    use_key(service, &made, 2).await;
    let now = service.clock.now();
    service.clock.set(now + TimeDelta::hours(25));
    use_key(service, &made, 3).await;
    let told = async |query: &str| {
        let told = owner.client.get(&format!("{}?{query}", usage_of(&made))).await.expect(200);
        requests(&told["trend"]["total"])
    };
    let begin = (now - TimeDelta::minutes(9)).format("%FT%TZ");
    let hours = format!("from={begin}&to={}", (now + TimeDelta::days(2)).format("%FT%TZ"));
    assert_eq!((told("resolution=hour").await, told(&hours).await, told("resolution=day").await), (3, 5, 5));
    service.clock.set(now + TimeDelta::days(40));
    // The service forgets too, and who comes meanwhile leaves it to that.
    eventually("the hours are forgotten", Duration::from_secs(60), async || {
        service.registry.analytics.prune().await.unwrap();
        (told(&hours).await == 0).then_some(())
    })
    .await;
    assert_eq!(told("resolution=day&slots=30").await, 0);
    let days = format!("{hours}&resolution=day");
    assert_eq!(told(&days).await, 5, "days are kept for longer");
}

async fn every_problem_of_a_range_is_told_at_once(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let made = create_key(&owner, json!({})).await;
    let (early, late) = ("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z");
    for (query, fields) in [
        (format!("from={late}&to={early}&slots=0&resolution=minute"), &["resolution", "slots", "to"][..]),
        (format!("from={early}&to={late}"), &["from"]),
        ("resolution=day&from=1066-10-14T09:00:00Z".to_owned(), &["from"]),
        ("slots=26".to_owned(), &["slots"]),
        ("resolution=raw".to_owned(), &["resolution"]),
    ] {
        let mut found = complaints(owner.client.get(&format!("{}?{query}", usage_of(&made))).await);
        found.sort();
        assert_eq!(found, fields, "{query}");
    }
}

async fn t4_use_over_time_is_told_to_who_manages_the_key(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (one, two) = (register(&owner, "One").await, register(&owner, "Two").await);
    let made = create_key(&owner, json!({ "serverId": one["id"] })).await;
    use_key(service, &made, 2).await;
    let path = format!("{}?resolution=hour", usage_of(&made));
    let colleague = service.actor("acme", "otto", Role::ServerOwner).await;
    let user = service.actor("acme", "ulli", Role::User).await;
    let stranger = service.actor("other", "boris", Role::ServerOwner).await;
    for other in [&colleague, &user, &stranger] {
        other.client.get(&path).await.assert(404);
    }
    let seen = async |client: &Client| requests(&client.get(&path).await.expect(200)["trend"]["total"]);
    assert_eq!((seen(&owner.client).await, seen(&service.admin().await.client).await), (2, 2));

    let manages = [Scope::KeysManage];
    assert_eq!(seen(&owner.client_with(service, &manages, Some(text(&one, "id"))).await).await, 2);
    let elsewhere = owner.client_with(service, &manages, Some(text(&two, "id"))).await;
    elsewhere.get(&path).await.assert(404);
    // What is wrong with a range is not told of a key that is not there for the caller.
    stranger.client.get(&format!("{path}&slots=0")).await.assert(404);
    owner.client_with(service, &[Scope::ServerRead], None).await.get(&path).await.assert(403);
}
