//! Odd input, and many at once.

use black_box_tests::{Client, Service, on_every_store};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{PASSWORD, create_user, user_path};
use crate::support::{entries_of, total};

on_every_store!(
    text_that_no_store_keeps_is_found_nowhere,
    an_id_that_is_none_is_refused_alike_everywhere,
    of_many_who_take_a_name_at_once_one_gets_it,
    of_many_who_change_a_revision_at_once_one_does,
);

/// U+0000 is no text in PostgreSQL.
async fn text_that_no_store_keeps_is_found_nowhere(service: &Service) {
    let admin = service.admin().await;
    for text in ["%00", "a%00b", "%F0%9F%98%80", "%27%20OR%20%27%27%3D%27", "%5C"] {
        assert_eq!(total(&admin.client, &format!("/api/users?search={text}")).await, 0, "{text}");
    }
    // Who fails often has to wait, so these are few.
    for body in [
        json!({ "username": "root\0", "password": PASSWORD }),
        json!({ "username": "root", "password": PASSWORD, "tenant": "main\0" }),
        json!({ "username": "root", "password": "\0" }),
    ] {
        service.client().post("/api/auth/login", &body).await.assert(401);
    }
}

async fn an_id_that_is_none_is_refused_alike_everywhere(service: &Service) {
    let admin = service.admin().await;
    for id in ["root", "0", "01900000-0000-7000-8000-00000000000g", "%00", "null"] {
        let expected = admin.client.get(&format!("/api/servers/{id}")).await.status;
        for path in ["users", "tenants", "api-keys"] {
            let answer = admin.client.get(&format!("/api/{path}/{id}")).await;
            assert_eq!(answer.status, expected, "{path}/{id} {}", answer.text());
        }
    }
    admin.client.delete("/api/users/me").await.assert(405);
    admin.client.get(&format!("/api/users/{}", admin.tenant_id())).await.assert(404);
    admin.client.get(&format!("/api/tenants/{}", admin.user_id())).await.assert(404);
}

async fn at_once(client: &Client, path: &str, bodies: &[Value]) -> Vec<u16> {
    let all = join_all(bodies.iter().map(|body| client.post(path, body))).await;
    let mut statuses: Vec<_> = all.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    statuses
}

fn one_of_ten(success: u16, failure: u16) -> Vec<u16> {
    [vec![success], vec![failure; 9]].concat()
}

async fn of_many_who_take_a_name_at_once_one_gets_it(service: &Service) {
    let admin = service.admin().await;
    let names = ["ulli", "Ulli", "ULLI", "uLLi", "ulLi", "ULli", "UlLI", "ullI", "Ｕlli", "ＵLLI"];
    let users: Vec<_> = names
        .iter()
        .map(|name| json!({ "username": name, "role": "user", "tenantId": admin.tenant_id() }))
        .collect();
    let (entries, statuses) = entries_of(service, at_once(&admin.client, "/api/users", &users)).await;
    assert_eq!((entries, statuses), (1, one_of_ten(201, 409)));
    let tenants: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
    let (entries, statuses) = entries_of(service, at_once(&admin.client, "/api/tenants", &tenants)).await;
    assert_eq!((entries, statuses), (1, one_of_ten(201, 409)));
}

async fn of_many_who_change_a_revision_at_once_one_does(service: &Service) {
    let admin = service.admin().await;
    let path = user_path(&create_user(&admin, &admin.tenant_id(), "ulli", json!({})).await);
    let client = admin.client.with("if-match", "\"1\"");
    let (entries, answers) = entries_of(service, async {
        let change = |number: u32| {
            let (client, path) = (&client, &path);
            async move { client.patch(path, &json!({ "displayName": format!("Ulli {number}") })).await }
        };
        join_all((0..10).map(change)).await
    })
    .await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!((entries, statuses), (1, one_of_ten(200, 412)));
    assert_eq!(admin.client.get(&path).await.expect(200)["revision"], 2);
}
