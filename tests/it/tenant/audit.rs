//! U3: each change of a tenant has one entry, in the tenant's own chain.

use black_box_tests::{Answer, Service, on_every_store};
use serde_json::{Value, json};

use super::{create_tenant, tenant_path};
use crate::support::entries_of;

on_every_store!(every_change_of_a_tenant_has_exactly_one_entry);

async fn told(service: &Service, act: impl Future<Output = Answer>) -> Value {
    let (count, answer) = entries_of(service, act).await;
    assert_eq!(count, 1, "{} {}", answer.request, answer.text());
    let id = answer.header("x-request-id").to_owned();
    let admin = service.admin().await;
    admin.client.get(&format!("/api/audit-logs?requestId={id}")).await.expect(200)["entries"][0].clone()
}

async fn every_change_of_a_tenant_has_exactly_one_entry(service: &Service) {
    let admin = service.admin().await;
    let entry = told(service, admin.client.post("/api/tenants", &json!({ "name": "Gamma" }))).await;
    assert_eq!(
        (&entry["eventType"], &entry["metadata"]["name"]),
        (&json!("tenant_created"), &json!("Gamma"))
    );
    let tenant = create_tenant(&admin, "Beta", json!({})).await;
    let (path, id) = (tenant_path(&tenant), &tenant["id"]);
    let change = json!({ "name": "Delta", "disabled": true, "requestsPerMinute": 7 });
    let entry = told(service, admin.client.put(&path, &change)).await;
    let before = json!({ "name": "Beta", "disabled": false, "requestsPerMinute": null });
    assert_eq!(entry["metadata"], json!({ "before": before, "after": change }));
    assert_eq!((&entry["eventType"], &entry["action"]), (&json!("tenant_updated"), &json!("update")));
    assert_eq!(
        (&entry["tenantId"], &entry["resourceId"], &entry["resourceType"]),
        (id, id, &json!("tenant"))
    );
    assert_eq!(entry["actorId"], admin.user_id());
    let entry = told(service, admin.client.delete(&path)).await;
    assert_eq!((&entry["eventType"], &entry["tenantId"]), (&json!("tenant_deleted"), id));
}
