//! A3: what a body says of things that its caller may not set.

use black_box_tests::{Service, on_every_store};
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use super::body::PASSWORD;
use super::session::session_client;
use crate::support::{create_key, register, server_path, text, with};

on_every_store!(
    nobody_makes_more_of_themselves,
    what_the_service_decides_is_not_taken_from_a_body,
    a_preference_is_of_whoever_calls,
    a_key_makes_no_session_of_its_own,
    a_key_without_the_scope_makes_no_way_in,
);

const OTHER: &str = "01900000-0000-7000-8000-000000000000";

/// All that a user might want to be.
fn wishes(tenant: &str) -> Value {
    json!({ "id": OTHER, "role": "admin", "tenantId": tenant, "username": "root", "revision": 99, "disabled": false,
        "identities": [{ "issuer": "https://id.example", "subject": "root" }], "password": PASSWORD,
        "passwordHash": "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAA", "scopes": ["audit:read"],
        "createdAt": "2001-01-01T00:00:00Z", "updatedAt": "2001-01-01T00:00:00Z", "csrfToken": "x" })
}

async fn nobody_makes_more_of_themselves(service: &Service) {
    let other = service.actor("other", "olga", Role::ServerOwner).await;
    for (name, role) in [("otto", Role::ServerOwner), ("ulli", Role::User)] {
        let actor = service.actor("acme", name, role).await;
        let before = actor.client.get("/api/users/me").await.expect(200);
        let body = with(wishes(&other.tenant_id()), &json!({ "displayName": "Me" }));
        let after = actor.client.patch("/api/users/me", &body).await.expect(200);
        let changed = json!({ "displayName": "Me", "revision": 2, "updatedAt": after["updatedAt"] });
        assert_eq!(after, with(before, &changed));
        assert_eq!(actor.client.get("/api/users/me").await.expect(200), after);
        let (own, made) = (format!("/api/users/{}", actor.user_id()), wishes(&actor.tenant_id()));
        actor.client.patch(&own, &made).await.assert(403);
        actor.client.post("/api/users", &made).await.assert(403);
        let sign_in = json!({ "username": name, "password": PASSWORD });
        service.client().post("/api/auth/login", &sign_in).await.assert(401);
    }
}

async fn what_the_service_decides_is_not_taken_from_a_body(service: &Service) {
    let (admin, other) = (service.admin().await, service.actor("other", "olga", Role::ServerOwner).await);
    let mut wish = with(wishes(&admin.tenant_id()), &json!({ "username": "ulli", "role": "user" }));
    let made = admin.client.post("/api/users", &wish).await.expect(201);
    let fixed = |user: &Value| ["id", "tenantId", "revision", "createdAt"].map(|field| user[field].clone());
    assert_ne!(made["id"], OTHER);
    assert_eq!((&made["revision"], &made["disabled"]), (&json!(1), &json!(false)));
    assert_eq!(made["identities"], json!([]), "identities are linked on purpose, later");
    assert!(!text(&made, "createdAt").starts_with("2001"));
    wish["tenantId"] = json!(other.tenant_id());
    let path = format!("/api/users/{}", text(&made, "id"));
    let changed = admin.client.patch(&path, &wish).await.expect(200);
    assert_eq!(fixed(&changed), fixed(&with(made, &json!({ "revision": 2 }))));
    let wish = json!({ "id": OTHER, "name": "Beta", "revision": 99, "createdAt": "2001-01-01T00:00:00Z" });
    let made = admin.client.post("/api/tenants", &wish).await.expect(201);
    assert_ne!(made["id"], OTHER);
    assert_eq!(made["revision"], 1);
    let path = format!("/api/tenants/{}", text(&made, "id"));
    let changed = admin.client.put(&path, &wish).await.expect(200);
    assert_eq!(changed, with(made, &json!({ "revision": 2, "updatedAt": changed["updatedAt"] })));
}

async fn a_preference_is_of_whoever_calls(service: &Service) {
    let (owner, user) = (
        service.actor("acme", "olga", Role::ServerOwner).await,
        service.actor("acme", "ulli", Role::User).await,
    );
    let server = register(&owner, "Weather").await;
    let wish =
        json!({ "serverId": server["id"], "userId": user.user_id(), "tenantId": OTHER, "isEnabled": false });
    let path = "/api/users/preferences/servers";
    assert_eq!(owner.client.put(path, &wish).await.expect(200)["userId"], owner.user_id());
    assert_eq!(user.client.get(path).await.expect(200)["preferences"], json!([]));
}

/// A8: a password opens sessions, which no scope and no server bounds. So a key that others hold sets no first one, and
/// a key for one server none at all.
async fn a_key_makes_no_session_of_its_own(service: &Service) {
    let (owner, admin) = (service.actor("acme", "olga", Role::ServerOwner).await, service.admin().await);
    let (colleague, user) = (
        service.actor("acme", "otto", Role::ServerOwner).await,
        service.actor("acme", "ulli", Role::User).await,
    );
    let server = register(&owner, "Weather").await;
    let narrow = json!({ "scopes": ["users:manage"] });
    let (path, password) = ("/api/users/me/password", json!({ "newPassword": PASSWORD }));
    for whose in [&owner, &colleague, &user] {
        let key = create_key(&owner, with(narrow.clone(), &json!({ "ownerUserId": whose.user_id() }))).await;
        let key = service.client().with_key(text(&key, "key"));
        key.get("/api/users/me/sessions").await.assert(200);
        key.put(path, &password).await.assert(403);
    }
    for actor in [&owner, &admin] {
        let linked = actor.client_with(service, Scope::ALL, Some(text(&server, "id"))).await;
        linked.get(&server_path(&server)).await.assert(200);
        linked.get("/api/users/me").await.assert(200);
        linked.put(path, &password).await.assert(403);
        linked.patch("/api/users/me", &json!({ "email": "olga@example.com" })).await.assert(403);
        linked.get("/api/users").await.assert(403);
        linked.get("/api/tenants").await.assert(403);
        linked.patch(&format!("/api/users/{}", owner.user_id()), &password).await.assert(403);
    }
    for name in ["olga", "otto", "ulli"] {
        let sign_in = json!({ "username": name, "password": PASSWORD });
        service.client().post("/api/auth/login", &sign_in).await.assert(401);
    }
    session_client(service, &owner).await.put(path, &password).await.assert(204);
}

/// A8: `users:manage` of an administrator's key is all that an administrator may do, by way of a new administrator or a
/// first password; so no key without it gets there.
async fn a_key_without_the_scope_makes_no_way_in(service: &Service) {
    let admin = service.admin().await;
    let others: Vec<_> = Scope::ALL.iter().copied().filter(|scope| *scope != Scope::UsersManage).collect();
    let client = admin.client_with(service, &others, None).await;
    let made =
        json!({ "username": "second", "role": "admin", "tenantId": admin.tenant_id(), "password": PASSWORD });
    client.post("/api/users", &made).await.assert(403);
    let own = format!("/api/users/{}", admin.user_id());
    client.patch(&own, &json!({ "password": PASSWORD })).await.assert(403);
    client.patch(&own, &json!({ "identities": [{ "issuer": "i", "subject": "s" }] })).await.assert(403);
    client.put("/api/users/me/password", &json!({ "newPassword": PASSWORD })).await.assert(403);
    client.patch("/api/users/me", &json!({ "email": "root@example.com" })).await.assert(403);
    let wider = json!({ "name": "wider", "scopes": ["users:manage"] });
    client.post("/api/api-keys", &wider).await.assert(403);
    let own = format!("/api/api-keys/{}", admin.key.key.id);
    client.post_empty(&format!("{own}/rotate")).await.assert(403);
    let sign_in = json!({ "username": "root", "password": PASSWORD });
    service.client().post("/api/auth/login", &sign_in).await.assert(401);
}
