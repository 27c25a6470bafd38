//! `POST /api/users` (R147).

use black_box_tests::{Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::{PASSWORD, create_user, sign_in, user_path};
use crate::support::{complaints, entries_of, text, with};

on_every_store!(
    a_user_has_its_defaults,
    a_user_keeps_what_was_said,
    a_user_name_is_taken_however_it_is_written,
    wrong_values_are_refused_all_at_once,
    a_password_that_is_easy_to_guess_is_refused,
);

async fn a_user_has_its_defaults(service: &Service) {
    let admin = service.admin().await;
    let body = json!({ "username": " ulli ", "role": "user", "tenantId": admin.tenant_id() });
    let answer = admin.client.post("/api/users", &body).await;
    let made = answer.assert(201).json.clone();
    assert_eq!((answer.header("etag"), answer.header("location")), ("\"1\"", &*user_path(&made)));
    let expected = json!({ "id": made["id"], "tenantId": admin.tenant_id(), "username": "ulli", "role": "user",
        "disabled": false, "identities": [], "revision": 1, "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"] });
    assert_eq!(made, expected);
    let found = admin.client.get(&user_path(&made)).await;
    assert_eq!((found.header("etag"), &found.json), ("\"1\"", &made));
}

async fn a_user_keeps_what_was_said(service: &Service) {
    let admin = service.admin().await;
    let said = json!({ "displayName": "Ulli Ünal ☂", "email": "ulli@example.com", "role": "server_owner" });
    let secret = with(said.clone(), &json!({ "password": PASSWORD }));
    let made = create_user(&admin, &admin.tenant_id(), "ulli", secret).await;
    for (field, value) in said.as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    assert!(made.get("password").is_none(), "{made}");
    assert_eq!(admin.client.get(&user_path(&made)).await.expect(200), made);
    assert_eq!(sign_in(&service.client(), "ULLI").await, 200);
    create_user(&admin, &admin.tenant_id(), "no-password", json!({})).await;
    assert_eq!(sign_in(&service.client(), "no-password").await, 401);
}

/// Case, width and composition do not make another name; another tenant does.
async fn a_user_name_is_taken_however_it_is_written(service: &Service) {
    let (admin, other) = (service.admin().await, service.actor("other", "otto", Role::ServerOwner).await);
    create_user(&admin, &admin.tenant_id(), "Ünal", json!({})).await;
    let (entries, ()) = entries_of(service, async {
        for name in ["Ünal", "ünal", "ÜNAL", "U\u{308}nal", "Ｕ\u{308}nal", " ünal "] {
            let body = json!({ "username": name, "role": "user", "tenantId": admin.tenant_id() });
            let details = admin.client.post("/api/users", &body).await.details(409);
            assert!(details["username"].is_string(), "{name}: {details}");
        }
    })
    .await;
    assert_eq!(entries, 0);
    create_user(&admin, &other.tenant_id(), "ünal", json!({})).await;
}

async fn wrong_values_are_refused_all_at_once(service: &Service) {
    let admin = service.admin().await;
    let good = json!({ "username": "ulli", "role": "user", "tenantId": admin.tenant_id() });
    let refused = async |body: Value| complaints(admin.client.post("/api/users", &body).await);
    let (entries, ()) = entries_of(service, async {
        assert_eq!(refused(json!({})).await, ["role", "tenantId", "username"]);
        let all = json!({ "username": "two words", "displayName": "", "email": "nowhere", "role": "root",
            "tenantId": "acme", "password": "short" });
        let expected = ["displayName", "email", "password", "role", "tenantId", "username"];
        assert_eq!(refused(all).await, expected);
        for (patch, field) in [
            (json!({ "username": "" }), "username"),
            (json!({ "username": "u".repeat(101) }), "username"),
            (json!({ "username": "ul\u{7}li" }), "username"),
            (json!({ "displayName": "d".repeat(101) }), "displayName"),
            (json!({ "email": "a@" }), "email"),
            (json!({ "email": format!("{}@example.com", "e".repeat(255)) }), "email"),
            (json!({ "role": "Admin" }), "role"),
            (json!({ "role": 1 }), "role"),
            (json!({ "tenantId": "01900000-0000-7000-8000-000000000000" }), "tenantId"),
            (json!({ "tenantId": "00000000-0000-0000-0000-000000000000" }), "tenantId"),
            (json!({ "password": "p".repeat(129) }), "password"),
            (json!({ "password": [PASSWORD] }), "password"),
        ] {
            assert_eq!(refused(with(good.clone(), &patch)).await, [field], "{patch}");
        }
    })
    .await;
    assert_eq!(entries, 0);
}

/// NIST SP 800-63B: what everybody tries first, and what everybody knows of the user.
async fn a_password_that_is_easy_to_guess_is_refused(service: &Service) {
    let admin = service.admin().await;
    for password in ["password1234", "aaaaaaaaaaaaaaa", "ullithegreat", "ulli@example.com"] {
        let body = json!({ "username": "ullithegreat", "email": "ulli@example.com", "role": "user",
            "tenantId": admin.tenant_id(), "password": password });
        let answer = admin.client.post("/api/users", &body).await;
        assert!(!text(&answer.json["details"], "password").contains(password));
        assert_eq!(complaints(answer), ["password"], "{password}");
    }
}
