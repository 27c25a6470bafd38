//! The overview: what the first page of a dashboard shows.

use std::sync::Arc;

use poem_openapi::{Object, OpenApi};
use registry_core::Registry;
use registry_core::model::overview::ServerCounts;
use registry_core::model::server::{HealthStatus, ServerStatus};
use registry_core::service::Overview;
use serde::Serialize;

use super::Tag;
use super::health_history::StatusChangeBody;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;

/// Servers by whether calls are routed to them.
#[derive(Debug, Object, Serialize)]
struct ByStatus {
    /// They are.
    active: u64,
    /// They are switched off, or were never reached.
    inactive: u64,
    /// Monitoring took them out.
    error: u64,
    /// They are not, for a while.
    maintenance: u64,
}

/// Servers by what checks said of them last.
#[derive(Debug, Object, Serialize)]
struct ByHealth {
    /// They answer well.
    healthy: u64,
    /// They answer slowly or in part, or failed lately.
    degraded: u64,
    /// They do not answer.
    unhealthy: u64,
    /// Nothing is known of them.
    unknown: u64,
}

/// How many servers the caller sees.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "ServerCounts")]
struct ServerCountsBody {
    /// All of them.
    total: u64,
    /// By whether calls are routed to them.
    by_status: ByStatus,
    /// By what checks said of them last.
    by_health: ByHealth,
}

/// What is there, and what happened lately.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Overview")]
struct OverviewBody {
    /// The servers that the caller sees.
    servers: ServerCountsBody,
    /// How their health changed in the last 24 hours, newest first, at most ten times.
    recent_changes: Vec<StatusChangeBody>,
}

/// The operation of the overview.
pub struct OverviewApi {
    registry: Arc<Registry>,
}

impl OverviewApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/overview", tag = "Tag::Health")]
impl OverviewApi {
    /// Counts the servers that the caller sees, and tells how their health changed lately.
    #[oai(path = "/", method = "get", operation_id = "getOverview")]
    async fn overview(&self, auth: Auth) -> Result<Json<OverviewBody>, ApiError> {
        Ok(Json(self.registry.overview.of(&auth.0).await?.into()))
    }
}

impl From<&ServerCounts> for ServerCountsBody {
    fn from(counts: &ServerCounts) -> Self {
        Self {
            total: counts.total(),
            by_status: ByStatus {
                active: counts.of_status(ServerStatus::Active),
                inactive: counts.of_status(ServerStatus::Inactive),
                error: counts.of_status(ServerStatus::Error),
                maintenance: counts.of_status(ServerStatus::Maintenance),
            },
            by_health: ByHealth {
                healthy: counts.of_health(HealthStatus::Healthy),
                degraded: counts.of_health(HealthStatus::Degraded),
                unhealthy: counts.of_health(HealthStatus::Unhealthy),
                unknown: counts.of_health(HealthStatus::Unknown),
            },
        }
    }
}

impl From<Overview> for OverviewBody {
    fn from(Overview { servers, changes }: Overview) -> Self {
        let recent_changes = changes.into_iter().map(StatusChangeBody::from).collect();
        Self { servers: (&servers).into(), recent_changes }
    }
}
