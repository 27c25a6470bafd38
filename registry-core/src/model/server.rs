//! Server: a registered MCP server.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::credential::UpstreamAuth;
use super::dependency::{Dependencies, Impaired};
use super::endpoint::Endpoint;
use super::field::Invalid;
use super::id::{ApiKeyId, ServerId, TenantId, UserId};
use super::page::{PageRequest, SortOrder};
use super::role::spelled;
use super::settings::{HealthPolicy, ServerSettings};
use super::text::{Category, Description, ServerName, Tag, Tags};
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::secret::Sealed;

spelled! {
    /// Whether calls are routed to the server.
    ServerStatus {
        /// They are.
        Active = "active",
        /// They are not; an admin or owner switched it off, or it was never reached.
        Inactive = "inactive",
        /// They are not; monitoring took it out.
        Error = "error",
        /// They are not, for a while.
        Maintenance = "maintenance",
    }
}

spelled! {
    /// What the last checks said of the server.
    HealthStatus {
        /// It answers well.
        Healthy = "healthy",
        /// It answers, but slowly or in part, or failed lately.
        Degraded = "degraded",
        /// It does not answer.
        Unhealthy = "unhealthy",
        /// Nobody asked yet, or it would not be asked.
        Unknown = "unknown",
    }
}

spelled! {
    /// What a list of servers is sorted by; equal values by id.
    ServerSort {
        /// The name, in lower case, by code point.
        Name = "name",
        /// When it was registered.
        CreatedAt = "createdAt",
        /// When it was last changed.
        UpdatedAt = "updatedAt",
        /// The status's spelling.
        Status = "status",
    }
}

/// How often a record was changed; every update names the revision that it was made from.
pub type Revision = u64;

/// A version by SemVer 2.0.0, at most 50 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(semver::Version);

impl Version {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`Invalid`] if it is not SemVer or too long.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.len() > 50 {
            return Err(Invalid::new("must be at most 50 characters long"));
        }
        let version = semver::Version::parse(text.trim());
        version.map(Self).map_err(|_| Invalid::new("must be a version like 1.2.3 (SemVer 2.0.0)"))
    }
}

impl TryFrom<String> for Version {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.0.to_string()
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Free data of a server's owner: a JSON object of at most 16 KiB and 16 levels.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(Map<String, Value>);

impl Metadata {
    /// The most bytes as JSON.
    pub const MAX_BYTES: usize = 16 * 1024;
    /// The most levels of nesting.
    pub const MAX_DEPTH: usize = 16;

    /// Checks `object`.
    ///
    /// # Errors
    /// [`Invalid`] if it is too large or too deep, or holds U+0000, which PostgreSQL cannot keep.
    pub fn new(object: Map<String, Value>) -> Result<Self, Invalid> {
        let value = Value::Object(object);
        if depth(&value) > Self::MAX_DEPTH {
            return Err(Invalid::new("must have at most 16 levels"));
        }
        let text = value.to_string();
        if text.len() > Self::MAX_BYTES {
            return Err(Invalid::new("must have at most 16384 bytes as JSON"));
        }
        if text.contains("\\u0000") {
            return Err(Invalid::new("must not hold the character U+0000"));
        }
        let Value::Object(object) = value else { return Ok(Self::default()) };
        Ok(Self(object))
    }

    /// The object.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// A registered MCP server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Its id.
    pub id: ServerId,
    /// Whose it is; `None` for a global server, which every tenant sees.
    pub tenant_id: Option<TenantId>,
    /// Who registered it.
    pub owner_id: UserId,
    /// Its name; the slug is unique within the tenant (and among the global servers).
    pub name: ServerName,
    /// What it is for.
    pub description: Option<Description>,
    /// Its version.
    pub version: Version,
    /// Where it is.
    pub endpoint: Endpoint,
    /// How the gateway proves itself to it.
    pub auth: UpstreamAuth<Sealed>,
    /// Free data.
    pub metadata: Metadata,
    /// Tags to find it by.
    pub tags: Tags,
    /// Its category.
    pub category: Option<Category>,
    /// Whether every tenant sees it.
    pub is_public: bool,
    /// Bounds on calls to it.
    pub settings: ServerSettings,
    /// How its health is watched.
    pub health_policy: HealthPolicy,
    /// Whether calls are routed to it.
    pub status: ServerStatus,
    /// What checks said of it. Written by checks only: an update of the server leaves it alone.
    pub health: ServerHealth,
    /// Which servers it needs to be of use. Those that are gone are taken out.
    #[serde(default)]
    pub depends_on: Dependencies,
    /// The key that its registration made.
    pub api_key_id: Option<ApiKeyId>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How often it was changed; 1 at first. Health checks do not count.
    pub revision: Revision,
}

impl Server {
    /// Whether every tenant sees it.
    pub fn is_shared(&self) -> bool {
        self.is_public || self.tenant_id.is_none()
    }

    /// What its name is sorted by.
    pub fn name_key(&self) -> String {
        self.name.as_str().to_ascii_lowercase()
    }

    /// What a search looks in: name and description, in lower case.
    pub fn search_text(&self) -> String {
        let description = self.description.as_ref().map_or("", Description::as_str);
        format!("{}\n{description}", self.name).to_lowercase()
    }
}

/// What checks said of a server, summed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerHealth {
    /// The state.
    pub status: HealthStatus,
    /// When it was last checked.
    pub last_check_at: Option<Timestamp>,
    /// Failures in a row.
    pub consecutive_failures: u32,
    /// How many checks there were that found something out.
    pub checks: u64,
    /// How many of them succeeded.
    pub successes: u64,
    /// How long the successful ones took together, in microseconds.
    pub total_response_us: u64,
    /// What the last failure said.
    pub last_error: Option<String>,
    /// When it was.
    pub last_error_at: Option<Timestamp>,
    /// Answers in a row that were slow or in part; a failure is no answer.
    #[serde(default)]
    pub impaired_checks: u32,
    /// When its tools, resources and prompts were last listed.
    #[serde(default)]
    pub last_deep_at: Option<Timestamp>,
    /// The unhealthy server, which this one depends on, because of which it counts as degraded although its own checks
    /// found it well; `None` also if the caller does not see that one. It follows from other servers when the service
    /// reads it: no store keeps it.
    #[serde(skip)]
    pub degraded_by: Option<ServerId>,
}

impl Default for ServerHealth {
    fn default() -> Self {
        Self {
            status: HealthStatus::Unknown,
            last_check_at: None,
            consecutive_failures: 0,
            checks: 0,
            successes: 0,
            total_response_us: 0,
            last_error: None,
            last_error_at: None,
            impaired_checks: 0,
            last_deep_at: None,
            degraded_by: None,
        }
    }
}

impl ServerHealth {
    /// The mean time of successful checks, in milliseconds to the microsecond.
    pub fn avg_response_time_ms(&self) -> Option<f64> {
        let mean = u32::try_from(self.total_response_us.checked_div(self.successes)?).ok()?;
        Some(f64::from(mean) / 1_000.0)
    }

    /// How many of the checks succeeded, in percent to two decimals.
    pub fn success_rate(&self) -> Option<f64> {
        let permyriad = u32::try_from((self.successes * 10_000).checked_div(self.checks)?).ok()?;
        Some(f64::from(permyriad) / 100.0)
    }
}

/// Of which health servers are, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthFilter {
    /// One of these.
    pub any_of: Vec<HealthStatus>,
    /// Those that count as degraded if they are healthy, since something that they need is unhealthy.
    pub impaired: Impaired,
}

impl HealthFilter {
    /// Whether a server is such of which its checks say `health`.
    pub fn accepts(&self, id: ServerId, health: HealthStatus) -> bool {
        self.any_of.contains(&self.impaired.shown(id, health))
    }
}

/// Which servers a list has. A store answers with those that match every part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerQuery {
    /// Whose servers can be seen at all.
    pub reach: Reach,
    /// Only this server (a key that is linked to one sees no other).
    pub only: Option<ServerId>,
    /// None of these.
    pub without: Vec<ServerId>,
    /// Only this tenant's own.
    pub tenant_id: Option<TenantId>,
    /// Leave out what is not active.
    pub active_only: bool,
    /// Only this status.
    pub status: Option<ServerStatus>,
    /// Only of such health.
    pub health: Option<HealthFilter>,
    /// Only those whose name or description has this text, in lower case (see [`Server::search_text`]).
    pub search: Option<String>,
    /// Only those with all of these tags.
    pub tags: Vec<Tag>,
    /// What it is sorted by.
    pub sort: ServerSort,
    /// In which direction; the id goes the same way.
    pub order: SortOrder,
    /// Which page.
    pub page: PageRequest,
}

impl ServerQuery {
    /// All servers within `reach`, newest first.
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            only: None,
            without: Vec::new(),
            tenant_id: None,
            active_only: false,
            status: None,
            health: None,
            search: None,
            tags: Vec::new(),
            sort: ServerSort::CreatedAt,
            order: SortOrder::Desc,
            page: PageRequest::default(),
        }
    }

    /// Whether `server` belongs in the list: the meaning of the filters, for stores to follow or to call.
    pub fn matches(&self, server: &Server) -> bool {
        self.reach.sees(server)
            && self.only.is_none_or(|id| server.id == id)
            && !self.without.contains(&server.id)
            && self.tenant_id.is_none_or(|tenant| server.tenant_id == Some(tenant))
            && (!self.active_only || server.status == ServerStatus::Active)
            && self.status.is_none_or(|status| server.status == status)
            && self.health.as_ref().is_none_or(|health| health.accepts(server.id, server.health.status))
            && server.tags.contains_all(&self.tags)
            && self.search.as_ref().is_none_or(|text| server.search_text().contains(text))
    }
}
