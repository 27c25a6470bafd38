//! `GET /api/tenants`.

use black_box_tests::{Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::json;

use super::create_tenant;
use crate::support::{complaints, text};

on_every_store!(
    tenants_are_sorted_by_name_on_disjoint_pages,
    tenants_are_nobodys_business_but_administrators
);

async fn tenants_are_sorted_by_name_on_disjoint_pages(service: &Service) {
    let admin = service.admin().await;
    for name in ["beta", "Alpha", "Çelik", "alpha 2", "_"] {
        create_tenant(&admin, name, json!({})).await;
    }
    let mut names = Vec::new();
    for page in 1..=4 {
        let list = admin.client.get(&format!("/api/tenants?limit=2&page={page}")).await.expect(200);
        let pagination = json!({ "page": page, "limit": 2, "total": 6, "totalPages": 3 });
        assert_eq!(list["pagination"], pagination);
        names
            .extend(list["tenants"].as_array().unwrap().iter().map(|tenant| text(tenant, "name").to_owned()));
    }
    assert_eq!(names, ["_", "Alpha", "alpha 2", "beta", "main", "Çelik"]);
    let one = &admin.client.get("/api/tenants?limit=1&page=2").await.expect(200)["tenants"][0];
    let found = admin.client.get(&super::tenant_path(one)).await.expect(200);
    assert_eq!(one, &found, "a list has whole records");
    for (query, field) in [("limit=101", "limit"), ("page=0", "page")] {
        assert_eq!(complaints(admin.client.get(&format!("/api/tenants?{query}")).await), [field]);
    }
}

/// T4: not even one's own, so that nothing tells of others.
async fn tenants_are_nobodys_business_but_administrators(service: &Service) {
    for (name, role) in [("olga", Role::ServerOwner), ("ulli", Role::User)] {
        let actor = service.actor("acme", name, role).await;
        actor.client.get("/api/tenants").await.assert(403);
        actor.client.get(&format!("/api/tenants/{}", actor.tenant_id())).await.assert(403);
    }
    let admin = service.actor("acme", "anna", Role::Admin).await;
    assert_eq!(admin.client.get("/api/tenants").await.expect(200)["tenants"][0]["name"], "acme");
}
