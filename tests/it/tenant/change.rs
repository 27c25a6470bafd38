//! `PUT /api/tenants/{id}`.

use black_box_tests::{Service, on_every_store};
use serde_json::json;

use super::{create_tenant, tenant_path};
use crate::support::{complaints, entries_of, with};
use crate::user::{PASSWORD, create_user, sign_in};

on_every_store!(
    what_is_absent_stays_and_null_clears,
    a_change_names_the_revision_it_was_made_from,
    names_are_nobody_elses,
    wrong_values_are_refused_all_at_once,
    who_signs_in_names_the_tenant_as_it_is_called_now,
);

async fn what_is_absent_stays_and_null_clears(service: &Service) {
    let admin = service.admin().await;
    let made = create_tenant(&admin, "Beta", json!({ "requestsPerMinute": 50 })).await;
    let (path, mut expected) = (tenant_path(&made), made);
    for (revision, patch) in [
        (2, json!({})),
        (3, json!({ "name": "Beta 2" })),
        (4, json!({ "disabled": true })),
        (5, json!({ "requestsPerMinute": null })),
        (6, json!({ "requestsPerMinute": 1_000_000, "disabled": false })),
        (7, json!({ "name": "BETA 2" })),
    ] {
        let answer = admin.client.put(&path, &patch).await;
        let changed = answer.assert(200).json.clone();
        expected = with(expected, &patch);
        expected = with(expected, &json!({ "revision": revision, "updatedAt": changed["updatedAt"] }));
        assert_eq!(changed, expected, "{patch}");
        assert_eq!(answer.header("etag"), format!("\"{revision}\""));
        assert_eq!(admin.client.get(&path).await.expect(200), expected);
    }
}

async fn a_change_names_the_revision_it_was_made_from(service: &Service) {
    let admin = service.admin().await;
    let path = tenant_path(&create_tenant(&admin, "Beta", json!({})).await);
    admin.client.with("if-match", "\"1\"").put(&path, &json!({ "name": "Gamma" })).await.assert(200);
    let (entries, ()) = entries_of(service, async {
        for tag in ["\"1\"", "\"3\"", "2", "nonsense"] {
            let stale = admin.client.with("if-match", tag);
            stale.put(&path, &json!({ "disabled": true })).await.assert(412);
            stale.delete(&path).await.assert(412);
        }
    })
    .await;
    assert_eq!(entries, 0);
    assert_eq!(admin.client.get(&path).await.expect(200)["disabled"], false);
    admin.client.with("if-match", "\"2\"").delete(&path).await.assert(204);
}

async fn names_are_nobody_elses(service: &Service) {
    let admin = service.admin().await;
    let path = tenant_path(&create_tenant(&admin, "Beta", json!({})).await);
    let (entries, ()) = entries_of(service, async {
        let taken = admin.client.put(&path, &json!({ "name": "MAIN" })).await.details(409);
        assert!(taken["name"].is_string(), "{taken}");
    })
    .await;
    assert_eq!(entries, 0);
    admin.client.put(&path, &json!({ "name": "Gamma" })).await.assert(200);
    create_tenant(&admin, "beta", json!({})).await;
}

async fn wrong_values_are_refused_all_at_once(service: &Service) {
    let admin = service.admin().await;
    let made = create_tenant(&admin, "Beta", json!({})).await;
    let path = tenant_path(&made);
    let wrong = json!({ "name": "", "requestsPerMinute": 0 });
    assert_eq!(complaints(admin.client.put(&path, &wrong).await), ["name", "requestsPerMinute"]);
    assert_eq!(complaints(admin.client.put(&path, &json!({ "disabled": 1 })).await), ["disabled"]);
    assert_eq!(admin.client.get(&path).await.expect(200), made);
}

async fn who_signs_in_names_the_tenant_as_it_is_called_now(service: &Service) {
    let (admin, nobody) = (service.admin().await, service.client());
    let tenants =
        [create_tenant(&admin, "Beta", json!({})).await, create_tenant(&admin, "Gamma", json!({})).await];
    for tenant in &tenants {
        create_user(&admin, tenant["id"].as_str().unwrap(), "bea", json!({ "password": PASSWORD })).await;
    }
    assert_eq!(sign_in(&nobody, "bea").await, 401, "it is not clear who is meant");
    let at = async |tenant: &str| {
        let body = json!({ "username": "bea", "password": PASSWORD, "tenant": tenant });
        nobody.post("/api/auth/login", &body).await
    };
    assert_eq!(at("BETA").await.expect(200)["tenantId"], tenants[0]["id"]);
    admin.client.put(&tenant_path(&tenants[0]), &json!({ "name": "Delta" })).await.assert(200);
    assert_eq!(at("delta").await.expect(200)["tenantId"], tenants[0]["id"]);
    assert_eq!(at("beta").await.status, 401);
}
