//! The role matrix as a table: one row for each operation of the OpenAPI document (T2, R132 to R139, C1, C3, C8).

use registry_core::model::role::Scope;
use serde_json::{Value, json};

/// What an operation works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Nothing,
    /// An active server of the owner's.
    Server,
    /// A key of the owner's.
    Key,
}

/// Who may do an operation: the statuses that each gets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) operation: &'static str,
    pub(crate) target: Target,
    /// The scope that a key needs; without one the operation is public.
    pub(crate) scope: Option<Scope>,
    /// Of who may.
    pub(crate) success: u16,
    /// Of the `server_owner` whose the target is.
    pub(crate) owner: u16,
    /// Of another `server_owner` of the tenant.
    pub(crate) colleague: u16,
    /// Of a `user` of the tenant.
    pub(crate) user: u16,
}

const fn row(operation: &'static str, target: Target, scope: Scope, success: u16, others: [u16; 3]) -> Row {
    let [owner, colleague, user] = others;
    Row { operation, target, scope: Some(scope), success, owner, colleague, user }
}

const fn public(operation: &'static str) -> Row {
    Row {
        operation,
        target: Target::Nothing,
        scope: None,
        success: 200,
        owner: 200,
        colleague: 200,
        user: 200,
    }
}

use Scope::{AuditRead, HealthCheck, KeysManage, ServerRead, ServerWrite};
use Target::{Key, Nothing, Server};

/// A key that is not one's own is not found; a server of the tenant is seen by all in it.
pub(crate) const TABLE: [Row; 21] = [
    public("get /api/health"),
    public("get /api/ready"),
    row("get /api/servers", Nothing, ServerRead, 200, [200, 200, 200]),
    row("post /api/servers", Nothing, ServerWrite, 201, [201, 201, 403]),
    row("post /api/servers/test", Nothing, ServerWrite, 200, [200, 200, 403]),
    row("post /api/servers/validate", Nothing, ServerWrite, 200, [200, 200, 403]),
    row("get /api/servers/{id}", Server, ServerRead, 200, [200, 200, 200]),
    row("put /api/servers/{id}", Server, ServerWrite, 200, [200, 403, 403]),
    row("delete /api/servers/{id}", Server, ServerWrite, 204, [204, 403, 403]),
    row("get /api/servers/{id}/health", Server, ServerRead, 200, [200, 200, 200]),
    row("post /api/servers/{id}/health", Server, HealthCheck, 200, [200, 403, 403]),
    row("post /api/servers/{id}/health-check", Server, HealthCheck, 200, [200, 403, 403]),
    row("get /api/api-keys", Nothing, KeysManage, 200, [200, 200, 200]),
    row("post /api/api-keys", Nothing, KeysManage, 201, [201, 201, 403]),
    row("get /api/api-keys/{id}", Key, KeysManage, 200, [200, 404, 404]),
    row("patch /api/api-keys/{id}", Key, KeysManage, 200, [200, 404, 404]),
    row("delete /api/api-keys/{id}", Key, KeysManage, 204, [204, 404, 404]),
    row("post /api/api-keys/{id}/rotate", Key, KeysManage, 200, [200, 404, 404]),
    row("get /api/api-keys/{id}/usage", Key, KeysManage, 200, [200, 404, 404]),
    row("get /api/audit-logs", Nothing, AuditRead, 200, [403, 403, 403]),
    row("get /metrics", Nothing, AuditRead, 200, [403, 403, 403]),
];

/// What is served without a credential and is no operation of the document (A1).
pub(crate) const PUBLIC_PAGES: [&str; 5] = [
    "/api/openapi.json",
    "/api/docs",
    "/api/docs/start.js",
    "/api/docs/swagger-ui.js",
    "/api/docs/swagger-ui.css",
];

/// The operations of the document, as `method path`.
pub(crate) fn operations() -> Vec<(String, Value)> {
    let text = include_str!("../../../registry-http/openapi.json");
    let document: Value = serde_json::from_str(text).expect("the document");
    let paths = document["paths"].as_object().expect("paths").iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations").iter();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation.clone()))
    });
    operations.collect()
}

/// A body that the operation accepts; `name` is one that nobody has.
pub(crate) fn body(operation: &str, name: &str, upstream: &str) -> Option<Value> {
    match operation {
        "post /api/servers" | "post /api/servers/test" | "post /api/servers/validate" => {
            Some(json!({ "name": name, "version": "1.0.0", "endpointUrl": upstream }))
        }
        "put /api/servers/{id}" => Some(json!({ "description": name })),
        "post /api/api-keys" | "patch /api/api-keys/{id}" => Some(json!({ "name": "test" })),
        _ => None,
    }
}
