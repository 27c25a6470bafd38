//! API keys.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::{ApiResponse, OpenApi};
use registry_core::Registry;
use registry_core::clock::Timestamp;
use registry_core::model::id::{ApiKeyId, ServerId, UserId};
use registry_core::model::period::Resolution;
use registry_core::model::trend::RangeInput;
use registry_core::model::usage_query::KeyUsageInput;
use registry_core::service::ListKeys;
use uuid::Uuid;

use super::Tag;
use super::key_body::{ApiKeyBody, ApiKeyList, CreateApiKey, CreatedApiKey, RotateApiKey, UpdateApiKey};
use super::key_usage_body::ApiKeyUsage;
use super::page::{self, Pagination};
use super::precondition::{etag, expected};
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::{Json, OptionalJson};
use crate::word::Word;

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
        /// Only keys that act as this user.
        #[oai(name = "ownerUserId")]
        owner_user_id: Query<Option<Uuid>>,
    ) -> Result<Json<ApiKeyList>, ApiError> {
        let page = page::request(page.0, limit.0)?;
        let (server_id, owner_id) = (server_id.0.map(ServerId), owner_user_id.0.map(UserId));
        let list = ListKeys { server_id, owner_id, page };
        let found = self.registry.keys.list(&auth.0, list).await?;
        let now = self.now();
        let api_keys = found.items.iter().map(|key| ApiKeyBody::used(key, now)).collect();
        Ok(Json(ApiKeyList { api_keys, pagination: Pagination::from(&found) }))
    }

    /// Tells about one key.
    #[oai(path = "/:id", method = "get", operation_id = "getApiKey")]
    async fn get(&self, auth: Auth, id: Path<Uuid>) -> Result<Found, ApiError> {
        let used = self.registry.keys.get(&auth.0, ApiKeyId(id.0)).await?;
        Ok(Found::Ok(Json(ApiKeyBody::used(&used, self.now())), etag(used.key.revision)))
    }

    /// Changes a key's name, description, scopes or tools.
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
        Ok(Found::Ok(Json(ApiKeyBody::new(&key, self.now())), etag(key.revision)))
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

    /// Fetches the new secret of a key of the caller's own that was rotated without being asked: once, within 24 hours.
    #[oai(path = "/:id/claim", method = "post", operation_id = "claimApiKey")]
    async fn claim(&self, auth: Auth, id: Path<Uuid>) -> Result<Rotated, ApiError> {
        let issued = self.registry.keys.claim(&auth.0, ApiKeyId(id.0)).await?;
        let tag = etag(issued.key.revision);
        Ok(Rotated::Ok(Json(CreatedApiKey::new(&issued, self.now())), tag))
    }

    /// Tells how much a key was used: in all, and over a range if one is asked for.
    #[oai(path = "/:id/usage", method = "get", operation_id = "getApiKeyUsage")]
    async fn usage(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// From this time on. Without it 24 hours or 30 days before `to`, by the resolution.
        from: Query<Option<DateTime<Utc>>>,
        /// To before this time; the present by default.
        to: Query<Option<DateTime<Utc>>>,
        /// By `hour` (of at most 30 days), the default, or `day` (of at most 366). Without any of these four there is no `trend`.
        resolution: Query<Option<Word<Resolution>>>,
        /// Into how many equal parts the hours or days are put together: 1 to 200.
        slots: Query<Option<u32>>,
    ) -> Result<Json<ApiKeyUsage>, ApiError> {
        let input = KeyUsageInput {
            range: RangeInput { from: from.0, to: to.0, slots: slots.0 },
            resolution: resolution.0.map(|word| word.0),
        };
        Ok(Json(self.registry.usage.of_key(&auth.0, ApiKeyId(id.0), input).await?.into()))
    }
}
