//! `POST /api/tenants`.

use black_box_tests::{Service, on_every_store};
use serde_json::{Value, json};

use super::{create_tenant, tenant_path};
use crate::support::{complaints, entries_of};
use crate::user::create_user;

on_every_store!(
    a_tenant_has_its_defaults_and_keeps_what_was_said,
    a_tenants_name_is_taken_however_it_is_written,
    wrong_values_are_refused_all_at_once,
    a_new_tenant_is_an_empty_one,
);

async fn a_tenant_has_its_defaults_and_keeps_what_was_said(service: &Service) {
    let admin = service.admin().await;
    let answer = admin.client.post("/api/tenants", &json!({ "name": " Acme GmbH ☂ " })).await;
    let made = answer.assert(201).json.clone();
    assert_eq!((answer.header("etag"), answer.header("location")), ("\"1\"", &*tenant_path(&made)));
    let expected = json!({ "id": made["id"], "name": "Acme GmbH ☂", "disabled": false, "revision": 1,
        "createdAt": made["createdAt"], "updatedAt": made["createdAt"] });
    assert_eq!(made, expected);
    let found = admin.client.get(&tenant_path(&made)).await;
    assert_eq!((found.header("etag"), &found.json), ("\"1\"", &made));
    let said = json!({ "requestsPerMinute": 50, "disabled": true });
    let made = create_tenant(&admin, "Beta", said).await;
    assert_eq!((&made["requestsPerMinute"], &made["disabled"]), (&json!(50), &json!(true)));
    assert_eq!(admin.client.get(&tenant_path(&made)).await.expect(200), made);
}

async fn a_tenants_name_is_taken_however_it_is_written(service: &Service) {
    let admin = service.admin().await;
    create_tenant(&admin, "Ünal", json!({})).await;
    let (entries, ()) = entries_of(service, async {
        for name in ["Ünal", "ÜNAL", "u\u{308}nal", " Ｕ\u{308}nal"] {
            let details = admin.client.post("/api/tenants", &json!({ "name": name })).await.details(409);
            assert!(details["name"].is_string(), "{name}: {details}");
        }
    })
    .await;
    assert_eq!(entries, 0);
    create_tenant(&admin, "Unal", json!({})).await;
}

async fn wrong_values_are_refused_all_at_once(service: &Service) {
    let admin = service.admin().await;
    let refused = async |body: Value| complaints(admin.client.post("/api/tenants", &body).await);
    let (entries, ()) = entries_of(service, async {
        assert_eq!(refused(json!({})).await, ["name"]);
        assert_eq!(refused(json!({ "requestsPerMinute": 0 })).await, ["name", "requestsPerMinute"]);
        for (body, field) in [
            (json!({ "name": "" }), "name"),
            (json!({ "name": "   " }), "name"),
            (json!({ "name": "n".repeat(101) }), "name"),
            (json!({ "name": "a\nb" }), "name"),
            (json!({ "name": 1 }), "name"),
            (json!({ "name": "a", "requestsPerMinute": 1_000_001 }), "requestsPerMinute"),
            (json!({ "name": "a", "requestsPerMinute": -1 }), "requestsPerMinute"),
            (json!({ "name": "a", "requestsPerMinute": "many" }), "requestsPerMinute"),
            (json!({ "name": "a", "disabled": "no" }), "disabled"),
        ] {
            assert_eq!(refused(body.clone()).await, [field], "{body}");
        }
    })
    .await;
    assert_eq!(entries, 0);
}

async fn a_new_tenant_is_an_empty_one(service: &Service) {
    let admin = service.admin().await;
    let tenant = create_tenant(&admin, "Beta", json!({})).await;
    let id = tenant["id"].as_str().unwrap();
    for path in ["/api/users", "/api/servers"] {
        let list = admin.client.get(&format!("{path}?tenantId={id}")).await.expect(200);
        assert_eq!(list["pagination"]["total"], 0, "{path}");
    }
    let user = create_user(&admin, id, "bea", json!({})).await;
    assert_eq!(user["tenantId"], id);
}
