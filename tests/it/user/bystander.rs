//! What is done to one user leaves others alone, and keys go to whom they were made for (C37).

use black_box_tests::{Service, on_every_store, server};
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use crate::support::{complaints, text};

on_every_store!(an_administrators_key_for_somebody_is_of_their_tenant, a_role_bounds_whom_keys_are_for);

async fn an_administrators_key_for_somebody_is_of_their_tenant(service: &Service) {
    let (admin, owner) = (service.admin().await, service.actor("acme", "olga", Role::ServerOwner).await);
    let all: Vec<_> = Scope::ALL.iter().map(Scope::to_string).collect();
    let body = json!({ "name": "for olga", "ownerUserId": owner.user_id(), "scopes": all });
    let made = admin.client.post("/api/api-keys", &body).await.expect(201);
    assert_eq!((text(&made, "tenantId"), text(&made, "ownerId")), (&*owner.tenant_id(), &*owner.user_id()));
    assert_eq!(text(&made, "createdBy"), admin.user_id());
    let client = service.client().with_key(text(&made, "key"));
    assert_eq!(client.get("/api/users/me").await.expect(200)["id"], owner.user_id());
    let server = client.post("/api/servers", &server("Hers")).await.expect(201);
    assert_eq!(server["tenantId"], owner.tenant_id());
    client.get("/api/audit-logs").await.assert(403);
    client.get("/api/tenants").await.assert(403);
    owner.client.get(&format!("/api/api-keys/{}", text(&made, "id"))).await.assert(200);
}

async fn a_role_bounds_whom_keys_are_for(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let (user, admin) =
        (service.actor("acme", "ulli", Role::User).await, service.actor("acme", "anna", Role::Admin).await);
    let stranger = service.actor("other", "otto", Role::User).await;
    let ask = |id: String| json!({ "name": "test", "ownerUserId": id });
    owner.client.post("/api/api-keys", &ask(user.user_id())).await.assert(201);
    owner.client.post("/api/api-keys", &ask(admin.user_id())).await.assert(403);
    let answer = owner.client.post("/api/api-keys", &ask(stranger.user_id())).await;
    assert_eq!(complaints(answer), ["ownerUserId"]);
    admin.client.post("/api/api-keys", &ask(stranger.user_id())).await.assert(201);
}
