//! The role matrix as a table: one row for each operation of the OpenAPI document (T2, R132 to R139, C1, C3, C8, C37).

use registry_core::model::role::Scope;
use serde_json::Value;

/// What an operation works on: the `{id}` of its path, or of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Nothing,
    /// An active server of the owner's.
    Server,
    /// A key of the owner's.
    Key,
    /// A user of the owner's tenant who owns nothing.
    User,
    /// A tenant that nobody is in.
    Tenant,
    /// A session of whoever calls.
    Session,
    /// An alert of an active server of the owner's.
    Alert,
    /// A webhook of the owner's tenant.
    Webhook,
    /// A job of health checks that whoever calls asked for.
    Job,
}

/// What a caller has to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: the operation is public.
    Nothing,
    /// A credential of any scope.
    Credential,
    /// A credential of this scope.
    Scope(Scope),
}

/// Who may do an operation: the statuses that each gets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) operation: &'static str,
    pub(crate) target: Target,
    pub(crate) needs: Needs,
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
    Row { operation, target, needs: Needs::Scope(scope), success, owner, colleague, user }
}

/// Everybody is told the same.
const fn alike(operation: &'static str, needs: Needs, status: u16) -> Row {
    let (target, success) = (Target::Nothing, status);
    Row { operation, target, needs, success, owner: status, colleague: status, user: status }
}

/// Everybody does it with their own.
const fn own(operation: &'static str, target: Target, scope: Scope, success: u16) -> Row {
    row(operation, target, scope, success, [success, success, success])
}

/// Administrators only.
const fn admin(operation: &'static str, target: Target, scope: Scope, success: u16) -> Row {
    row(operation, target, scope, success, [403, 403, 403])
}

/// Administrators only, with users: who may not list them is not told of others either.
const fn admin_of_user(operation: &'static str, success: u16) -> Row {
    row(operation, User, UsersManage, success, [403, 403, 404])
}

use Scope::{AuditRead, HealthCheck, KeysManage, ServerRead, ServerWrite, UsersManage};
use Target::{Alert, Job, Key, Nothing, Server, Session, Tenant, User, Webhook};

/// A key that is not one's own is not found; a server of the tenant is seen by all in it.
pub(crate) const TABLE: [Row; 76] = [
    alike("get /api/health", Needs::Nothing, 200),
    alike("get /api/ready", Needs::Nothing, 200),
    alike("post /api/auth/login", Needs::Nothing, 200),
    alike("get /api/auth/providers", Needs::Nothing, 200),
    // There is no provider, and the set-up link was never made: nobody is asked for more, and nobody gets anything.
    alike("get /api/auth/oidc/{provider}/start", Needs::Nothing, 404),
    alike("get /api/auth/oidc/{provider}/callback", Needs::Nothing, 404),
    alike("post /api/setup", Needs::Nothing, 401),
    alike("post /api/auth/logout", Needs::Credential, 204),
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
    row("post /api/health-checks", Server, HealthCheck, 202, [202, 403, 403]),
    row("get /api/health-checks/{id}", Job, HealthCheck, 200, [200, 200, 403]),
    row("get /api/servers/{id}/tools", Server, ServerRead, 200, [200, 200, 200]),
    row("get /api/servers/{id}/resources", Server, ServerRead, 200, [200, 200, 200]),
    row("get /api/servers/{id}/resource-templates", Server, ServerRead, 200, [200, 200, 200]),
    row("get /api/servers/{id}/prompts", Server, ServerRead, 200, [200, 200, 200]),
    row("get /api/servers/{id}/capability-changes", Server, ServerRead, 200, [200, 200, 200]),
    row("post /api/servers/{id}/tools/{name}/approve", Server, ServerWrite, 200, [200, 403, 403]),
    row("get /api/tools", Nothing, ServerRead, 200, [200, 200, 200]),
    row("get /api/api-keys", Nothing, KeysManage, 200, [200, 200, 200]),
    row("post /api/api-keys", Nothing, KeysManage, 201, [201, 201, 403]),
    row("get /api/api-keys/{id}", Key, KeysManage, 200, [200, 404, 404]),
    row("patch /api/api-keys/{id}", Key, KeysManage, 200, [200, 404, 404]),
    row("delete /api/api-keys/{id}", Key, KeysManage, 204, [204, 404, 404]),
    row("post /api/api-keys/{id}/rotate", Key, KeysManage, 200, [200, 404, 404]),
    // It is its owner's alone, and it was not rotated by itself.
    row("post /api/api-keys/{id}/claim", Key, KeysManage, 403, [409, 404, 404]),
    row("get /api/api-keys/{id}/usage", Key, KeysManage, 200, [200, 404, 404]),
    row("get /api/alerts", Nothing, ServerRead, 200, [200, 200, 200]),
    row("get /api/alerts/{id}", Alert, ServerRead, 200, [200, 200, 200]),
    row("post /api/alerts/{id}/acknowledge", Alert, ServerWrite, 200, [200, 403, 403]),
    row("post /api/alerts/{id}/resolve", Alert, ServerWrite, 200, [200, 403, 403]),
    // Each alert for itself: the answer says which were refused.
    row("post /api/alerts/acknowledge", Alert, ServerWrite, 200, [200, 200, 200]),
    admin("post /api/webhooks", Nothing, ServerWrite, 201),
    admin("get /api/webhooks", Nothing, ServerWrite, 200),
    admin("get /api/webhooks/{id}", Webhook, ServerWrite, 200),
    admin("put /api/webhooks/{id}", Webhook, ServerWrite, 200),
    admin("delete /api/webhooks/{id}", Webhook, ServerWrite, 204),
    admin("post /api/webhooks/{id}/rotate-secret", Webhook, ServerWrite, 200),
    admin("post /api/webhooks/{id}/test", Webhook, ServerWrite, 200),
    admin("get /api/webhooks/{id}/deliveries", Webhook, ServerWrite, 200),
    // Nothing was given up.
    admin("post /api/webhooks/{id}/deliveries/{delivery}/retry", Webhook, ServerWrite, 409),
    admin("get /api/audit-logs", Nothing, AuditRead, 200),
    alike("get /api/events", Needs::Credential, 200),
    alike("get /api/overview", Needs::Scope(Scope::ServerRead), 200),
    alike("get /api/analytics/usage", Needs::Scope(Scope::ServerRead), 200),
    alike("get /api/analytics/servers", Needs::Scope(Scope::ServerRead), 200),
    admin("get /metrics", Nothing, AuditRead, 200),
    admin("post /api/users", Nothing, UsersManage, 201),
    row("get /api/users", Nothing, UsersManage, 200, [200, 200, 403]),
    row("get /api/users/{id}", User, UsersManage, 200, [200, 200, 404]),
    admin_of_user("patch /api/users/{id}", 200),
    admin_of_user("delete /api/users/{id}", 204),
    admin_of_user("get /api/users/{id}/sessions", 200),
    admin_of_user("delete /api/users/{id}/sessions", 200),
    alike("get /api/users/me", Needs::Credential, 200),
    own("patch /api/users/me", Nothing, UsersManage, 200),
    own("put /api/users/me/password", Nothing, UsersManage, 204),
    own("get /api/users/me/sessions", Nothing, UsersManage, 200),
    own("delete /api/users/me/sessions", Nothing, UsersManage, 200),
    own("delete /api/users/me/sessions/{id}", Session, UsersManage, 204),
    own("get /api/users/preferences/servers", Nothing, ServerRead, 200),
    own("put /api/users/preferences/servers", Server, ServerWrite, 200),
    own("post /api/users/preferences/servers/bulk", Server, ServerWrite, 200),
    admin("post /api/tenants", Nothing, UsersManage, 201),
    admin("get /api/tenants", Nothing, UsersManage, 200),
    admin("get /api/tenants/{id}", Tenant, UsersManage, 200),
    admin("put /api/tenants/{id}", Tenant, UsersManage, 200),
    admin("delete /api/tenants/{id}", Tenant, UsersManage, 204),
];

/// What is served without a credential and is no operation of the document (A1).
pub(crate) const PUBLIC_PAGES: [&str; 31] = [
    "/api/openapi.json",
    "/api/docs",
    "/api/docs/start.js",
    "/api/docs/swagger-ui.js",
    "/api/docs/swagger-ui.css",
    "/pages/api.js",
    "/pages/dom.js",
    "/pages/form.js",
    "/pages/icon.svg",
    "/pages/local-path.js",
    "/pages/secret.js",
    "/pages/secure.js",
    "/setup",
    "/pages/setup.js",
    "/sign-in",
    "/pages/sign-in.js",
    "/pages/style.css",
    "/",
    "/servers",
    "/servers/of-whatever-name",
    "/keys",
    "/health",
    "/alerts",
    "/webhooks",
    "/audit",
    "/users",
    "/tenants",
    "/settings",
    "/theme.js",
    "/assets/index.js",
    "/assets/index.css",
];

/// What is served so where there are issuers of tokens, for every server, be it there or not (RFC 9728).
pub(crate) const DISCOVERY_PAGES: [&str; 2] =
    ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp/weather"];

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
