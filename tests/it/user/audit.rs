//! U3: each change of a user has one entry, with what was before and after, and never a password or its hash.

use black_box_tests::{Answer, Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::{PASSWORD, create_user, user_path};
use crate::access::session::{session_client, sign_in};
use crate::support::entries_of;

on_every_store!(
    every_change_of_a_user_has_exactly_one_entry,
    an_entry_tells_before_and_after,
    what_changes_nothing_leaves_no_entry,
);

/// The number of entries of a change, and the newest of them.
async fn told(service: &Service, act: impl Future<Output = Answer>) -> (u64, Value) {
    let (count, answer) = entries_of(service, act).await;
    assert!(answer.status.is_success(), "{} {}", answer.request, answer.text());
    let admin = service.admin().await;
    let id = answer.header("x-request-id");
    let log = admin.client.get(&format!("/api/audit-logs?requestId={id}")).await;
    for secret in [PASSWORD, "argon2", "another unrelated phrase"] {
        assert!(!log.text().contains(secret), "{}", log.text());
    }
    (count, log.expect(200)["entries"][0].clone())
}

async fn every_change_of_a_user_has_exactly_one_entry(service: &Service) {
    let admin = service.admin().await;
    let body =
        json!({ "username": "ulli", "role": "user", "tenantId": admin.tenant_id(), "password": PASSWORD });
    let (count, entry) = told(service, admin.client.post("/api/users", &body)).await;
    let id = entry["resourceId"].as_str().unwrap().to_owned();
    let path = format!("/api/users/{id}");
    let mut seen = vec![(count, entry)];
    let made = json!({ "name": "hers", "ownerUserId": id, "scopes": ["users:manage", "server:read"] });
    let key = admin.client.post("/api/api-keys", &made).await.expect(201);
    let own = service.client().with_key(key["key"].as_str().unwrap());
    let word = json!({ "currentPassword": PASSWORD, "newPassword": "another unrelated phrase" });
    seen.push(told(service, admin.client.patch(&path, &json!({ "role": "server_owner" }))).await);
    seen.push(told(service, admin.client.patch(&path, &json!({ "disabled": true }))).await);
    seen.push(told(service, admin.client.patch(&path, &json!({ "disabled": false }))).await);
    seen.push(told(service, admin.client.patch(&path, &json!({ "password": PASSWORD }))).await);
    seen.push(told(service, own.patch("/api/users/me", &json!({ "email": "u@example.com" }))).await);
    seen.push(told(service, own.put("/api/users/me/password", &word)).await);
    seen.push(told(service, admin.client.delete(&path)).await);
    let expected = [
        ("user_created", "create"),
        ("user_updated", "update"),
        ("user_updated", "update"),
        ("user_updated", "update"),
        ("password_changed", "update"),
        ("user_updated", "update"),
        ("password_changed", "update"),
        ("user_deleted", "delete"),
    ];
    assert_eq!(seen.len(), expected.len());
    for ((count, entry), (event, action)) in seen.iter().zip(expected) {
        assert_eq!((*count, &entry["eventType"], &entry["action"]), (1, &json!(event), &json!(action)));
        assert_eq!((&entry["resourceType"], &entry["resourceId"]), (&json!("user"), &json!(id)), "{event}");
        assert_eq!(entry["tenantId"], admin.tenant_id(), "{event}");
    }
}

async fn an_entry_tells_before_and_after(service: &Service) {
    let (admin, other) = (service.admin().await, service.actor("other", "otto", Role::ServerOwner).await);
    let path = user_path(&create_user(&admin, &other.tenant_id(), "ulli", json!({})).await);
    let change = json!({ "username": "ulrike", "displayName": "U", "email": "u@example.com", "role": "admin",
        "disabled": true, "identities": [{ "issuer": "https://id.example", "subject": "u" }] });
    let (_, entry) = told(service, admin.client.patch(&path, &change)).await;
    let before = json!({ "username": "ulli", "displayName": null, "email": null, "role": "user",
        "disabled": false, "identities": [] });
    assert_eq!(entry["metadata"], json!({ "before": before, "after": change }));
    assert_eq!((&entry["tenantId"], &entry["actorId"]), (&json!(other.tenant_id()), &json!(admin.user_id())));
}

/// Sessions too: what ends nothing is no change.
async fn what_changes_nothing_leaves_no_entry(service: &Service) {
    let (admin, user) = (service.admin().await, service.actor("acme", "ulli", Role::User).await);
    let (client, other) = (session_client(service, &user).await, sign_in(service, &user).await);
    let mine = "/api/users/me/sessions";
    let (count, entry) = told(service, client.delete(&format!("{mine}/{}", other.session.id))).await;
    assert_eq!((count, &entry["eventType"]), (1, &json!("sessions_ended")));
    let (entries, ()) = entries_of(service, async {
        client.delete(mine).await.assert(200);
        client.delete(&format!("{mine}/{}", other.session.id)).await.assert(404);
        user.client.patch(&format!("/api/users/{}", admin.user_id()), &json!({})).await.assert(404);
        client.put("/api/users/me/password", &json!({ "newPassword": "short" })).await.assert(400);
    })
    .await;
    assert_eq!(entries, 0);
    let (count, entry) = told(service, client.post_empty("/api/auth/logout")).await;
    assert_eq!((count, &entry["eventType"], &entry["action"]), (1, &json!("logout"), &json!("end")));
    assert_eq!(
        admin.client.get(&format!("/api/users/{}/sessions", user.user_id())).await.expect(200)["sessions"],
        json!([])
    );
}
