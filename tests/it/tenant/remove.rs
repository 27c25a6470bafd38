//! `DELETE /api/tenants/{id}`.

use black_box_tests::{Service, on_every_store, server};
use registry_core::model::role::Role;
use serde_json::json;

use super::{create_tenant, tenant_path};
use crate::support::{entries_of, register, server_path, text};

on_every_store!(only_an_empty_tenant_is_removed, what_a_removed_tenant_did_stays_in_the_log);

async fn only_an_empty_tenant_is_removed(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let (tenant, user) =
        (format!("/api/tenants/{}", owner.tenant_id()), format!("/api/users/{}", owner.user_id()));
    let refused = async || {
        let (entries, answer) = entries_of(service, admin.client.delete(&tenant)).await;
        assert_eq!((entries, answer.status.as_u16()), (0, 409), "{}", answer.text());
    };
    let made = register(&owner, "Weather").await;
    refused().await;
    // The server goes to nobody: an administrator's server in the tenant is in the way too.
    admin.client.delete(&server_path(&made)).await.assert(204);
    refused().await;
    admin.client.delete(&user).await.assert(204);
    let mut foreign = server("Foreign");
    foreign["tenantId"] = json!(owner.tenant_id());
    let foreign = admin.client.post("/api/servers", &foreign).await.expect(201);
    refused().await;
    admin.client.delete(&server_path(&foreign)).await.assert(204);
    let (entries, answer) = entries_of(service, admin.client.delete(&tenant)).await;
    assert_eq!((entries, answer.status.as_u16()), (1, 204), "{}", answer.text());
    admin.client.get(&tenant).await.assert(404);
    admin.client.put(&tenant, &json!({ "name": "again" })).await.assert(404);
    admin.client.delete(&tenant).await.assert(404);
    owner.client.get("/api/servers").await.assert(401);
    // Its name is free again, and means another tenant.
    let again = create_tenant(&admin, "acme", json!({})).await;
    assert_ne!(text(&again, "id"), owner.tenant_id());
    admin.client.delete(&tenant_path(&again)).await.assert(204);
}

async fn what_a_removed_tenant_did_stays_in_the_log(service: &Service) {
    let admin = service.admin().await;
    let tenant = create_tenant(&admin, "Beta", json!({})).await;
    admin.client.put(&tenant_path(&tenant), &json!({ "requestsPerMinute": 5 })).await.assert(200);
    admin.client.delete(&tenant_path(&tenant)).await.assert(204);
    let path = format!("/api/audit-logs?tenantId={}", text(&tenant, "id"));
    let log = admin.client.get(&path).await.expect(200);
    let events: Vec<_> =
        log["entries"].as_array().unwrap().iter().map(|entry| text(entry, "eventType")).collect();
    assert_eq!(events, ["tenant_deleted", "tenant_updated", "tenant_created"]);
}
