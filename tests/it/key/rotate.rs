//! `POST /api/api-keys/{id}/rotate` (R102, C9).

use black_box_tests::{Service, on_every_store};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use registry_core::model::role::Role;
use serde_json::{Value, json};

use crate::support::{complaints, create_key, text};

on_every_store!(
    without_grace_the_old_key_ends_at_once,
    with_grace_both_keys_work_until_its_end,
    a_second_rotation_ends_the_grace_of_the_first,
    revoking_ends_both_keys,
    wrong_grace_periods_are_refused,
    of_many_rotations_at_once_one_key_lives,
);

fn time(value: &Value, field: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text(value, field)).unwrap().into()
}

fn path(key: &Value) -> String {
    format!("/api/api-keys/{}", text(key, "id"))
}

async fn status(service: &Service, key: &Value) -> u16 {
    service.client().with_key(text(key, "key")).get("/api/servers").await.status.as_u16()
}

async fn without_grace_the_old_key_ends_at_once(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let old = create_key(&owner, json!({ "expiresInDays": 30 })).await;
    assert_eq!(status(service, &old).await, 200);
    let answer = owner.client.post_empty(&format!("{}/rotate", path(&old))).await;
    let new = answer.assert(200).json.clone();
    assert_eq!(answer.header("etag"), "\"2\"");
    assert_eq!((status(service, &old).await, status(service, &new).await), (401, 200));
    assert_eq!(
        (&new["id"], &new["rotationCount"], new.get("previousKeyValidUntil")),
        (&old["id"], &json!(1), None)
    );
    assert_eq!(new["keyPrefix"], text(&new, "key")[..8]);
    assert_ne!(new["key"], old["key"]);
    assert_eq!(
        time(&new, "expiresAt") - time(&new, "lastRotatedAt"),
        TimeDelta::days(30),
        "its lifetime begins anew"
    );
    let again = owner.client.post(&format!("{}/rotate", path(&old)), &json!({})).await.expect(200);
    assert_eq!((status(service, &new).await, status(service, &again).await), (401, 200));
}

async fn with_grace_both_keys_work_until_its_end(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    for seconds in [900, 3_600, 21_600, 86_400] {
        let old = create_key(&owner, json!({})).await;
        let body = json!({ "gracePeriodSeconds": seconds });
        let new = owner.client.post(&format!("{}/rotate", path(&old)), &body).await.expect(200);
        let end = time(&new, "previousKeyValidUntil");
        assert_eq!(end - time(&new, "lastRotatedAt"), TimeDelta::seconds(seconds));
        assert_eq!((status(service, &old).await, status(service, &new).await), (200, 200));
        service.clock.set(end - TimeDelta::microseconds(1));
        assert_eq!(status(service, &old).await, 200);
        service.clock.set(end);
        assert_eq!((status(service, &old).await, status(service, &new).await), (401, 200));
        service.clock.release();
    }
}

async fn a_second_rotation_ends_the_grace_of_the_first(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let first = create_key(&owner, json!({})).await;
    let (rotate, grace) = (format!("{}/rotate", path(&first)), json!({ "gracePeriodSeconds": 900 }));
    let second = owner.client.post(&rotate, &grace).await.expect(200);
    assert_eq!(status(service, &first).await, 200);
    let third = owner.client.post(&rotate, &grace).await.expect(200);
    let statuses =
        [status(service, &first).await, status(service, &second).await, status(service, &third).await];
    assert_eq!(statuses, [401, 200, 200]);
}

async fn revoking_ends_both_keys(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let old = create_key(&owner, json!({})).await;
    let grace = json!({ "gracePeriodSeconds": 86_400 });
    let new = owner.client.post(&format!("{}/rotate", path(&old)), &grace).await.expect(200);
    assert_eq!((status(service, &old).await, status(service, &new).await), (200, 200));
    owner.client.delete(&path(&old)).await.assert(204);
    assert_eq!((status(service, &old).await, status(service, &new).await), (401, 401));
}

async fn wrong_grace_periods_are_refused(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let key = create_key(&owner, json!({})).await;
    let rotate = format!("{}/rotate", path(&key));
    for seconds in [json!(1), json!(901), json!(86_401), json!(-900), json!("900")] {
        let answer = owner.client.post(&rotate, &json!({ "gracePeriodSeconds": seconds })).await;
        assert_eq!(complaints(answer), ["gracePeriodSeconds"], "{seconds}");
    }
    assert_eq!(status(service, &key).await, 200);
    owner.client.post_empty("/api/api-keys/01900000-0000-7000-8000-000000000000/rotate").await.assert(404);
}

/// A6: 50 at once; who was told of a key that does not live was told of one that was rotated after.
async fn of_many_rotations_at_once_one_key_lives(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let key = create_key(&owner, json!({})).await;
    let rotate = format!("{}/rotate", path(&key));
    let answers = join_all((0..50).map(|_| owner.client.post_empty(&rotate))).await;
    let mut live = 0;
    let mut rotated = 0;
    for answer in answers {
        match answer.status.as_u16() {
            200 => {
                rotated += 1;
                live += u32::from(status(service, &answer.json).await == 200);
            }
            other => assert_eq!(other, 412, "{}", answer.text()),
        }
    }
    assert_eq!((live, status(service, &key).await), (1, 401));
    assert_eq!(owner.client.get(&path(&key)).await.expect(200)["rotationCount"], rotated);
}
