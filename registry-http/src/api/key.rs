//! API keys.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{ApiResponse, Object, OpenApi};
use registry_core::Registry;
use registry_core::clock::Timestamp;
use registry_core::model::id::{ApiKeyId, ServerId};
use registry_core::model::key::{ApiKey, KeyStatus};
use registry_core::model::role::Scope;
use registry_core::model::usage::Usage;
use registry_core::service::{IssuedKey, KeyChange, KeyInput, ListKeys};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::page::{self, Pagination};
use super::precondition::{etag, expected};
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::{Json, OptionalJson};
use crate::word::Word;

/// A new key.
#[derive(Object, Deserialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct CreateApiKey {
    /// Its name: 1 to 50 characters. Required.
    name: Option<String>,
    /// What it is for: at most 200 characters.
    description: Option<String>,
    /// How long it lives: 1 to 365 days, 90 by default.
    expires_in_days: Option<u32>,
    /// What it may do: `server:read` by default. Others: `server:write`, `health:check`, `mcp:invoke`, `keys:manage`,
    /// `audit:read`.
    scopes: Option<Vec<String>>,
    /// The one server that it is for.
    server_id: Option<String>,
    /// The user that it acts as: the caller by default.
    owner_user_id: Option<String>,
}

/// A change of a key; what is absent stays.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct UpdateApiKey {
    /// Its name: 1 to 50 characters.
    name: Option<String>,
    /// What it is for: at most 200 characters; null clears it.
    description: MaybeUndefined<String>,
    /// What it may do.
    scopes: Option<Vec<String>>,
}

/// How to rotate a key.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct RotateApiKey {
    /// How long the old key goes on: 0 (the default), 900, 3600, 21600 or 86400 seconds.
    grace_period_seconds: u32,
}

/// A key. The key itself is never shown again; `keyPrefix` tells which one it is.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "ApiKey")]
struct ApiKeyBody {
    /// Its id; it stays when the key is rotated.
    id: Uuid,
    /// Its name.
    name: String,
    /// What it is for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Its first 8 characters.
    key_prefix: String,
    /// What it may do.
    scopes: Vec<Word<Scope>>,
    /// Whether it is accepted.
    status: Word<KeyStatus>,
    /// The one server that it is for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    server_id: Option<Uuid>,
    /// In which tenant it acts.
    tenant_id: Uuid,
    /// As whom it acts.
    owner_id: Uuid,
    /// Who made it.
    created_by: Uuid,
    /// When it stops being accepted.
    expires_at: DateTime<Utc>,
    /// When it was revoked.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<DateTime<Utc>>,
    /// When it was last rotated.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_rotated_at: Option<DateTime<Utc>>,
    /// How often it was rotated.
    rotation_count: u32,
    /// When the key before the last rotation stops being accepted.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_key_valid_until: Option<DateTime<Utc>>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
    /// How often it was changed, as in its ETag.
    revision: u64,
}

/// A key with its secret, which is shown this once.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct CreatedApiKey {
    /// The key. It is kept nowhere: save it now.
    key: String,
    /// What is kept of it.
    #[oai(flatten)]
    #[serde(flatten)]
    record: ApiKeyBody,
}

/// A page of keys.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct ApiKeyList {
    /// The keys, newest first.
    api_keys: Vec<ApiKeyBody>,
    /// Where the page stands.
    pagination: Pagination,
}

/// How much a key was used. Counted in memory and stored each second.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct ApiKeyUsage {
    /// Requests.
    requests: u64,
    /// How many of them failed.
    errors: u64,
    /// Bytes of bodies, both ways.
    bytes_transferred: u64,
    /// When it was last used.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<DateTime<Utc>>,
    /// From where it was last used.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_ip: Option<String>,
}

#[derive(ApiResponse)]
enum Issued {
    /// The key was made.
    #[oai(status = 201)]
    Created(Json<CreatedApiKey>, #[oai(header = "ETag")] String),
}

#[derive(ApiResponse)]
enum Rotated {
    /// The key was rotated.
    #[oai(status = 200)]
    Ok(Json<CreatedApiKey>, #[oai(header = "ETag")] String),
}

#[derive(ApiResponse)]
enum Found {
    /// The key.
    #[oai(status = 200)]
    Ok(Json<ApiKeyBody>, #[oai(header = "ETag")] String),
}

#[derive(ApiResponse)]
enum Revoked {
    /// The key is revoked.
    #[oai(status = 204)]
    NoContent,
}

/// Operations on API keys.
pub struct KeyApi {
    registry: Arc<Registry>,
}

impl KeyApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }

    fn now(&self) -> Timestamp {
        self.registry.clock().now()
    }
}

#[OpenApi(prefix_path = "/api/api-keys", tag = "Tag::ApiKeys")]
impl KeyApi {
    /// Makes a key. The answer shows it, this once.
    #[oai(path = "/", method = "post", operation_id = "createApiKey")]
    async fn create(&self, auth: Auth, body: Json<CreateApiKey>) -> Result<Issued, ApiError> {
        let issued = self.registry.keys.create(&auth.0, body.0.into()).await?;
        let tag = etag(issued.key.revision);
        Ok(Issued::Created(Json(CreatedApiKey::new(&issued, self.now())), tag))
    }

    /// Lists keys, newest first: an administrator's list has all, others' what they own or made.
    #[oai(path = "/", method = "get", operation_id = "listApiKeys")]
    async fn list(
        &self,
        auth: Auth,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most keys of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
        /// Only keys for this server.
        #[oai(name = "serverId")]
        server_id: Query<Option<Uuid>>,
    ) -> Result<Json<ApiKeyList>, ApiError> {
        let list = ListKeys { server_id: server_id.0.map(ServerId), page: page::request(page.0, limit.0)? };
        let found = self.registry.keys.list(&auth.0, list).await?;
        let now = self.now();
        let api_keys = found.items.iter().map(|key| ApiKeyBody::new(key, now)).collect();
        Ok(Json(ApiKeyList { api_keys, pagination: Pagination::from(&found) }))
    }

    /// Tells about one key.
    #[oai(path = "/:id", method = "get", operation_id = "getApiKey")]
    async fn get(&self, auth: Auth, id: Path<Uuid>) -> Result<Found, ApiError> {
        let key = self.registry.keys.get(&auth.0, ApiKeyId(id.0)).await?;
        Ok(self.found(&key))
    }

    /// Changes a key's name, description or scopes.
    #[oai(path = "/:id", method = "patch", operation_id = "updateApiKey")]
    async fn update(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the change was made from; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<UpdateApiKey>,
    ) -> Result<Found, ApiError> {
        let expected = expected(if_match.0.as_deref())?;
        let key = self.registry.keys.update(&auth.0, ApiKeyId(id.0), body.0.into(), expected).await?;
        Ok(self.found(&key))
    }

    /// Revokes a key, at once and for good.
    #[oai(path = "/:id", method = "delete", operation_id = "revokeApiKey")]
    async fn revoke(&self, auth: Auth, id: Path<Uuid>) -> Result<Revoked, ApiError> {
        self.registry.keys.revoke(&auth.0, ApiKeyId(id.0)).await?;
        Ok(Revoked::NoContent)
    }

    /// Gives a key a new secret, shown this once. The old one stops at once, or after a grace period.
    #[oai(path = "/:id/rotate", method = "post", operation_id = "rotateApiKey")]
    async fn rotate(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the change was made from; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: OptionalJson<RotateApiKey>,
    ) -> Result<Rotated, ApiError> {
        let (expected, grace) = (expected(if_match.0.as_deref())?, body.0.grace_period_seconds);
        let issued = self.registry.keys.rotate(&auth.0, ApiKeyId(id.0), grace, expected).await?;
        let tag = etag(issued.key.revision);
        Ok(Rotated::Ok(Json(CreatedApiKey::new(&issued, self.now())), tag))
    }

    /// Tells how much a key was used.
    #[oai(path = "/:id/usage", method = "get", operation_id = "getApiKeyUsage")]
    async fn usage(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<ApiKeyUsage>, ApiError> {
        let usage = self.registry.usage.of_key(&auth.0, ApiKeyId(id.0)).await?;
        Ok(Json(usage.into()))
    }
}

impl KeyApi {
    fn found(&self, key: &ApiKey) -> Found {
        Found::Ok(Json(ApiKeyBody::new(key, self.now())), etag(key.revision))
    }
}

impl ApiKeyBody {
    fn new(key: &ApiKey, now: Timestamp) -> Self {
        Self {
            id: key.id.0,
            name: key.name.to_string(),
            description: key.description.as_ref().map(ToString::to_string),
            key_prefix: key.prefix.clone(),
            scopes: key.scopes.iter().map(Word).collect(),
            status: Word(key.status(now)),
            server_id: key.server_id.map(|id| id.0),
            tenant_id: key.tenant_id.0,
            owner_id: key.owner_id.0,
            created_by: key.created_by.0,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_rotated_at: key.last_rotated_at,
            rotation_count: key.rotation_count,
            previous_key_valid_until: key.previous.as_ref().map(|previous| previous.valid_until),
            created_at: key.created_at,
            updated_at: key.updated_at,
            revision: key.revision,
        }
    }
}

impl CreatedApiKey {
    fn new(issued: &IssuedKey, now: Timestamp) -> Self {
        Self { key: issued.secret.expose().to_owned(), record: ApiKeyBody::new(&issued.key, now) }
    }
}

impl From<CreateApiKey> for KeyInput {
    fn from(body: CreateApiKey) -> Self {
        Self {
            name: body.name,
            description: body.description,
            expires_in_days: body.expires_in_days,
            scopes: body.scopes,
            server_id: body.server_id,
            owner_user_id: body.owner_user_id,
        }
    }
}

impl From<UpdateApiKey> for KeyChange {
    fn from(body: UpdateApiKey) -> Self {
        Self {
            name: body.name,
            description: super::server_input::nullable(body.description),
            scopes: body.scopes,
        }
    }
}

impl From<Usage> for ApiKeyUsage {
    fn from(usage: Usage) -> Self {
        Self {
            requests: usage.requests,
            errors: usage.errors,
            bytes_transferred: usage.bytes_transferred,
            last_used: usage.last_used_at,
            last_used_ip: usage.last_used_ip.map(|ip| ip.to_string()),
        }
    }
}
