//! Warnings before a key expires, rotation that nobody asked for, and the claim of its secret (C9, R116 to R118, A6).

use black_box_tests::{Actor, Service, on_every_store};
use chrono::{DateTime, TimeDelta, Utc};
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use crate::support::{complaints, create_key, text};

on_every_store!(
    a_key_is_warned_of_before_it_expires,
    a_key_is_rotated_when_its_policy_says_so,
    the_new_secret_is_for_its_owner_once,
    what_nobody_fetches_ends,
    a_policy_has_bounds,
    of_many_who_rotate_and_fetch_one_does,
);

fn path(key: &Value) -> String {
    format!("/api/api-keys/{}", text(key, "id"))
}

fn time(value: &Value, field: &str) -> DateTime<Utc> {
    text(value, field).parse().expect("a time")
}

/// Lets the service look after its keys at this time.
async fn tend_at(service: &Service, at: DateTime<Utc>) {
    service.clock.set(at);
    service.registry.keys.tend().await.expect("keys are looked after");
}

async fn alerts(actor: &Actor, cause: &str) -> Vec<Value> {
    let list = actor.client.get("/api/alerts?type=security").await.expect(200);
    let all = list["alerts"].as_array().expect("alerts").iter();
    all.filter(|alert| alert["cause"] == cause).cloned().collect()
}

async fn works(service: &Service, key: &Value) -> bool {
    service.client().with_key(text(key, "key")).get("/api/users/me").await.status == 200
}

async fn a_key_is_warned_of_before_it_expires(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let key = create_key(&owner, json!({ "expiresInDays": 30 })).await;
    let end = time(&key, "expiresAt");
    let mut told = Vec::new();
    for left in [15, 14, 10, 7, 2, 1] {
        tend_at(service, end - TimeDelta::days(left)).await;
        service.clock.release();
        let seen = alerts(&owner, "key_expiring").await;
        let seen: Vec<_> = seen.iter().filter(|alert| alert["subjectId"] == key["id"]).collect();
        told.push(seen.first().map(|alert| text(alert, "severity").to_owned()));
        assert!(seen.len() <= 1);
    }
    let told: Vec<_> = told.iter().map(Option::as_deref).collect();
    assert_eq!(told, [None, Some("low"), Some("low"), Some("medium"), Some("medium"), Some("high")]);
    let alert = alerts(&owner, "key_expiring").await.remove(0);
    assert_eq!(alert["occurrences"], 1, "it is said once for each time before");
    assert!(
        alerts(&service.actor("other", "otto", Role::ServerOwner).await, "key_expiring").await.is_empty()
    );
    owner.client.post_empty(&format!("{}/rotate", path(&key))).await.assert(200);
    assert_eq!(alerts(&owner, "key_expiring").await[0]["status"], "resolved");
}

/// A key that rotates by itself after 10 days, and when that is.
async fn rotating(owner: &Actor) -> (Value, DateTime<Utc>) {
    let key = create_key(owner, json!({ "rotation": { "days": 10, "auto": true } })).await;
    assert_eq!(key["rotation"], json!({ "days": 10, "auto": true }));
    let at = time(&key, "createdAt") + TimeDelta::days(10);
    (key, at)
}

async fn a_key_is_rotated_when_its_policy_says_so(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (key, at) = rotating(&owner).await;
    let manual = create_key(&owner, json!({ "rotation": { "days": 10 } })).await;
    assert_eq!(manual["rotation"], json!({ "days": 10, "auto": false }));
    tend_at(service, at - TimeDelta::seconds(1)).await;
    assert_eq!(owner.client.get(&path(&key)).await.expect(200)["rotationCount"], 0);
    tend_at(service, at).await;
    let rotated = owner.client.get(&path(&key)).await.expect(200);
    assert_eq!((&rotated["rotationCount"], &rotated["status"]), (&json!(1), &json!("active")));
    assert_eq!(time(&rotated, "unclaimedUntil"), at + TimeDelta::hours(24));
    assert_eq!(time(&rotated, "previousKeyValidUntil"), at + TimeDelta::hours(24));
    assert!(works(service, &key).await, "the old secret goes on");
    assert_eq!(owner.client.get(&path(&manual)).await.expect(200)["rotationCount"], 0);
    tend_at(service, at + TimeDelta::hours(1)).await;
    assert_eq!(owner.client.get(&path(&key)).await.expect(200)["rotationCount"], 1, "once");
    let alert = alerts(&owner, "key_unclaimed").await.remove(0);
    assert_eq!((&alert["subjectId"], &alert["severity"]), (&key["id"], &json!("medium")));
    let admin = service.admin().await;
    let log = admin.client.get("/api/audit-logs?eventType=api_key_rotated").await.expect(200);
    assert_eq!(log["entries"][0]["metadata"]["automatic"], true);
    assert!(log["entries"][0].get("actorId").is_none());
    service.clock.release();
}

async fn the_new_secret_is_for_its_owner_once(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let user = service.actor("acme", "ulli", Role::User).await;
    let issued = json!({ "ownerUserId": user.user_id(), "rotation": { "days": 10, "auto": true } });
    let key = create_key(&owner, issued).await;
    let claim = format!("{}/claim", path(&key));
    user.client.post_empty(&claim).await.assert(409);
    let at = time(&key, "createdAt") + TimeDelta::days(10);
    tend_at(service, at).await;
    owner.client.post_empty(&claim).await.assert(403);
    service.admin().await.client.post_empty(&claim).await.assert(403);
    let narrow = user.client_with(service, &[Scope::ServerRead], None).await;
    narrow.post_empty(&claim).await.assert(403);
    let claimed = user.client.post_empty(&claim).await.expect(200);
    assert_ne!(claimed["key"], key["key"]);
    assert!(claimed.get("unclaimedUntil").is_none());
    assert!(works(service, &claimed).await && works(service, &key).await, "both work until the overlap ends");
    user.client.post_empty(&claim).await.assert(409);
    assert_eq!(alerts(&user, "key_unclaimed").await[0]["status"], "resolved");
    service.clock.set(at + TimeDelta::hours(24));
    assert!(works(service, &claimed).await && !works(service, &key).await);
    let log = service.admin().await.client.get("/api/audit-logs?eventType=api_key_claimed").await.expect(200);
    assert_eq!(
        (&log["entries"][0]["actorId"], &log["pagination"]["total"]),
        (&json!(user.user_id()), &json!(1))
    );
    service.clock.release();
}

async fn what_nobody_fetches_ends(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (key, at) = rotating(&owner).await;
    tend_at(service, at).await;
    tend_at(service, at + TimeDelta::hours(21)).await;
    assert_eq!(alerts(&owner, "key_unclaimed").await[0]["severity"], "high");
    tend_at(service, at + TimeDelta::hours(24)).await;
    owner.client.post_empty(&format!("{}/claim", path(&key))).await.assert(409);
    assert_eq!(owner.client.get(&path(&key)).await.expect(200)["status"], "expired", "nobody has its secret");
    assert!(!works(service, &key).await);
    let again = owner.client.post_empty(&format!("{}/rotate", path(&key))).await.expect(200);
    assert_eq!(again["status"], "active");
    assert!(works(service, &again).await);
    assert_eq!(alerts(&owner, "key_unclaimed").await[0]["status"], "resolved");
    service.clock.release();
}

async fn a_policy_has_bounds(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    for days in [0, 366] {
        let body = json!({ "name": "x", "rotation": { "days": days } });
        assert_eq!(complaints(owner.client.post("/api/api-keys", &body).await), ["rotation.days"]);
    }
    let key = create_key(&owner, json!({})).await;
    assert_eq!(key["rotation"], json!({ "days": 90, "auto": false }));
    let changed = owner.client.patch(&path(&key), &json!({ "rotation": { "auto": true } })).await.expect(200);
    assert_eq!(changed["rotation"], json!({ "days": 90, "auto": true }));
}

/// A6: exactly one live successor, which one caller gets.
async fn of_many_who_rotate_and_fetch_one_does(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (key, at) = rotating(&owner).await;
    service.clock.set(at);
    let nodes = (0..8).map(|_| service.registry.keys.tend());
    for tended in futures::future::join_all(nodes).await {
        tended.expect("keys are looked after");
    }
    assert_eq!(owner.client.get(&path(&key)).await.expect(200)["rotationCount"], 1);
    let claim = format!("{}/claim", path(&key));
    let claims = futures::future::join_all((0..8).map(|_| owner.client.post_empty(&claim))).await;
    let got: Vec<_> = claims.into_iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(got.len(), 1);
    assert!(works(service, &got.into_iter().next().unwrap().expect(200)).await);
    service.clock.release();
}
