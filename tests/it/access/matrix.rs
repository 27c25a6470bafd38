//! The table is the document's, and the service does what the table says.

use black_box_tests::{Actor, Service, on_every_store};
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use super::scene::Scene;
use super::session::session_client;
use super::table::{Needs, Row, TABLE, operations};
use crate::support::entries_of;

on_every_store!(
    each_role_may_do_what_the_table_says,
    a_session_may_do_what_its_role_may,
    a_change_with_a_session_needs_its_token,
    each_scope_gives_what_the_table_says,
    a_user_reads_its_own_keys_and_changes_none,
);

/// T2: an operation that is added without a row fails here.
#[test]
fn every_operation_has_a_row() {
    let mut documented: Vec<_> = operations().into_iter().map(|(operation, _)| operation).collect();
    let mut rows: Vec<_> = TABLE.iter().map(|row| row.operation.to_owned()).collect();
    documented.sort();
    rows.sort();
    assert_eq!(documented, rows);
}

/// Somebody of each role, and what the table says of them.
type Cast = [(&'static str, Actor, fn(&Row) -> u16); 4];

async fn cast(service: &Service, scene: &Scene<'_>) -> Cast {
    let actor = async |tenant: &str, name: &str, role| {
        scene.give_password(service.actor(tenant, name, role).await).await
    };
    [
        ("admin", actor("elsewhere", "anna", Role::Admin).await, |row| row.success),
        ("owner", actor("acme", "olga", Role::ServerOwner).await, |row| row.owner),
        ("colleague", actor("acme", "otto", Role::ServerOwner).await, |row| row.colleague),
        ("user", actor("acme", "ulli", Role::User).await, |row| row.user),
    ]
}

/// T2, R133 to R139.
async fn each_role_may_do_what_the_table_says(service: &Service) {
    let scene = Scene::new(service).await;
    let cast = cast(service, &scene).await;
    for row in &TABLE {
        for (who, actor, status) in &cast {
            let answer = scene.call(actor, &actor.client, row).await;
            assert_eq!(answer.status, status(row), "{who}: {} {}", row.operation, answer.text());
        }
    }
}

/// T2: no scope narrows it, and nothing widens it.
async fn a_session_may_do_what_its_role_may(service: &Service) {
    let scene = Scene::new(service).await;
    let cast = cast(service, &scene).await;
    for row in &TABLE {
        for (who, actor, status) in &cast {
            let client = session_client(service, actor).await;
            let answer = scene.call(actor, &client, row).await;
            assert_eq!(answer.status, status(row), "session of {who}: {} {}", row.operation, answer.text());
        }
    }
}

/// A10: a page of another site makes a browser send the cookie, but not the token; and a browser tells where it is.
async fn a_change_with_a_session_needs_its_token(service: &Service) {
    let scene = Scene::new(service).await;
    let admin = service.actor("elsewhere", "anna", Role::Admin).await;
    let client = session_client(service, &admin).await;
    let bare = client.without("x-csrf-token");
    let forged = [
        bare.with("x-csrf-token", ""),
        bare.with("x-csrf-token", &"0".repeat(64)),
        client.with("sec-fetch-site", "cross-site"),
        client.with("origin", "https://evil.example"),
        bare,
    ];
    let changes =
        TABLE.iter().filter(|row| row.needs != Needs::Nothing && !row.operation.starts_with("get "));
    for row in changes {
        let request = scene.prepare(row, &admin).await;
        let (entries, ()) = entries_of(service, async {
            for client in &forged {
                let answer = request.send(client).await;
                assert_eq!(answer.status, 403, "{} {}", row.operation, answer.text());
            }
        })
        .await;
        assert_eq!(entries, 0, "{}", row.operation);
    }
    client.get("/api/servers").await.assert(200);
}

/// T2, R121, C36: even an administrator's key does nothing outside of its scopes.
async fn each_scope_gives_what_the_table_says(service: &Service) {
    let scene = Scene::new(service).await;
    let admin = service.actor("acme", "anna", Role::Admin).await;
    for scope in Scope::ALL {
        let client = admin.client_with(service, &[*scope], None).await;
        for row in &TABLE {
            // A key has no more scopes than the one that makes it, and reading is what it gets by default.
            let asks_for_more = row.operation == "post /api/api-keys" || row.operation.ends_with("/rotate");
            let fits = match row.needs {
                Needs::Scope(needed) => needed == *scope && !asks_for_more,
                Needs::Nothing | Needs::Credential => true,
            };
            let answer = scene.call(&admin, &client, row).await;
            let expected = if fits { row.success } else { 403 };
            assert_eq!(answer.status, expected, "{scope}: {} {}", row.operation, answer.text());
        }
    }
    let keys = admin.client_with(service, &[Scope::KeysManage, Scope::ServerRead], None).await;
    for operation in ["post /api/api-keys", "post /api/api-keys/{id}/rotate"] {
        let row = TABLE.iter().find(|row| row.operation == operation).unwrap();
        scene.call(&admin, &keys, row).await.assert(row.success);
    }
}

/// R135, C37.
async fn a_user_reads_its_own_keys_and_changes_none(service: &Service) {
    let user = service.actor("acme", "ulli", Role::User).await;
    let path = format!("/api/api-keys/{}", user.key.key.id);
    user.client.get(&path).await.assert(200);
    user.client.get(&format!("{path}/usage")).await.assert(200);
    assert_eq!(user.client.get("/api/api-keys").await.expect(200)["pagination"]["total"], 1);
    user.client.patch(&path, &json!({ "name": "mine" })).await.assert(403);
    user.client.post_empty(&format!("{path}/rotate")).await.assert(403);
    user.client.delete(&path).await.assert(403);
}
