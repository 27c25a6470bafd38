//! Checks of many servers at once.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem_openapi::param::Path;
use poem_openapi::{ApiResponse, Object, OpenApi};
use registry_core::Registry;
use registry_core::model::field::FieldErrors;
use registry_core::model::health::CheckStatus;
use registry_core::model::health_job::{HealthJob, JobFailure, JobState};
use registry_core::model::id::{HealthJobId, ServerId, TenantId};
use registry_core::model::server::ServerStatus;
use registry_core::service::{JobServers, ListServers};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::server::parse_tags;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;
use crate::word::Word;

/// Which servers to check, and how. Without `servers` they are those of the list that the other fields filter, and that
/// the caller may check.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct HealthJobRequest {
    /// These servers: 1 to 1000 ids.
    servers: Option<Vec<Uuid>>,
    /// Only this tenant's own.
    tenant_id: Option<Uuid>,
    /// Only this status.
    status: Option<String>,
    /// Only those whose name or description has this text, in any case.
    search: Option<String>,
    /// Only those with all of these tags.
    tags: Vec<String>,
    /// Whether tools, resources and prompts are listed too.
    deep: bool,
}

/// How many checks came to what.
#[derive(Debug, Object, Serialize, Default)]
struct JobCounts {
    /// The server answered well.
    healthy: u32,
    /// It answered, but slowly, or not all of it works.
    degraded: u32,
    /// It answered wrongly, or asked for other credentials.
    unhealthy: u32,
    /// It did not answer in time.
    timeout: u32,
    /// It could not be reached.
    error: u32,
    /// It would not be asked.
    unknown: u32,
}

/// A server that was not found well.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "HealthJobFailure")]
struct FailureBody {
    /// The server.
    server_id: Uuid,
    /// What came of its check; absent if it was removed meanwhile.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Word<CheckStatus>>,
    /// Why, as a stable code.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
}

/// Checks of many servers, and how far they are.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "HealthJob")]
struct HealthJobBody {
    /// Its id.
    id: Uuid,
    /// `running`, `finished`, or `stopped` if the node that did it stopped.
    state: Word<JobState>,
    /// How many servers it has.
    total: u32,
    /// How many of them were checked.
    done: u32,
    /// How many checks came to what.
    by_status: JobCounts,
    /// The servers that were not found well; the first 100.
    failures: Vec<FailureBody>,
    /// Whether tools, resources and prompts are listed too.
    deep: bool,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When the node that does it last told of it.
    updated_at: DateTime<Utc>,
}

#[derive(ApiResponse)]
enum Accepted {
    /// The servers are being checked.
    #[oai(status = 202)]
    Accepted(Json<HealthJobBody>, #[oai(header = "Location")] String),
}

/// Operations on checks of many servers.
pub struct HealthJobApi {
    registry: Arc<Registry>,
}

impl HealthJobApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/health-checks", tag = "Tag::Health")]
impl HealthJobApi {
    /// Checks many servers. Answers at once with a job, which tells how far that is; it is kept for an hour.
    #[oai(path = "/", method = "post", operation_id = "checkManyServers")]
    async fn check(&self, auth: Auth, body: Json<HealthJobRequest>) -> Result<Accepted, ApiError> {
        let deep = body.0.deep;
        let job = self.registry.health.check_many(&auth.0, body.0.servers()?, deep).await?;
        let location = format!("/api/health-checks/{}", job.id);
        Ok(Accepted::Accepted(Json(job.into()), location))
    }

    /// Tells how far the checks of many servers are, to who asked for them and to administrators of the tenant.
    #[oai(path = "/:id", method = "get", operation_id = "getHealthJob")]
    async fn get(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<HealthJobBody>, ApiError> {
        Ok(Json(self.registry.health.job(&auth.0, HealthJobId(id.0)).await?.into()))
    }
}

impl HealthJobRequest {
    fn servers(self) -> Result<JobServers, ApiError> {
        if let Some(ids) = self.servers {
            return Ok(JobServers::These(ids.into_iter().map(ServerId).collect()));
        }
        let status = self.status.as_deref().map(ServerStatus::parse).transpose();
        Ok(JobServers::Listed(ListServers {
            tenant_id: self.tenant_id.map(TenantId),
            status: status.map_err(|invalid| FieldErrors::one("status", invalid))?,
            search: self.search.filter(|text| !text.is_empty()),
            tags: parse_tags(self.tags.iter())?,
            ..ListServers::default()
        }))
    }
}

impl From<HealthJob> for HealthJobBody {
    fn from(job: HealthJob) -> Self {
        let count = |status| job.by_status.get(&status).copied().unwrap_or_default();
        let by_status = JobCounts {
            healthy: count(CheckStatus::Healthy),
            degraded: count(CheckStatus::Degraded),
            unhealthy: count(CheckStatus::Unhealthy),
            timeout: count(CheckStatus::Timeout),
            error: count(CheckStatus::Error),
            unknown: count(CheckStatus::Unknown),
        };
        Self {
            id: job.id.0,
            state: Word(job.state),
            total: job.total,
            done: job.done,
            by_status,
            failures: job.failures.into_iter().map(FailureBody::from).collect(),
            deep: job.deep,
            created_at: job.created_at,
            updated_at: job.updated_at,
        }
    }
}

impl From<JobFailure> for FailureBody {
    fn from(failure: JobFailure) -> Self {
        let JobFailure { server_id, status, code } = failure;
        Self { server_id: server_id.0, status: status.map(Word), error_code: code }
    }
}
