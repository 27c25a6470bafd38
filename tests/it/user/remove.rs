//! `DELETE /api/users/{id}`.

use black_box_tests::{Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::json;

use super::{PASSWORD, create_user, sign_in};
use crate::access::session::session_client;
use crate::support::{create_key, entries_of, register, server_path, text};

on_every_store!(
    a_removed_user_leaves_no_way_in,
    who_owns_servers_is_not_removed,
    a_key_that_was_made_for_others_goes_on,
);

async fn a_removed_user_leaves_no_way_in(service: &Service) {
    let (admin, user) = (service.admin().await, service.actor("acme", "ulli", Role::User).await);
    let (session, path) = (session_client(service, &user).await, format!("/api/users/{}", user.user_id()));
    session.put("/api/users/me/password", &json!({ "newPassword": PASSWORD })).await.assert(204);
    let key = format!("/api/api-keys/{}", user.key.key.id);
    assert_eq!(sign_in(&service.client(), "ulli").await, 200);
    let (entries, ()) = entries_of(service, async {
        admin.client.delete(&path).await.assert(204);
    })
    .await;
    assert_eq!(entries, 1, "the keys are revoked in the same step");
    for client in [&session, &user.client] {
        for _ in 0..50 {
            client.get("/api/servers").await.assert(401);
        }
    }
    assert_eq!(sign_in(&service.client(), "ulli").await, 401);
    let revoked = admin.client.get(&key).await.expect(200);
    assert_eq!((&revoked["status"], &revoked["ownerId"]), (&json!("revoked"), &json!(user.user_id())));
    let log = admin.client.get("/api/audit-logs?eventType=user_deleted").await.expect(200);
    assert_eq!(log["entries"][0]["metadata"]["revokedKeys"], json!([user.key.key.id.to_string()]));
    for path in [path.clone(), format!("{path}/sessions")] {
        admin.client.get(&path).await.assert(404);
    }
    admin.client.delete(&path).await.assert(404);
    // The name is free, and who gets it is somebody else.
    let other = create_user(&admin, &user.tenant_id(), "ulli", json!({ "password": PASSWORD })).await;
    assert_ne!(other["id"], user.user_id());
    user.client.get("/api/servers").await.assert(401);
    session.get("/api/servers").await.assert(401);
}

async fn who_owns_servers_is_not_removed(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let (server, path) = (register(&owner, "Weather").await, format!("/api/users/{}", owner.user_id()));
    let (entries, ()) = entries_of(service, async {
        admin.client.delete(&path).await.assert(409);
    })
    .await;
    assert_eq!(entries, 0);
    owner.client.get(&server_path(&server)).await.assert(200);
    admin.client.delete(&server_path(&server)).await.assert(204);
    admin.client.delete(&path).await.assert(204);
    owner.client.get("/api/servers").await.assert(401);
}

async fn a_key_that_was_made_for_others_goes_on(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let user = service.actor("acme", "ulli", Role::User).await;
    let key = create_key(&owner, json!({ "ownerUserId": user.user_id() })).await;
    admin.client.delete(&format!("/api/users/{}", owner.user_id())).await.assert(204);
    let client = service.client().with_key(text(&key, "key"));
    assert_eq!(client.get("/api/users/me").await.expect(200)["id"], user.user_id());
    let found = admin.client.get(&format!("/api/api-keys/{}", text(&key, "id"))).await.expect(200);
    assert_eq!(found["createdBy"], owner.user_id());
}
