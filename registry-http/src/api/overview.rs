//! The overview: what the first page of a dashboard shows.

use std::sync::Arc;

use poem_openapi::OpenApi;
use registry_core::Registry;

use super::Tag;
use super::overview_body::OverviewBody;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;

/// The operation of the overview.
pub struct OverviewApi {
    registry: Arc<Registry>,
}

impl OverviewApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/overview", tag = "Tag::Analytics")]
impl OverviewApi {
    /// Tells at a glance what there is and what happened lately, within what the caller sees: servers by status and health,
    /// calls, the busiest and the slowest servers, alerts, keys that expire soon, and the newest entries of the audit log.
    #[oai(path = "/", method = "get", operation_id = "getOverview")]
    async fn overview(&self, auth: Auth) -> Result<Json<OverviewBody>, ApiError> {
        Ok(Json(self.registry.overview.of(&auth.0).await?.into()))
    }
}
