//! Health of servers.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem_openapi::param::{Path, Query};
use poem_openapi::{Object, OpenApi};
use registry_core::Registry;
use registry_core::model::health::{CheckReport, CheckStatus, CheckType, HealthCheck};
use registry_core::model::health_history::{HistoryInput, HistoryResolution};
use registry_core::model::id::ServerId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::health_history::ServerHealthBody;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::{Json, OptionalJson};
use crate::word::Word;

/// How to check.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct CheckRequest {
    /// How long it may take, in seconds: 1 to 30; the server's own time-out by default.
    timeout: Option<u32>,
    /// Whether tools, resources and prompts are listed too.
    deep: bool,
}

/// What a check found out.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct CheckDetails {
    /// Whether the server was reached.
    connectivity: bool,
    /// Whether it accepted the credentials.
    authentication: bool,
    /// What it declares: `tools`, `resources`, `prompts` ...
    capabilities: Vec<String>,
    /// The MCP version that was agreed.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol_version: Option<String>,
    /// How many tools it lists (deep checks only).
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<u32>,
    /// How many resources it lists (deep checks only).
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<u32>,
    /// How many prompts it lists (deep checks only).
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    prompts: Option<u32>,
    /// Why it failed, as a stable code.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
}

/// One check of a server.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "HealthCheck")]
pub(super) struct HealthCheckBody {
    /// Its id.
    id: Uuid,
    /// The server.
    server_id: Uuid,
    /// What came of it.
    status: Word<CheckStatus>,
    /// How long the server took to answer, in milliseconds.
    response_time: f64,
    /// When.
    timestamp: DateTime<Utc>,
    /// Who or what asked for it.
    check_type: Word<CheckType>,
    /// Which user asked for it.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    performed_by: Option<Uuid>,
    /// Whether tools, resources and prompts were listed too.
    deep: bool,
    /// What it found out.
    details: CheckDetails,
    /// What went wrong.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<String>>,
}

/// Operations on the health of servers.
pub struct HealthApi {
    registry: Arc<Registry>,
}

impl HealthApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/servers", tag = "Tag::Health")]
impl HealthApi {
    /// Checks a server now.
    #[oai(path = "/:id/health-check", method = "post", operation_id = "checkServerHealth")]
    async fn check(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        body: OptionalJson<CheckRequest>,
    ) -> Result<Json<HealthCheckBody>, ApiError> {
        let CheckRequest { timeout, deep } = body.0;
        let check = self.registry.health.check(&auth.0, ServerId(id.0), timeout, deep).await?;
        Ok(Json(check.into()))
    }

    /// Checks a server now: the older name of `health-check`.
    #[oai(path = "/:id/health", method = "post", operation_id = "checkServerHealthAlias", deprecated)]
    async fn check_alias(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        body: OptionalJson<CheckRequest>,
    ) -> Result<Json<HealthCheckBody>, ApiError> {
        self.check(auth, id, body).await
    }

    /// Tells a server's state, its uptime, and its history: checks, newest first, or what they came to by hour or day.
    #[oai(path = "/:id/health", method = "get", operation_id = "getServerHealth")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn history(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// Only from this time on. Without it history by hour is of 24 hours, by day of 30 days.
        from: Query<Option<DateTime<Utc>>>,
        /// Only before this time; by hour or day the present by default.
        to: Query<Option<DateTime<Utc>>>,
        /// `raw`, the default, for checks; `hour` (of at most 90 days) or `day` (of at most 731) for what they came to.
        resolution: Query<Option<Word<HistoryResolution>>>,
        /// Into how many equal parts the hours or days are put together: 1 to 200.
        slots: Query<Option<u32>>,
        /// The page of checks, from 1.
        page: Query<Option<u32>>,
        /// The most checks of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
    ) -> Result<Json<ServerHealthBody>, ApiError> {
        let input = HistoryInput {
            from: from.0,
            to: to.0,
            resolution: resolution.0.map(|word| word.0),
            slots: slots.0,
            page: page.0,
            limit: limit.0,
        };
        let history = self.registry.health.history(&auth.0, ServerId(id.0), input).await?;
        Ok(Json(history.into()))
    }
}

/// Microseconds as milliseconds.
#[expect(clippy::cast_precision_loss, reason = "a check lasts seconds, not centuries")]
pub(super) fn milliseconds(us: u64) -> f64 {
    us as f64 / 1_000.0
}

impl CheckDetails {
    pub(super) fn new(report: &CheckReport) -> Self {
        Self {
            connectivity: report.connectivity,
            authentication: report.authentication,
            capabilities: report.capabilities.clone(),
            protocol_version: report.protocol_version.clone(),
            tools: report.tools_count,
            resources: report.resources_count,
            prompts: report.prompts_count,
            error_code: report.error.as_ref().map(|error| error.code.clone()),
        }
    }
}

/// What went wrong, as the API lists it.
pub(super) fn errors(report: &CheckReport) -> Option<Vec<String>> {
    report.error.as_ref().map(|error| vec![error.message.clone()])
}

impl From<HealthCheck> for HealthCheckBody {
    fn from(check: HealthCheck) -> Self {
        Self {
            id: check.id.0,
            server_id: check.server_id.0,
            status: Word(check.report.status),
            response_time: milliseconds(check.report.response_time_us),
            timestamp: check.performed_at,
            check_type: Word(check.check_type),
            performed_by: check.performed_by.map(|id| id.0),
            deep: check.deep,
            details: CheckDetails::new(&check.report),
            errors: errors(&check.report),
        }
    }
}
