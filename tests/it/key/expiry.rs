//! When a key ends (R111, A7).

use black_box_tests::{Service, on_every_store};
use chrono::{DateTime, TimeDelta, Utc};
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use crate::support::{create_key, text};

on_every_store!(a_key_ends_exactly_when_it_says, an_expired_key_can_be_rotated_into_a_new_life);

/// A7: to the microsecond, for keys that were used before and keys that were not.
async fn a_key_ends_exactly_when_it_says(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    for is_used in [true, false] {
        service.clock.release();
        let made = create_key(&owner, json!({ "expiresInDays": 1 })).await;
        let end: DateTime<Utc> = DateTime::parse_from_rfc3339(text(&made, "expiresAt")).unwrap().into();
        let client = service.client().with_key(text(&made, "key"));
        if is_used {
            client.get("/api/servers").await.assert(200);
            service.clock.set(end - TimeDelta::microseconds(1));
            client.get("/api/servers").await.assert(200);
        }
        for later in [TimeDelta::zero(), TimeDelta::microseconds(1), TimeDelta::days(30)] {
            service.clock.set(end + later);
            client.get("/api/servers").await.assert(401);
        }
        let path = format!("/api/api-keys/{}", text(&made, "id"));
        assert_eq!(owner.client.get(&path).await.expect(200)["status"], "expired");
        service.clock.set(end - TimeDelta::microseconds(1));
        assert_eq!(owner.client.get(&path).await.expect(200)["status"], "active");
        client.get("/api/servers").await.assert(200);
    }
}

async fn an_expired_key_can_be_rotated_into_a_new_life(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let old = owner.mint(service, &[Scope::ServerRead], None).await;
    let made = create_key(&owner, json!({ "expiresInDays": 1 })).await;
    let end: DateTime<Utc> = DateTime::parse_from_rfc3339(text(&made, "expiresAt")).unwrap().into();
    service.clock.set(end);
    let path = format!("/api/api-keys/{}/rotate", text(&made, "id"));
    let new = owner.client.post(&path, &json!({ "gracePeriodSeconds": 900 })).await.expect(200);
    service.client().with_key(text(&new, "key")).get("/api/servers").await.assert(200);
    // Grace is no second life.
    service.client().with_key(text(&made, "key")).get("/api/servers").await.assert(401);
    service.client().with_key(old.secret.expose()).get("/api/servers").await.assert(200);
}
