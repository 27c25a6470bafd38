//! Servers as the API shows them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use registry_core::circuit::{Circuit, CircuitState};
use registry_core::model::capability::{CapabilityKind, ToolChanges};
use registry_core::model::credential::AuthType;
use registry_core::model::endpoint::Transport;
use registry_core::model::health::CheckStatus;
use registry_core::model::inventory::FoundList;
use registry_core::model::server::{HealthStatus, Server, ServerStatus};
use registry_core::probe::Probed;
use registry_core::service::{ListServers, Registered};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::health::{self, CheckDetails};
use super::page::Pagination;
use super::usage_body::ServerPerformance;
use crate::word::Word;

/// How many tools a test tells by name.
const MAX_TESTED_TOOLS: usize = 100;

/// A registered server. Its credentials are never shown.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Server")]
pub(super) struct ServerBody {
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
    /// How long it may take to answer a check before it counts as degraded, in milliseconds.
    degraded_above_ms: u32,
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
    /// How calls of it went: of one server, for who reaches its tenant.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) performance: Option<ServerPerformance>,
    /// The servers that it needs to be of use.
    depends_on: Vec<Uuid>,
    /// The servers that need it and that the caller sees, at most 100; only of one server.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dependents: Option<Vec<Uuid>>,
    /// The unhealthy server because of which it counts as degraded, although it is well itself.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    degraded_by: Option<Uuid>,
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
    /// Its circuit breaker on the node that answers; only of one server, and only if it was called there.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    circuit: Option<CircuitBody>,
}

/// A server's circuit breaker on one node.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Circuit")]
pub(super) struct CircuitBody {
    /// Which calls are let through: every one, none, or one that tries the server.
    state: Word<CircuitState>,
    /// Since when.
    since: DateTime<Utc>,
    /// How many calls failed in a row.
    failures: u32,
    /// When a call may be made again, unless every one may.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_at: Option<DateTime<Utc>>,
}

/// Bounds on calls to a server.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "ServerSettings")]
pub(super) struct Settings {
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
    /// What is done with tools that change or are new.
    tool_changes: Word<ToolChanges>,
}

/// A rate limit.
#[derive(Debug, Object, Serialize)]
pub(super) struct RateLimit {
    /// Calls a minute.
    rpm: u32,
    /// Calls at once.
    burst: u32,
}

/// A server that was just registered, with its key.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct RegisteredServer {
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
pub(super) struct ServerList {
    /// The servers.
    pub(super) servers: Vec<ServerBody>,
    /// Where the page stands.
    pub(super) pagination: Pagination,
    /// The filters that were applied.
    pub(super) filters: Filters,
}

/// The filters of a list.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct Filters {
    /// Only this status.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Word<ServerStatus>>,
    /// Only of one of these healths.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    health_status: Option<Vec<Word<HealthStatus>>>,
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
pub(super) struct TestResult {
    /// Whether a registration would be accepted.
    success: bool,
    /// What came of the check.
    status: Word<CheckStatus>,
    /// How long the server took to answer, in milliseconds.
    response_time: f64,
    /// What it found out.
    details: CheckDetails,
    /// The names of the tools that it lists, in order; at most 100 of them.
    tools: Vec<String>,
    /// What went wrong.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<String>>,
}

/// The answer to a description that is valid.
#[derive(Debug, Object, Serialize)]
pub(super) struct ValidationResult {
    /// `true`.
    pub(super) valid: bool,
}

impl Filters {
    pub(super) fn new(list: &ListServers) -> Self {
        let tags: Vec<_> = list.tags.iter().map(ToString::to_string).collect();
        Self {
            status: list.status.map(Word),
            health_status: (!list.health.is_empty()).then(|| list.health.iter().copied().map(Word).collect()),
            search: list.search.clone(),
            tags: (!tags.is_empty()).then_some(tags),
        }
    }
}

impl TestResult {
    pub(super) fn new(probed: &Probed) -> Self {
        let report = &probed.report;
        let tools = probed.lists.iter().filter(|list| list.kind() == CapabilityKind::Tool);
        Self {
            success: !report.status.is_failure(),
            status: Word(report.status),
            response_time: health::milliseconds(report.response_time_us),
            details: CheckDetails::new(report),
            tools: tools.flat_map(FoundList::names).take(MAX_TESTED_TOOLS).map(str::to_owned).collect(),
            errors: health::errors(report),
        }
    }
}

impl From<Registered> for RegisteredServer {
    fn from(registered: Registered) -> Self {
        Self { api_key: registered.key.secret.expose().to_owned(), server: registered.server.into() }
    }
}

impl ServerBody {
    /// With its circuit.
    pub(super) fn with_circuit(self, circuit: Option<Circuit>) -> Self {
        Self { circuit: circuit.map(CircuitBody::from), ..self }
    }
}

impl From<Circuit> for CircuitBody {
    fn from(circuit: Circuit) -> Self {
        let Circuit { state, since, failures, retry_at } = circuit;
        Self { state: Word(state), since, failures, retry_at }
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
                tool_changes: Word(server.settings.tool_changes),
            },
            auto_health_check: server.health_policy.auto,
            health_check_interval: server.health_policy.interval_seconds,
            health_check_timeout: server.health_policy.timeout_seconds,
            health_check_retries: server.health_policy.retries,
            alert_threshold: server.health_policy.alert_threshold,
            degraded_above_ms: server.health_policy.degraded_above_ms,
            last_health_check: server.health.last_check_at,
            health_check_failures: server.health.consecutive_failures,
            avg_response_time: server.health.avg_response_time_ms(),
            success_rate: server.health.success_rate(),
            last_error_message: server.health.last_error,
            last_error_at: server.health.last_error_at,
            performance: None,
            depends_on: server.depends_on.as_slice().iter().map(|id| id.0).collect(),
            dependents: None,
            degraded_by: server.health.degraded_by.map(|id| id.0),
            api_key_id: server.api_key_id.map(|id| id.0),
            schema_version: 1,
            created_at: server.created_at,
            updated_at: server.updated_at,
            revision: server.revision,
            circuit: None,
        }
    }
}
