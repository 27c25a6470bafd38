//! `GET /api/servers` (R57 to R66).

use black_box_tests::{Actor, Service, on_every_store, server};
use registry_core::model::role::{Role, Scope};
use serde_json::{Value, json};

use crate::support::{complaints, names, register, server_path, text, total, with, without_performance};

on_every_store!(
    a_page_tells_where_it_stands,
    pages_are_disjoint_and_complete,
    filters_narrow_and_are_repeated,
    search_finds_text_in_name_or_description,
    lists_are_sorted_as_asked,
    a_wrong_parameter_is_refused_by_its_name,
    a_linked_key_sees_its_server_only,
    the_role_user_sees_active_servers_only,
);

async fn populate(owner: &Actor) {
    let servers = [
        ("bravo", json!({ "tags": ["a", "b"], "description": "Wetter in Köln 100%" })),
        ("Alpha", json!({ "tags": ["a"], "description": "under_score" })),
        ("charlie 9", json!({ "tags": ["b", "A"] })),
        ("Delta", json!({ "description": "back\\slash" })),
    ];
    for (name, patch) in servers {
        owner.client.post("/api/servers", &with(server(name), &patch)).await.assert(201);
    }
}

/// R57, R58, R64.
async fn a_page_tells_where_it_stands(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let empty = json!({ "servers": [], "filters": {},
        "pagination": { "page": 1, "limit": 20, "total": 0, "totalPages": 0 } });
    assert_eq!(owner.client.get("/api/servers").await.expect(200), empty);
    populate(&owner).await;
    let list = owner.client.get("/api/servers?limit=3&page=2").await.expect(200);
    assert_eq!(list["pagination"], json!({ "page": 2, "limit": 3, "total": 4, "totalPages": 2 }));
    assert_eq!(list["servers"].as_array().unwrap().len(), 1);
    let beyond = owner.client.get("/api/servers?limit=100&page=7").await.expect(200);
    assert_eq!((&beyond["servers"], &beyond["pagination"]["total"]), (&json!([]), &json!(4)));
    assert_eq!(
        owner.client.get("/api/servers?page=4294967295&limit=100").await.expect(200)["servers"],
        json!([])
    );
    let item = &owner.client.get("/api/servers?limit=1").await.expect(200)["servers"][0];
    let one = without_performance(owner.client.get(&server_path(item)).await.expect(200));
    assert_eq!(item, &one, "a list has whole records, but for how calls went");
}

async fn pages_are_disjoint_and_complete(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    for number in 0..23 {
        register(&owner, &format!("Server {number}")).await;
    }
    for sort in ["name", "createdAt", "updatedAt", "status"] {
        let mut found = Vec::new();
        for page in 1..=5 {
            let path = format!("/api/servers?sortBy={sort}&limit=5&page={page}");
            found.extend(names(&owner.client, &path).await);
        }
        let (all, mut unique) = (found.len(), found);
        unique.sort();
        unique.dedup();
        assert_eq!((all, unique.len()), (23, 23), "{sort}");
    }
}

/// R59, R61, R64: tags are compared with their case, and all of them must be there.
async fn filters_narrow_and_are_repeated(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    populate(&owner).await;
    let alpha = &owner.client.get("/api/servers?search=alpha").await.expect(200)["servers"][0];
    owner.client.put(&server_path(alpha), &json!({ "status": "maintenance" })).await.assert(200);
    let cases = [
        ("status=maintenance", json!({ "status": "maintenance" }), vec!["Alpha"]),
        ("status=active", json!({ "status": "active" }), vec![]),
        ("tags=a", json!({ "tags": ["a"] }), vec!["Alpha", "bravo"]),
        ("tags=A", json!({ "tags": ["A"] }), vec!["charlie 9"]),
        ("tags=a&tags=b", json!({ "tags": ["a", "b"] }), vec!["bravo"]),
        ("tags%5B%5D=a&tags%5B%5D=b", json!({ "tags": ["a", "b"] }), vec!["bravo"]),
        ("tags[]=b", json!({ "tags": ["b"] }), vec!["bravo", "charlie 9"]),
        ("search=", json!({}), vec!["Alpha", "bravo", "charlie 9", "Delta"]),
        (
            "status=inactive&tags=a&search=K%C3%96LN",
            json!({ "status": "inactive", "tags": ["a"], "search": "KÖLN" }),
            vec!["bravo"],
        ),
    ];
    for (query, filters, expected) in cases {
        let path = format!("/api/servers?sortBy=name&sortOrder=asc&{query}");
        assert_eq!(names(&owner.client, &path).await, expected, "{query}");
        let list = owner.client.get(&path).await.expect(200);
        assert_eq!(list["filters"], filters, "{query}");
        assert_eq!(list["pagination"]["total"], expected.len(), "{query}");
    }
}

/// R60: in any case; what is special to a pattern language is a plain character here.
async fn search_finds_text_in_name_or_description(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    populate(&owner).await;
    let cases: [(&str, &[&str]); 13] = [
        ("ALPHA", &["Alpha"]),
        ("lph", &["Alpha"]),
        ("wetter", &["bravo"]),
        ("k%C3%B6ln", &["bravo"]),
        ("100%25", &["bravo"]),
        ("%25", &["bravo"]),
        ("_", &["Alpha"]),
        ("r_s", &["Alpha"]),
        ("%5C", &["Delta"]),
        ("a", &["Alpha", "bravo", "charlie 9", "Delta"]),
        ("'%20OR%20'1'='1", &[]),
        ("e%209", &["charlie 9"]),
        ("no%20such", &[]),
    ];
    for (search, expected) in cases {
        let path = format!("/api/servers?sortBy=name&sortOrder=asc&search={search}");
        assert_eq!(names(&owner.client, &path).await, expected, "{search}");
    }
}

/// R62, R63: names by their lower case; newest first unless asked otherwise.
async fn lists_are_sorted_as_asked(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    populate(&owner).await;
    let bravo = &owner.client.get("/api/servers?search=bravo").await.expect(200)["servers"][0];
    owner.client.put(&server_path(bravo), &json!({ "status": "active" })).await.assert(200);
    let created = ["bravo", "Alpha", "charlie 9", "Delta"];
    let by_name = ["Alpha", "bravo", "charlie 9", "Delta"];
    let updated = ["Alpha", "charlie 9", "Delta", "bravo"];
    let by_status = ["bravo", "Alpha", "charlie 9", "Delta"];
    let cases = [("createdAt", created), ("name", by_name), ("updatedAt", updated), ("status", by_status)];
    for (sort, ascending) in cases {
        let asked = names(&owner.client, &format!("/api/servers?sortBy={sort}&sortOrder=asc")).await;
        assert_eq!(asked, ascending, "{sort}");
        let mut descending = ascending;
        descending.reverse();
        for query in [format!("sortBy={sort}&sortOrder=desc"), format!("sortBy={sort}")] {
            assert_eq!(names(&owner.client, &format!("/api/servers?{query}")).await, descending, "{query}");
        }
    }
    let newest_first: Vec<_> = created.into_iter().rev().collect();
    assert_eq!(names(&owner.client, "/api/servers").await, newest_first);
}

async fn a_wrong_parameter_is_refused_by_its_name(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let cases = [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=x", "page"),
        ("page=4294967296", "page"),
        ("page=", "page"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1.5", "limit"),
        ("status=gone", "status"),
        ("status=Active", "status"),
        ("sortBy=secret", "sortBy"),
        ("sortOrder=up", "sortOrder"),
        ("tags=a%20b", "tags"),
        ("tags[]=", "tags"),
        ("tenantId=acme", "tenantId"),
    ];
    for (query, field) in cases {
        let answer = owner.client.get(&format!("/api/servers?{query}")).await;
        assert_eq!(complaints(answer), [field], "{query}");
    }
}

/// R121.
async fn a_linked_key_sees_its_server_only(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    populate(&owner).await;
    let list = owner.client.get("/api/servers?search=bravo").await.expect(200);
    let id = text(&list["servers"][0], "id");
    let linked = owner.client_with(service, Scope::ALL, Some(id)).await;
    assert_eq!(names(&linked, "/api/servers").await, ["bravo"]);
    assert_eq!(total(&linked, "/api/servers").await, 1);
    assert_eq!(total(&linked, "/api/servers?search=alpha").await, 0);
    linked.get(&format!("/api/servers/{id}")).await.assert(200);
}

/// C3.
async fn the_role_user_sees_active_servers_only(service: &Service) {
    let owner = service.actor("acme", "olga", Role::ServerOwner).await;
    let user = service.actor("acme", "ulli", Role::User).await;
    let (hidden, shown) = (register(&owner, "Hidden").await, register(&owner, "Shown").await);
    for status in ["active", "maintenance", "inactive", "active"] {
        owner.client.put(&server_path(&shown), &json!({ "status": status })).await.assert(200);
        let expected: &[&str] = if status == "active" { &["Shown"] } else { &[] };
        assert_eq!(names(&user.client, "/api/servers").await, expected, "{status}");
        let found = if status == "active" { 200 } else { 404 };
        user.client.get(&server_path(&shown)).await.assert(found);
    }
    user.client.get(&server_path(&hidden)).await.assert(404);
    assert_eq!(total(&user.client, "/api/servers?status=inactive").await, 0);
    assert_eq!(
        owner.client.get("/api/servers?status=inactive").await.expect(200)["servers"][0]["name"],
        "Hidden"
    );
    assert_eq!(user.client.get(&server_path(&shown)).await.expect(200)["description"], Value::Null);
}
