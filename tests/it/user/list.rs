//! `GET /api/users`.

use black_box_tests::{Client, Service, on_every_store};
use registry_core::model::role::Role;
use serde_json::{Value, json};

use super::create_user;
use crate::support::{complaints, text};

on_every_store!(
    a_page_tells_where_it_stands,
    users_are_sorted_by_name_on_disjoint_pages,
    filters_narrow,
    a_server_owner_sees_its_tenant_and_a_user_nobody,
);

async fn users(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("/api/users?limit=100&{query}")).await.expect(200);
    let users = list["users"].as_array().unwrap();
    assert_eq!(list["pagination"]["total"], users.len(), "{query}");
    users.iter().map(|user| text(user, "username").to_owned()).collect()
}

async fn a_page_tells_where_it_stands(service: &Service) {
    let admin = service.admin().await;
    for name in ["bea", "Ada", "cem"] {
        create_user(&admin, &admin.tenant_id(), name, json!({})).await;
    }
    let list = admin.client.get("/api/users?limit=3&page=2").await.expect(200);
    assert_eq!(list["pagination"], json!({ "page": 2, "limit": 3, "total": 4, "totalPages": 2 }));
    assert_eq!(list["users"].as_array().unwrap().len(), 1);
    let one = &list["users"][0];
    let found = admin.client.get(&format!("/api/users/{}", text(one, "id"))).await.expect(200);
    assert_eq!(one, &found, "a list has whole records");
    let beyond = admin.client.get("/api/users?page=4294967295&limit=100").await.expect(200);
    assert_eq!((&beyond["users"], &beyond["pagination"]["total"]), (&json!([]), &json!(4)));
    for (query, field) in [
        ("limit=101", "limit"),
        ("limit=0", "limit"),
        ("page=0", "page"),
        ("role=root", "role"),
        ("tenantId=acme", "tenantId"),
    ] {
        assert_eq!(complaints(admin.client.get(&format!("/api/users?{query}")).await), [field], "{query}");
    }
}

async fn users_are_sorted_by_name_on_disjoint_pages(service: &Service) {
    let (admin, other) = (service.admin().await, service.actor("other", "Bea", Role::ServerOwner).await);
    for name in ["bea", "Ada", "Çem", "zoë", "Zoé"] {
        create_user(&admin, &admin.tenant_id(), name, json!({})).await;
    }
    create_user(&admin, &other.tenant_id(), "ada", json!({})).await;
    let mut paged = Vec::new();
    for page in 1..=4 {
        let list = admin.client.get(&format!("/api/users?limit=2&page={page}")).await.expect(200);
        paged.extend(list["users"].as_array().unwrap().clone());
    }
    let names: Vec<_> = paged.iter().map(|user| text(user, "username").to_lowercase()).collect();
    assert_eq!(names, ["ada", "ada", "bea", "bea", "root", "zoé", "zoë", "çem"]);
    let mut ids: Vec<_> = paged.iter().map(|user| text(user, "id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 8);
}

async fn filters_narrow(service: &Service) {
    let (admin, other) = (service.admin().await, service.actor("other", "otto", Role::ServerOwner).await);
    let said: [(&str, Value); 3] = [
        ("bea", json!({ "displayName": "Beate Köln", "email": "b@example.com" })),
        ("cem", json!({ "email": "CEM_100%@example.org", "role": "server_owner" })),
        ("dora", json!({ "displayName": "Cemile" })),
    ];
    for (name, patch) in said {
        create_user(&admin, &admin.tenant_id(), name, patch).await;
    }
    let of_other = format!("tenantId={}", other.tenant_id());
    let cases: [(&str, &[&str]); 12] = [
        ("", &["bea", "cem", "dora", "otto", "root"]),
        ("search=", &["bea", "cem", "dora", "otto", "root"]),
        ("role=admin", &["root"]),
        ("role=server_owner", &["cem", "otto"]),
        ("search=CEM", &["cem", "dora"]),
        ("search=k%C3%96LN", &["bea"]),
        ("search=example.", &["bea", "cem"]),
        ("search=_100%25", &["cem"]),
        ("search=%25", &["cem"]),
        ("search=cem&role=user", &["dora"]),
        (&of_other, &["otto"]),
        ("tenantId=01900000-0000-7000-8000-000000000000", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(users(&admin.client, query).await, expected, "{query}");
    }
}

/// C37: who issues a key to somebody has to find them.
async fn a_server_owner_sees_its_tenant_and_a_user_nobody(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let user = service.actor("acme", "ulli", Role::User).await;
    let other = service.actor("other", "otto", Role::ServerOwner).await;
    assert_eq!(users(&owner.client, "").await, ["minter", "olga", "ulli"]);
    assert_eq!(users(&owner.client, "search=otto").await, [""; 0]);
    assert_eq!(users(&other.client, "").await, ["otto"]);
    let path = |id: String| format!("/api/users/{id}");
    owner.client.get(&path(user.user_id())).await.assert(200);
    owner.client.get(&path(other.user_id())).await.assert(404);
    user.client.get("/api/users").await.assert(403);
    user.client.get(&path(owner.user_id())).await.assert(404);
    user.client.get(&path(other.user_id())).await.assert(404);
    assert_eq!(user.client.get("/api/users/me").await.expect(200)["username"], "ulli");
}
