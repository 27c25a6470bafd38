//! Servers.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::{ApiResponse, Object, OpenApi};
use registry_core::Registry;
use registry_core::model::credential::AuthType;
use registry_core::model::endpoint::Transport;
use registry_core::model::field::FieldErrors;
use registry_core::model::health::{CheckReport, CheckStatus};
use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::page::SortOrder;
use registry_core::model::server::{HealthStatus, Server, ServerSort, ServerStatus};
use registry_core::model::text::Tag as ServerTag;
use registry_core::service::{ListServers, Registered};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::Tag;
use super::health::{self, CheckDetails};
use super::page::{self, Pagination};
use super::precondition::{etag, expected};
use super::server_input::ServerRequest;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;
use crate::word::Word;

/// A registered server. Its credentials are never shown.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Server")]
struct ServerBody {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
    /// Its name in URLs: `/mcp/{slug}` calls it.
    slug: String,
    /// What it is for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Its version.
    version: String,
    /// Its URL.
    endpoint_url: String,
    /// How it speaks MCP.
    transport_type: Word<Transport>,
    /// Which kind of credential it wants.
    auth_type: Word<AuthType>,
    /// Whether calls are routed to it.
    status: Word<ServerStatus>,
    /// What checks said of it.
    health_status: Word<HealthStatus>,
    /// Whose it is; null for a global one.
    tenant_id: Option<Uuid>,
    /// Who registered it.
    owner_id: Uuid,
    /// Whether every tenant sees it.
    is_public: bool,
    /// Tags.
    tags: Vec<String>,
    /// Its category.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    /// Free data.
    metadata: BTreeMap<String, Value>,
    /// Bounds on calls to it.
    settings: Settings,
    /// Whether it is checked without being asked.
    auto_health_check: bool,
    /// Seconds between checks.
    health_check_interval: u32,
    /// How long a check may take, in seconds.
    health_check_timeout: u32,
    /// How often a failed check is tried again at once.
    health_check_retries: u32,
    /// After how many failures in a row an alert is raised.
    alert_threshold: u32,
    /// When it was last checked.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_health_check: Option<DateTime<Utc>>,
    /// Failures in a row.
    health_check_failures: u32,
    /// The mean time of successful checks, in milliseconds.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    avg_response_time: Option<f64>,
    /// How many checks succeeded, in percent.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    success_rate: Option<f64>,
    /// What the last failure said.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error_message: Option<String>,
    /// When it was.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error_at: Option<DateTime<Utc>>,
    /// The key that its registration made.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<Uuid>,
    /// The version of this record's form.
    schema_version: u32,
    /// When it was registered.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
    /// How often it was changed, as in its ETag.
    revision: u64,
}

/// Bounds on calls to a server.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "ServerSettings")]
struct Settings {
    /// How long a call may wait for its answer.
    timeout_ms: u32,
    /// How often a call that is safe to repeat is tried again.
    max_retries: u32,
    /// The pause before that.
    backoff_ms: u32,
    /// The server's own rate limit.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit: Option<RateLimit>,
    /// How long lists may be cached.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_ttl_seconds: Option<u32>,
}

/// A rate limit.
#[derive(Debug, Object, Serialize)]
struct RateLimit {
    /// Calls a minute.
    rpm: u32,
    /// Calls at once above the rate.
    burst: u32,
}

/// A server that was just registered, with its key.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct RegisteredServer {
    /// A key that calls this server. It is kept nowhere: save it now.
    api_key: String,
    /// The server.
    #[oai(flatten)]
    #[serde(flatten)]
    server: ServerBody,
}

/// A page of servers.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct ServerList {
    /// The servers.
    servers: Vec<ServerBody>,
    /// Where the page stands.
    pagination: Pagination,
    /// The filters that were applied.
    filters: Filters,
}

/// The filters of a list.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct Filters {
    /// Only this status.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Word<ServerStatus>>,
    /// Only those whose name or description has this text.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<String>,
    /// Only those with all of these tags.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
}

/// What a test of a description found out.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct TestResult {
    /// Whether a registration would be accepted.
    success: bool,
    /// What came of the check.
    status: Word<CheckStatus>,
    /// How long the server took to answer, in milliseconds.
    response_time: f64,
    /// What it found out.
    details: CheckDetails,
    /// What went wrong.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<String>>,
}

/// The answer to a description that is valid.
#[derive(Debug, Object, Serialize)]
struct ValidationResult {
    /// `true`.
    valid: bool,
}

#[derive(ApiResponse)]
enum Created {
    /// The server is registered.
    #[oai(status = 201)]
    Created(Json<RegisteredServer>, #[oai(header = "ETag")] String, #[oai(header = "Location")] String),
}

#[derive(ApiResponse)]
enum Found {
    /// The server.
    #[oai(status = 200)]
    Ok(Json<ServerBody>, #[oai(header = "ETag")] String),
}

#[derive(ApiResponse)]
enum Deleted {
    /// The server is gone, and the keys linked to it are revoked.
    #[oai(status = 204)]
    NoContent,
}

/// Operations on servers.
pub struct ServerApi {
    registry: Arc<Registry>,
}

impl ServerApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/servers", tag = "Tag::Servers")]
impl ServerApi {
    /// Registers a server: connects to it, stores it, and makes a key for it, which the answer shows this once.
    #[oai(path = "/", method = "post", operation_id = "registerServer")]
    async fn register(&self, auth: Auth, body: Json<ServerRequest>) -> Result<Created, ApiError> {
        let registered = self.registry.servers.register(&auth.0, body.0.into_registration()?).await?;
        let (tag, id) = (etag(registered.server.revision), registered.server.id);
        Ok(Created::Created(Json(registered.into()), tag, format!("/api/servers/{id}")))
    }

    /// Lists the servers that the caller sees.
    #[oai(path = "/", method = "get", operation_id = "listServers")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn list(
        &self,
        auth: Auth,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most servers of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
        /// Only this status.
        status: Query<Option<Word<ServerStatus>>>,
        /// Only those whose name or description has this text, in any case.
        search: Query<Option<String>>,
        /// Only those with all of these tags.
        tags: Query<Vec<String>>,
        /// The same, as some clients spell it.
        #[oai(name = "tags[]")]
        tags_array: Query<Vec<String>>,
        /// What to sort by: `createdAt` by default.
        #[oai(name = "sortBy")]
        sort_by: Query<Option<Word<ServerSort>>>,
        /// In which direction: `desc` by default.
        #[oai(name = "sortOrder")]
        sort_order: Query<Option<Word<SortOrder>>>,
        /// Only this tenant's own.
        #[oai(name = "tenantId")]
        tenant_id: Query<Option<Uuid>>,
    ) -> Result<Json<ServerList>, ApiError> {
        let default = ListServers::default();
        let list = ListServers {
            tenant_id: tenant_id.0.map(TenantId),
            status: status.0.map(|word| word.0),
            search: search.0.filter(|text| !text.is_empty()),
            tags: parse_tags(tags.0.iter().chain(&tags_array.0))?,
            sort: sort_by.0.map_or(default.sort, |word| word.0),
            order: sort_order.0.map_or(default.order, |word| word.0),
            page: page::request(page.0, limit.0)?,
        };
        let filters = Filters::new(&list);
        let found = self.registry.servers.list(&auth.0, list).await?;
        let pagination = Pagination::from(&found);
        let servers = found.items.into_iter().map(ServerBody::from).collect();
        Ok(Json(ServerList { servers, pagination, filters }))
    }

    /// Connects to a server as described and lists what it offers; stores nothing.
    #[oai(path = "/test", method = "post", operation_id = "testServer")]
    async fn test(&self, auth: Auth, body: Json<ServerRequest>) -> Result<Json<TestResult>, ApiError> {
        let report = self.registry.servers.test(&auth.0, &body.0.into()).await?;
        Ok(Json(TestResult::new(&report)))
    }

    /// Checks a description without connecting; stores nothing.
    #[oai(path = "/validate", method = "post", operation_id = "validateServer")]
    async fn validate(
        &self,
        auth: Auth,
        body: Json<ServerRequest>,
    ) -> Result<Json<ValidationResult>, ApiError> {
        self.registry.servers.validate(&auth.0, &body.0.into()).await?;
        Ok(Json(ValidationResult { valid: true }))
    }

    /// Tells about one server.
    #[oai(path = "/:id", method = "get", operation_id = "getServer")]
    async fn get(&self, auth: Auth, id: Path<Uuid>) -> Result<Found, ApiError> {
        Ok(self.registry.servers.get(&auth.0, ServerId(id.0)).await?.into())
    }

    /// Changes a server; what is absent stays. It is connected to again if endpoint or credentials change.
    #[oai(path = "/:id", method = "put", operation_id = "updateServer")]
    async fn update(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the change was made from; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<ServerRequest>,
    ) -> Result<Found, ApiError> {
        let (expected, skip) = (expected(if_match.0.as_deref())?, body.0.skips_connection());
        let server =
            self.registry.servers.update(&auth.0, ServerId(id.0), body.0.into(), expected, skip).await?;
        Ok(server.into())
    }

    /// Removes a server with its history, and revokes the keys linked to it.
    #[oai(path = "/:id", method = "delete", operation_id = "deleteServer")]
    async fn delete(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the removal was decided on; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Deleted, ApiError> {
        let expected = expected(if_match.0.as_deref())?;
        self.registry.servers.delete(&auth.0, ServerId(id.0), expected).await?;
        Ok(Deleted::NoContent)
    }
}

fn parse_tags<'a>(tags: impl Iterator<Item = &'a String>) -> Result<Vec<ServerTag>, ApiError> {
    let tags = tags.map(|tag| ServerTag::parse(tag)).collect::<Result<Vec<_>, _>>();
    tags.map_err(|invalid| FieldErrors::one("tags", invalid).into())
}

impl Filters {
    fn new(list: &ListServers) -> Self {
        let tags: Vec<_> = list.tags.iter().map(ToString::to_string).collect();
        Self {
            status: list.status.map(Word),
            search: list.search.clone(),
            tags: (!tags.is_empty()).then_some(tags),
        }
    }
}

impl TestResult {
    fn new(report: &CheckReport) -> Self {
        Self {
            success: report.status.is_success(),
            status: Word(report.status),
            response_time: health::milliseconds(report.response_time_us),
            details: CheckDetails::new(report),
            errors: health::errors(report),
        }
    }
}

impl From<Registered> for RegisteredServer {
    fn from(registered: Registered) -> Self {
        Self { api_key: registered.key.secret.expose().to_owned(), server: registered.server.into() }
    }
}

impl From<Server> for Found {
    fn from(server: Server) -> Self {
        let tag = etag(server.revision);
        Self::Ok(Json(server.into()), tag)
    }
}

impl From<Server> for ServerBody {
    fn from(server: Server) -> Self {
        Self {
            id: server.id.0,
            slug: server.name.slug(),
            name: server.name.into(),
            description: server.description.map(String::from),
            version: server.version.into(),
            endpoint_url: server.endpoint.url().as_str().to_owned(),
            transport_type: Word(server.endpoint.transport()),
            auth_type: Word(server.auth.auth_type()),
            status: Word(server.status),
            health_status: Word(server.health.status),
            tenant_id: server.tenant_id.map(|id| id.0),
            owner_id: server.owner_id.0,
            is_public: server.is_public,
            tags: server.tags.as_slice().iter().map(ToString::to_string).collect(),
            category: server.category.map(String::from),
            metadata: server.metadata.as_map().clone().into_iter().collect(),
            settings: Settings {
                timeout_ms: server.settings.timeout_ms,
                max_retries: server.settings.max_retries,
                backoff_ms: server.settings.backoff_ms,
                rate_limit: server
                    .settings
                    .rate_limit
                    .map(|limit| RateLimit { rpm: limit.rpm, burst: limit.burst }),
                cache_ttl_seconds: server.settings.cache_ttl_seconds,
            },
            auto_health_check: server.health_policy.auto,
            health_check_interval: server.health_policy.interval_seconds,
            health_check_timeout: server.health_policy.timeout_seconds,
            health_check_retries: server.health_policy.retries,
            alert_threshold: server.health_policy.alert_threshold,
            last_health_check: server.health.last_check_at,
            health_check_failures: server.health.consecutive_failures,
            avg_response_time: server.health.avg_response_time_ms(),
            success_rate: server.health.success_rate(),
            last_error_message: server.health.last_error,
            last_error_at: server.health.last_error_at,
            api_key_id: server.api_key_id.map(|id| id.0),
            schema_version: 1,
            created_at: server.created_at,
            updated_at: server.updated_at,
            revision: server.revision,
        }
    }
}
