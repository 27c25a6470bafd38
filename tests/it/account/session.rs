//! Sessions: how many, who ends them, and what ends with a password or a user.

use black_box_tests::{Client, Service, SignedIn, on_every_store};
use registry_core::model::role::Role;
use registry_core::service::MAX_SESSIONS;
use serde_json::{Value, json};

use super::kit::{PASSWORD, change, entries, from, olga, person, user_path};
use crate::support::text;

on_every_store!(
    a_browser_that_signs_in_again_has_one_session,
    there_are_twenty_sessions_and_the_oldest_ends,
    sign_out_ends_the_session_on_the_server,
    a_user_sees_its_sessions_and_ends_the_others,
    an_administrator_ends_anybodys_sessions_and_others_do_not,
    a_new_password_ends_the_other_sessions,
    a_password_set_by_an_administrator_ends_all_sessions,
    a_disabled_user_is_out_at_once_and_its_sessions_do_not_come_back,
    a_disabled_tenants_and_a_removed_users_sessions_are_refused,
    a_lower_role_holds_at_once,
);

async fn is_in(client: &Client) -> bool {
    let status = client.get("/api/users/me").await.status.as_u16();
    assert!([200, 401].contains(&status), "{status}");
    status == 200
}

async fn begin(service: &Service) -> SignedIn {
    service.client().sign_in("olga", PASSWORD).await
}

/// A10: the id changes at sign-in, and what was there before is worth nothing.
async fn a_browser_that_signs_in_again_has_one_session(service: &Service) {
    let admin = service.admin().await;
    olga(&admin).await;
    person(&admin, &admin.tenant_id(), "bert", Role::User).await;
    let olga = begin(service).await;
    let bert = olga.client.sign_in("bert", PASSWORD).await;
    assert_ne!(olga.cookie, bert.cookie);
    assert!(!is_in(&olga.client).await && is_in(&bert.client).await);
    let planted = format!("__Host-mcp-registry-session={}", "A".repeat(43));
    let signed_in = service.client().with("cookie", &planted).sign_in("olga", PASSWORD).await;
    assert_ne!(signed_in.cookie, planted);
    assert!(!is_in(&service.client().with("cookie", &planted)).await);
    let twice = format!("{}; {}", signed_in.cookie, bert.cookie);
    assert!(!is_in(&service.client().with("cookie", &twice)).await, "two cookies are none");
}

async fn there_are_twenty_sessions_and_the_oldest_ends(service: &Service) {
    let admin = service.admin().await;
    olga(&admin).await;
    let mut sessions = Vec::new();
    for _ in 0..=MAX_SESSIONS {
        sessions.push(begin(service).await);
    }
    assert!(!is_in(&sessions[0].client).await && is_in(&sessions[1].client).await);
    let list = sessions[1].client.get("/api/users/me/sessions").await.expect(200);
    assert_eq!(list["sessions"].as_array().unwrap().len(), MAX_SESSIONS);
    let ended = entries(&admin.client, "sessions_ended").await;
    assert_eq!((ended.len(), &ended[0]["metadata"]["reason"]), (1, &json!("too many sessions")));
}

async fn sign_out_ends_the_session_on_the_server(service: &Service) {
    let admin = service.admin().await;
    olga(&admin).await;
    let (one, other) = (begin(service).await, begin(service).await);
    one.client.post_empty("/api/auth/logout").await.assert(204);
    assert!(!is_in(&one.client).await && is_in(&other.client).await);
    one.client.post_empty("/api/auth/logout").await.assert(401);
}

async fn a_user_sees_its_sessions_and_ends_the_others(service: &Service) {
    let admin = service.admin().await;
    olga(&admin).await;
    person(&admin, &admin.tenant_id(), "bert", Role::User).await;
    let bert = service.client().sign_in("bert", PASSWORD).await;
    let (one, two, three) = (begin(service).await, begin(service).await, begin(service).await);
    let list = two.client.get("/api/users/me/sessions").await.expect(200);
    let list = list["sessions"].as_array().unwrap();
    let current: Vec<_> = list.iter().map(|session| session["isCurrent"] == true).collect();
    assert_eq!(current, [false, true, false], "newest first");
    let id = text(&list[0], "id").to_owned();
    bert.client.delete(&format!("/api/users/me/sessions/{id}")).await.assert(404);
    two.client.delete(&format!("/api/users/me/sessions/{id}")).await.assert(204);
    two.client.delete(&format!("/api/users/me/sessions/{id}")).await.assert(404);
    assert!(!is_in(&three.client).await && is_in(&one.client).await);
    assert_eq!(two.client.delete("/api/users/me/sessions").await.expect(200), json!({ "ended": 1 }));
    assert!(!is_in(&one.client).await && is_in(&two.client).await && is_in(&bert.client).await);
}

async fn an_administrator_ends_anybodys_sessions_and_others_do_not(service: &Service) {
    let admin = service.admin().await;
    let user = olga(&admin).await;
    let bert = person(&admin, &admin.tenant_id(), "bert", Role::ServerOwner).await;
    let (one, other) = (begin(service).await, begin(service).await);
    let bert_in = service.client().sign_in("bert", PASSWORD).await;
    let sessions = |user: &Value| format!("{}/sessions", user_path(user));
    for path in [sessions(&user), format!("/api/users/{}/sessions", admin.user_id())] {
        bert_in.client.get(&path).await.assert(403);
        bert_in.client.delete(&path).await.assert(403);
    }
    assert_eq!(admin.client.get(&sessions(&user)).await.expect(200)["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(admin.client.delete(&sessions(&user)).await.expect(200), json!({ "ended": 2 }));
    assert!(!is_in(&one.client).await && !is_in(&other.client).await && is_in(&bert_in.client).await);
    assert_eq!(
        bert_in.client.get(&sessions(&bert)).await.expect(200)["sessions"].as_array().unwrap().len(),
        1
    );
    let ended = entries(&admin.client, "sessions_ended").await;
    assert_eq!((&ended[0]["actorId"], &ended[0]["resourceId"]), (&json!(admin.user_id()), &user["id"]));
}

async fn a_new_password_ends_the_other_sessions(service: &Service) {
    let admin = service.admin().await;
    olga(&admin).await;
    let (one, other) = (begin(service).await, begin(service).await);
    let new = format!("{PASSWORD}!");
    let put = async |current: &str, new: &str| {
        let body = json!({ "currentPassword": current, "newPassword": new });
        one.client.put("/api/users/me/password", &body).await
    };
    assert!(put("wrong", &new).await.details(400)["currentPassword"].is_string());
    assert!(put(PASSWORD, "olgaolgaolga").await.details(400)["newPassword"].is_string());
    assert!(is_in(&other.client).await, "nothing has changed yet");
    put(PASSWORD, &new).await.assert(204);
    assert!(is_in(&one.client).await && !is_in(&other.client).await);
    from(service, 1).login("olga", PASSWORD).await.assert(401);
    from(service, 2).sign_in("olga", &new).await;
}

async fn a_password_set_by_an_administrator_ends_all_sessions(service: &Service) {
    let admin = service.admin().await;
    let user = olga(&admin).await;
    for password in [json!("nine brave herons at dawn"), Value::Null] {
        let current = if password.is_null() { "nine brave herons at dawn" } else { PASSWORD };
        let signed_in = from(service, 1).sign_in("olga", current).await;
        change(&admin, &user, &json!({ "password": password })).await.assert(200);
        assert!(!is_in(&signed_in.client).await);
        from(service, 2).login("olga", current).await.assert(401);
    }
    let changed = entries(&admin.client, "password_changed").await;
    assert!(changed.iter().all(|entry| !entry.to_string().contains("heron")), "{changed:?}");
}

/// Enabled again, the user signs in anew: whoever held an old session holds nothing.
async fn a_disabled_user_is_out_at_once_and_its_sessions_do_not_come_back(service: &Service) {
    let admin = service.admin().await;
    let user = olga(&admin).await;
    let signed_in = begin(service).await;
    assert!(is_in(&signed_in.client).await);
    change(&admin, &user, &json!({ "disabled": true })).await.assert(200);
    assert!(!is_in(&signed_in.client).await);
    change(&admin, &user, &json!({ "disabled": false })).await.assert(200);
    assert!(!is_in(&signed_in.client).await);
    assert!(is_in(&begin(service).await.client).await);
}

async fn a_disabled_tenants_and_a_removed_users_sessions_are_refused(service: &Service) {
    let admin = service.admin().await;
    let acme = admin.client.post("/api/tenants", &json!({ "name": "acme" })).await.expect(201);
    let clara = person(&admin, text(&acme, "id"), "clara", Role::User).await;
    let signed_in = service.client().sign_in("clara", PASSWORD).await;
    let path = format!("/api/tenants/{}", text(&acme, "id"));
    for (disabled, is_expected) in [(true, false), (false, true)] {
        admin.client.put(&path, &json!({ "name": "acme", "disabled": disabled })).await.assert(200);
        assert_eq!(is_in(&signed_in.client).await, is_expected);
    }
    admin.client.delete(&user_path(&clara)).await.assert(204);
    assert!(!is_in(&signed_in.client).await);
}

async fn a_lower_role_holds_at_once(service: &Service) {
    let admin = service.admin().await;
    let user = person(&admin, &admin.tenant_id(), "second", Role::Admin).await;
    let signed_in = service.client().sign_in("second", PASSWORD).await;
    signed_in.client.get("/api/tenants").await.assert(200);
    change(&admin, &user, &json!({ "role": "user" })).await.assert(200);
    signed_in.client.get("/api/tenants").await.assert(403);
}
