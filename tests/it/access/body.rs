//! What the operations of the table are given.

use registry_core::model::capability::DefinitionDigest;
use serde_json::{Value, json};

/// The password of whoever has one here.
pub(crate) const PASSWORD: &str = "four unrelated words of Anna's";

/// What a body is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a> {
    /// A name that nobody has.
    pub(crate) name: &'a str,
    /// The endpoint of an MCP server.
    pub(crate) upstream: &'a str,
    /// The id of the target.
    pub(crate) id: &'a str,
    /// The id of the tenant.
    pub(crate) tenant: &'a str,
}

/// A body that the operation accepts.
pub(crate) fn body(operation: &str, given: Given<'_>) -> Option<Value> {
    let Given { name, upstream, id, tenant } = given;
    let username = name.to_lowercase().replace(' ', "-");
    Some(match operation {
        "post /api/servers" | "post /api/servers/test" | "post /api/servers/validate" => {
            json!({ "name": name, "version": "1.0.0", "endpointUrl": upstream })
        }
        "post /api/health-checks" => json!({ "servers": [id] }),
        "put /api/servers/{id}" => json!({ "description": name }),
        "post /api/servers/{id}/tools/{name}/approve" => json!({ "digest": echo_digest() }),
        "post /api/api-keys" | "patch /api/api-keys/{id}" => json!({ "name": "test" }),
        "post /api/auth/login" => json!({ "username": "signer", "password": PASSWORD }),
        "post /api/setup" => json!({ "token": "t".repeat(43), "username": username, "password": PASSWORD }),
        "post /api/users" => json!({ "username": username, "role": "user", "tenantId": tenant }),
        "patch /api/users/{id}" | "patch /api/users/me" => json!({ "displayName": name }),
        "put /api/users/me/password" => json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD }),
        "put /api/users/preferences/servers" => json!({ "serverId": id, "displayOrder": 1 }),
        "post /api/users/preferences/servers/bulk" => {
            json!({ "preferences": [{ "serverId": id, "displayOrder": 1 }] })
        }
        "post /api/webhooks" => json!({ "name": name, "url": upstream }),
        "put /api/webhooks/{id}" => json!({ "name": name }),
        "post /api/alerts/acknowledge" => json!({ "ids": [id] }),
        "post /api/tenants" | "put /api/tenants/{id}" => json!({ "name": name }),
        _ => return None,
    })
}

/// The digest of the only tool of the upstream, by MCP's words alone.
fn echo_digest() -> String {
    let schema = json!({ "type": "object", "properties": { "text": { "type": "string" } } });
    let echo = json!({ "name": "echo", "description": "Says it again", "inputSchema": schema });
    DefinitionDigest::of(&echo).to_string()
}
