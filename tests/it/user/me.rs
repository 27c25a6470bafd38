//! `/api/users/me`: whoever calls.

use black_box_tests::{Service, on_every_store};
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use super::{PASSWORD, sign_in};
use crate::access::session::session_client;
use crate::support::{complaints, entries_of, with};

on_every_store!(
    one_learns_who_one_is,
    one_changes_ones_own_profile,
    one_changes_ones_own_password,
    one_ends_ones_own_sessions,
);

async fn one_learns_who_one_is(service: &Service) {
    let user = service.actor("acme", "ulli", Role::User).await;
    let key = user.client_with(service, &[Scope::McpInvoke], None).await;
    let me = key.get("/api/users/me").await.expect(200);
    let expected = json!({ "id": user.user_id(), "tenantId": user.tenant_id(), "username": "ulli", "role": "user",
        "scopes": ["mcp:invoke"] });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&me[field], value, "{field}");
    }
    assert!(me.get("csrfToken").is_none(), "{me}");
    let me = session_client(service, &user).await.get("/api/users/me").await.expect(200);
    assert_eq!(me["scopes"].as_array().unwrap().len(), Scope::ALL.len());
    assert!(me["csrfToken"].is_string(), "{me}");
}

async fn one_changes_ones_own_profile(service: &Service) {
    let user = service.actor("acme", "ulli", Role::User).await;
    let change = json!({ "displayName": "Ulli", "email": "u@example.com" });
    let answer = user.client.with("if-match", "\"1\"").patch("/api/users/me", &change).await;
    assert_eq!(answer.header("etag"), "\"2\"");
    let me = answer.expect(200);
    assert_eq!((&me["displayName"], &me["email"]), (&json!("Ulli"), &json!("u@example.com")));
    let (entries, ()) = entries_of(service, async {
        user.client.with("if-match", "\"1\"").patch("/api/users/me", &json!({})).await.assert(412);
        let wrong = json!({ "displayName": "", "email": "nowhere" });
        let answer = user.client.patch("/api/users/me", &wrong).await;
        assert_eq!(complaints(answer), ["displayName", "email"]);
    })
    .await;
    assert_eq!(entries, 0);
    let cleared = user.client.patch("/api/users/me", &json!({ "email": null })).await.expect(200);
    let expected = json!({ "email": null, "revision": 3, "updatedAt": cleared["updatedAt"] });
    assert_eq!(cleared, with(me, &expected));
}

async fn one_changes_ones_own_password(service: &Service) {
    let (user, nobody) = (service.actor("acme", "ulli", Role::User).await, service.client());
    let path = "/api/users/me/password";
    let (current, new) = (session_client(service, &user).await, "five other unrelated words");
    let other = session_client(service, &user).await;
    current.put(path, &json!({ "newPassword": PASSWORD })).await.assert(204);
    other.get("/api/users/me").await.assert(401);
    current.get("/api/users/me").await.assert(200);
    assert_eq!(sign_in(&nobody, "ulli").await, 200);
    for wrong in [json!(null), json!(""), json!("not the password")] {
        let body = json!({ "currentPassword": wrong, "newPassword": new });
        assert_eq!(complaints(current.put(path, &body).await), ["currentPassword"], "{wrong}");
    }
    let weak = json!({ "currentPassword": PASSWORD, "newPassword": "ulliulliulli" });
    assert_eq!(complaints(current.put(path, &weak).await), ["newPassword"]);
    assert_eq!(sign_in(&nobody, "ulli").await, 200);
    current.put(path, &json!({ "currentPassword": PASSWORD, "newPassword": new })).await.assert(204);
    assert_eq!(sign_in(&nobody, "ulli").await, 401);
}

async fn one_ends_ones_own_sessions(service: &Service) {
    let user = service.actor("acme", "ulli", Role::User).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(session_client(service, &user).await);
    }
    let (path, me) = ("/api/users/me/sessions", "/api/users/me");
    let list = clients[0].get(path).await.expect(200);
    let sessions = list["sessions"].as_array().unwrap();
    let current: Vec<_> = sessions.iter().map(|session| session["isCurrent"] == true).collect();
    assert_eq!(current, [false, false, false, true], "newest first");
    let newest = format!("{path}/{}", sessions[0]["id"].as_str().unwrap());
    clients[0].delete(&newest).await.assert(204);
    clients[3].get(me).await.assert(401);
    clients[0].delete(&newest).await.assert(404);
    assert_eq!(clients[0].delete(path).await.expect(200)["ended"], 2);
    for gone in &clients[1..] {
        gone.get(me).await.assert(401);
    }
    assert_eq!(clients[0].delete(path).await.expect(200)["ended"], 0);
    assert_eq!(user.client.delete(path).await.expect(200)["ended"], 1, "a key has no session to keep");
    clients[0].get(me).await.assert(401);
}
