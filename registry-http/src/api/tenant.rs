//! Tenants.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{ApiResponse, Object, OpenApi};
use registry_core::Registry;
use registry_core::model::account_input::TenantInput;
use registry_core::model::id::TenantId;
use registry_core::model::tenant::Tenant;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::page::{self, Pagination};
use super::precondition::{etag, expected};
use super::server_input::nullable;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;

/// A new tenant, or a change of one; what is absent stays.
#[derive(Debug, Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct TenantRequest {
    /// Its name: 1 to 100 characters, unlike every other tenant's. Required for a new one.
    name: Option<String>,
    /// The users of a disabled tenant can do nothing.
    disabled: Option<bool>,
    /// How many requests a minute its users may make together: 1 to 1,000,000; null for what the operator set.
    requests_per_minute: MaybeUndefined<u32>,
}

impl From<TenantRequest> for TenantInput {
    fn from(body: TenantRequest) -> Self {
        let requests_per_minute = nullable(body.requests_per_minute);
        Self { name: body.name, disabled: body.disabled, requests_per_minute }
    }
}

/// A tenant.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Tenant")]
struct TenantBody {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
    /// Whether its users can do nothing.
    disabled: bool,
    /// How many requests a minute its users may make together, if that is its own matter.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_minute: Option<u32>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
    /// How often it was changed, as in its ETag.
    revision: u64,
}

impl From<Tenant> for TenantBody {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id.0,
            name: tenant.name.into(),
            disabled: tenant.disabled,
            requests_per_minute: tenant.requests_per_minute,
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
            revision: tenant.revision,
        }
    }
}

/// A page of tenants.
#[derive(Debug, Object, Serialize)]
struct TenantList {
    /// The tenants, by name.
    tenants: Vec<TenantBody>,
    /// Where the page stands.
    pagination: Pagination,
}

#[derive(ApiResponse)]
enum Created {
    /// The tenant was made.
    #[oai(status = 201)]
    Created(Json<TenantBody>, #[oai(header = "ETag")] String, #[oai(header = "Location")] String),
}

#[derive(ApiResponse)]
enum Found {
    /// The tenant.
    #[oai(status = 200)]
    Ok(Json<TenantBody>, #[oai(header = "ETag")] String),
}

impl From<Tenant> for Found {
    fn from(tenant: Tenant) -> Self {
        let tag = etag(tenant.revision);
        Self::Ok(Json(tenant.into()), tag)
    }
}

#[derive(ApiResponse)]
enum Removed {
    /// The tenant is gone.
    #[oai(status = 204)]
    NoContent,
}

/// Operations on tenants; for administrators.
pub struct TenantApi {
    registry: Arc<Registry>,
}

impl TenantApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/tenants", tag = "Tag::Tenants")]
impl TenantApi {
    /// Makes a tenant.
    #[oai(path = "/", method = "post", operation_id = "createTenant")]
    async fn create(&self, auth: Auth, body: Json<TenantRequest>) -> Result<Created, ApiError> {
        let tenant = self.registry.tenants.create(&auth.0, body.0.into()).await?;
        let (tag, location) = (etag(tenant.revision), format!("/api/tenants/{}", tenant.id));
        Ok(Created::Created(Json(tenant.into()), tag, location))
    }

    /// Lists tenants by name.
    #[oai(path = "/", method = "get", operation_id = "listTenants")]
    async fn list(
        &self,
        auth: Auth,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most tenants of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
    ) -> Result<Json<TenantList>, ApiError> {
        let found = self.registry.tenants.list(&auth.0, page::request(page.0, limit.0)?).await?;
        let pagination = Pagination::from(&found);
        Ok(Json(TenantList { tenants: found.items.into_iter().map(TenantBody::from).collect(), pagination }))
    }

    /// Tells about one tenant.
    #[oai(path = "/:id", method = "get", operation_id = "getTenant")]
    async fn get(&self, auth: Auth, id: Path<Uuid>) -> Result<Found, ApiError> {
        Ok(self.registry.tenants.get(&auth.0, TenantId(id.0)).await?.into())
    }

    /// Renames, limits, disables or enables a tenant.
    #[oai(path = "/:id", method = "put", operation_id = "updateTenant")]
    async fn update(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the change was made from; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<TenantRequest>,
    ) -> Result<Found, ApiError> {
        let expected = expected(if_match.0.as_deref())?;
        Ok(self.registry.tenants.update(&auth.0, TenantId(id.0), body.0.into(), expected).await?.into())
    }

    /// Removes a tenant that has no users and no servers any more. Its audit log stays.
    #[oai(path = "/:id", method = "delete", operation_id = "deleteTenant")]
    async fn delete(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the removal is for; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Removed, ApiError> {
        let expected = expected(if_match.0.as_deref())?;
        self.registry.tenants.delete(&auth.0, TenantId(id.0), expected).await?;
        Ok(Removed::NoContent)
    }
}
