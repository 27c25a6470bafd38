//! `PATCH /api/users/{id}`.

use black_box_tests::{Service, on_every_store, server};
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use super::{PASSWORD, create_user, sign_in, user_path};
use crate::access::session::session_client;
use crate::support::{complaints, entries_of, with};

on_every_store!(
    what_is_absent_stays_and_null_clears,
    a_change_names_the_revision_it_was_made_from,
    names_and_identities_are_nobody_elses,
    an_identity_that_is_taken_away_ends_the_sessions,
    wrong_values_are_refused_all_at_once,
    a_role_holds_from_the_next_call_on,
    a_password_is_set_and_taken_away,
    an_administrator_who_sets_its_own_password_stays_signed_in,
);

async fn what_is_absent_stays_and_null_clears(service: &Service) {
    let admin = service.admin().await;
    let said = json!({ "displayName": "Ulli", "email": "ulli@example.com" });
    let made = create_user(&admin, &admin.tenant_id(), "ulli", said).await;
    let path = user_path(&made);
    let mut expected = made;
    let identity = json!({ "issuer": "https://id.example", "subject": "u1" });
    for patch in [
        json!({}),
        json!({ "displayName": "Ulli Ünal" }),
        json!({ "username": "ulrike", "role": "server_owner", "disabled": true }),
        json!({ "identities": [identity, identity] }),
        json!({ "displayName": null, "email": null, "role": null, "disabled": null, "username": null }),
        json!({ "identities": [], "disabled": false }),
    ] {
        let answer = admin.client.patch(&path, &patch).await;
        let changed = answer.assert(200).json.clone();
        let revision = expected["revision"].as_u64().unwrap() + 1;
        let kept = ["role", "disabled", "username"].map(|field| (field, expected[field].clone()));
        expected = with(expected, &patch);
        for (field, value) in kept {
            if patch[field].is_null() {
                expected[field] = value;
            }
        }
        if !patch["identities"][0].is_null() {
            expected["identities"] = json!([identity]);
        }
        expected = with(expected, &json!({ "revision": revision, "updatedAt": changed["updatedAt"] }));
        assert_eq!(changed, expected, "{patch}");
        assert_eq!(answer.header("etag"), format!("\"{revision}\""));
        assert_eq!(admin.client.get(&path).await.expect(200), expected);
    }
}

async fn a_change_names_the_revision_it_was_made_from(service: &Service) {
    let admin = service.admin().await;
    let path = user_path(&create_user(&admin, &admin.tenant_id(), "ulli", json!({})).await);
    let change = json!({ "displayName": "Ulli" });
    admin.client.with("if-match", "\"1\"").patch(&path, &change).await.assert(200);
    let (entries, ()) = entries_of(service, async {
        for tag in ["\"1\"", "\"3\"", "2", "W/\"2\"", "nonsense"] {
            let stale = admin.client.with("if-match", tag);
            stale.patch(&path, &json!({ "displayName": "Other", "password": PASSWORD })).await.assert(412);
            stale.delete(&path).await.assert(412);
        }
    })
    .await;
    assert_eq!(entries, 0);
    assert_eq!(admin.client.get(&path).await.expect(200)["displayName"], "Ulli");
    assert_eq!(sign_in(&service.client(), "ulli").await, 401);
    admin.client.with("if-match", "*").patch(&path, &change).await.assert(200);
    admin.client.with("if-match", "\"3\"").delete(&path).await.assert(204);
}

async fn names_and_identities_are_nobody_elses(service: &Service) {
    let (admin, other) = (service.admin().await, service.actor("other", "otto", Role::ServerOwner).await);
    let identity = json!([{ "issuer": "https://id.example", "subject": "Subject" }]);
    let one = user_path(&create_user(&admin, &admin.tenant_id(), "one", json!({})).await);
    let two = user_path(&create_user(&admin, &other.tenant_id(), "two", json!({})).await);
    let three = user_path(&create_user(&admin, &admin.tenant_id(), "three", json!({})).await);
    admin.client.patch(&one, &json!({ "identities": identity })).await.assert(200);
    let (entries, ()) = entries_of(service, async {
        let taken = admin.client.patch(&three, &json!({ "username": "ONE" })).await.details(409);
        assert!(taken["username"].is_string(), "{taken}");
        // The identity of a person is one for all tenants.
        for path in [&two, &three] {
            let taken = admin.client.patch(path, &json!({ "identities": identity })).await.details(409);
            assert!(taken["identities"].is_string(), "{taken}");
        }
    })
    .await;
    assert_eq!(entries, 0);
    admin.client.patch(&two, &json!({ "username": "ONE" })).await.assert(200);
    admin.client.patch(&one, &json!({ "identities": [], "username": "One" })).await.assert(200);
    admin.client.patch(&three, &json!({ "identities": identity })).await.assert(200);
}

async fn an_identity_that_is_taken_away_ends_the_sessions(service: &Service) {
    let (admin, olga) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let path = format!("/api/users/{}", olga.user_id());
    let identities = |subjects: &[&str]| {
        let of = |subject: &&str| json!({ "issuer": "https://id.example", "subject": subject });
        json!({ "identities": subjects.iter().map(of).collect::<Vec<_>>() })
    };
    let (id, path) = (olga.user_id(), path.as_str());
    admin.client.patch(path, &identities(&[&id, "two"])).await.assert(200);
    let signed_in = session_client(service, &olga).await;
    admin.client.patch(path, &identities(&[&id, "two", "three"])).await.assert(200);
    signed_in.get("/api/servers").await.assert(200);
    admin.client.patch(path, &identities(&[&id, "three"])).await.assert(200);
    signed_in.get("/api/servers").await.assert(401);
    olga.client.get("/api/servers").await.assert(200);
}

async fn wrong_values_are_refused_all_at_once(service: &Service) {
    let admin = service.admin().await;
    let made = create_user(&admin, &admin.tenant_id(), "ulli", json!({})).await;
    let path = user_path(&made);
    let all = json!({ "username": "two words", "displayName": "", "email": "nowhere", "role": "root",
        "password": "short", "identities": [{ "issuer": "", "subject": "s" }] });
    let expected = ["displayName", "email", "identities", "password", "role", "username"];
    assert_eq!(complaints(admin.client.patch(&path, &all).await), expected);
    let many: Vec<Value> = (0..11).map(|n| json!({ "issuer": "i", "subject": n.to_string() })).collect();
    assert_eq!(complaints(admin.client.patch(&path, &json!({ "identities": many })).await), ["identities"]);
    assert_eq!(complaints(admin.client.patch(&path, &json!({ "disabled": "no" })).await), ["disabled"]);
    assert_eq!(admin.client.get(&path).await.expect(200), made);
}

async fn a_role_holds_from_the_next_call_on(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let key = owner.client_with(service, Scope::ALL, None).await;
    let path = format!("/api/users/{}", owner.user_id());
    let (create, audit) =
        (async |name: &str| key.post("/api/servers", &server(name)).await, "/api/audit-logs");
    create("One").await.assert(201);
    for (role, status, of_audit) in [("user", 403, 403), ("admin", 201, 200), ("server_owner", 201, 403)] {
        admin.client.patch(&path, &json!({ "role": role })).await.assert(200);
        create(&format!("As {role}").replace('_', " ")).await.assert(status);
        key.get(audit).await.assert(of_audit);
    }
}

async fn a_password_is_set_and_taken_away(service: &Service) {
    let (admin, nobody) = (service.admin().await, service.client());
    let path = user_path(&create_user(&admin, &admin.tenant_id(), "ulli", json!({})).await);
    admin.client.patch(&path, &json!({ "password": PASSWORD })).await.assert(200);
    assert_eq!(sign_in(&nobody, "ulli").await, 200);
    let sessions = format!("{path}/sessions");
    assert_eq!(admin.client.get(&sessions).await.expect(200)["sessions"].as_array().unwrap().len(), 1);
    // A change of something else leaves password and sessions alone.
    admin.client.patch(&path, &json!({ "displayName": "Ulli" })).await.assert(200);
    assert_eq!(admin.client.get(&sessions).await.expect(200)["sessions"].as_array().unwrap().len(), 1);
    admin.client.patch(&path, &json!({ "password": null })).await.assert(200);
    assert_eq!(admin.client.get(&sessions).await.expect(200)["sessions"], json!([]));
    assert_eq!(sign_in(&nobody, "ulli").await, 401);
}

async fn an_administrator_who_sets_its_own_password_stays_signed_in(service: &Service) {
    let admin = service.admin().await;
    let (here, there) = (session_client(service, &admin).await, session_client(service, &admin).await);
    let path = format!("/api/users/{}", admin.user_id());
    here.patch(&path, &json!({ "password": PASSWORD })).await.assert(200);
    here.get("/api/users/me").await.assert(200);
    there.get("/api/users/me").await.assert(401);
}
