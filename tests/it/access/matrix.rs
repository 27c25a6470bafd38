//! The table is the document's, and the service does what the table says.

use black_box_tests::{Actor, Answer, Client, Service, Upstream, on_every_store};
use http::Method;
use registry_core::model::role::{Role, Scope};
use serde_json::json;

use super::table::{PUBLIC_PAGES, Row, TABLE, Target, body, operations};
use crate::support::{create_key, register_at, text};

on_every_store!(
    without_a_key_only_what_is_public_answers,
    each_role_may_do_what_the_table_says,
    each_scope_gives_what_the_table_says,
    a_user_reads_its_own_keys_and_changes_none,
);

/// A1: an operation that is added without a row fails here.
#[test]
fn every_operation_has_a_row() {
    let mut documented: Vec<_> = operations().into_iter().map(|(operation, _)| operation).collect();
    let mut rows: Vec<_> = TABLE.iter().map(|row| row.operation.to_owned()).collect();
    documented.sort();
    rows.sort();
    assert_eq!(documented, rows);
}

/// A1: the document asks for a credential just where the table does.
#[test]
fn the_document_names_what_is_public() {
    let open = operations().into_iter().filter(|(_, operation)| operation.get("security").is_none());
    let mut open: Vec<_> = open.map(|(operation, _)| operation).collect();
    open.sort();
    assert_eq!(open, ["get /api/health", "get /api/ready"]);
    let public = TABLE.iter().filter(|row| row.scope.is_none()).map(|row| row.operation);
    assert_eq!(public.collect::<Vec<_>>(), open);
}

struct Scene {
    owner: Actor,
    upstream: Upstream,
    count: std::cell::Cell<u32>,
}

impl Scene {
    async fn new(service: &Service) -> Self {
        let (owner, upstream) =
            (service.actor("acme", "olga", Role::ServerOwner).await, Upstream::start().await);
        Self { owner, upstream, count: std::cell::Cell::new(0) }
    }

    fn name(&self) -> String {
        self.count.set(self.count.get() + 1);
        format!("Server {}", self.count.get())
    }

    /// A fresh record for the operation, and the operation on it.
    async fn call(&self, client: &Client, row: &Row) -> Answer {
        let (method, path) = row.operation.split_once(' ').unwrap();
        let id = match row.target {
            Target::Nothing => String::new(),
            Target::Server => {
                text(&register_at(&self.owner, &self.name(), &self.upstream).await, "id").to_owned()
            }
            Target::Key => text(&create_key(&self.owner, json!({})).await, "id").to_owned(),
        };
        let method: Method = method.to_uppercase().parse().unwrap();
        let body = body(row.operation, &self.name(), &self.upstream.url);
        client.call(method, &path.replace("{id}", &id), body.as_ref()).await
    }
}

/// A1, C4.
async fn without_a_key_only_what_is_public_answers(service: &Service) {
    let (scene, nobody) = (Scene::new(service).await, service.client());
    for row in &TABLE {
        let expected = if row.scope.is_none() { row.success } else { 401 };
        let answer = scene.call(&nobody, row).await;
        assert_eq!(answer.status, expected, "{}", row.operation);
        if expected == 401 {
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{}", row.operation);
        }
    }
    for path in PUBLIC_PAGES {
        nobody.get(path).await.assert(200);
    }
    for path in ["/", "/api", "/metrics", "/api/docs/", "/.well-known/x", "/mcp", "/mcp/weather"] {
        let answer = nobody.send(http::Request::get(path).body(bytes::Bytes::new()).unwrap()).await;
        assert!(matches!(answer.status.as_u16(), 401 | 404), "{path}: {}", answer.status);
    }
}

/// T2, R133 to R139.
async fn each_role_may_do_what_the_table_says(service: &Service) {
    let scene = Scene::new(service).await;
    let admin = service.actor("elsewhere", "anna", Role::Admin).await;
    let colleague = service.actor("acme", "otto", Role::ServerOwner).await;
    let user = service.actor("acme", "ulli", Role::User).await;
    for row in &TABLE {
        let expected = [
            ("admin", &admin.client, row.success),
            ("owner", &scene.owner.client, row.owner),
            ("colleague", &colleague.client, row.colleague),
            ("user", &user.client, row.user),
        ];
        for (who, client, status) in expected {
            let answer = scene.call(client, row).await;
            assert_eq!(answer.status, status, "{who}: {} {}", row.operation, answer.text());
        }
    }
}

/// T2, R121, C36: even an administrator's key does nothing outside of its scopes.
async fn each_scope_gives_what_the_table_says(service: &Service) {
    let scene = Scene::new(service).await;
    let admin = service.actor("acme", "anna", Role::Admin).await;
    for scope in Scope::ALL {
        let client = admin.client_with(service, &[*scope], None).await;
        for row in &TABLE {
            let fits = row.scope.is_none_or(|needed| needed == *scope);
            // A key has no more scopes than the one that makes it, and reading is what it gets by default.
            let body_asks_for_more =
                row.operation == "post /api/api-keys" || row.operation.ends_with("/rotate");
            let expected =
                if fits && !(body_asks_for_more && *scope == Scope::KeysManage) { row.success } else { 403 };
            let answer = scene.call(&client, row).await;
            assert_eq!(answer.status, expected, "{scope}: {} {}", row.operation, answer.text());
        }
    }
    let keys = admin.client_with(service, &[Scope::KeysManage, Scope::ServerRead], None).await;
    for operation in ["post /api/api-keys", "post /api/api-keys/{id}/rotate"] {
        let row = TABLE.iter().find(|row| row.operation == operation).unwrap();
        scene.call(&keys, row).await.assert(row.success);
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
