//! The port through which services look at an upstream server. registry-gateway implements it.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;

use crate::model::credential::UpstreamAuth;
use crate::model::endpoint::Endpoint;
use crate::model::health::{CheckError, CheckReport};
use crate::model::inventory::FoundList;
use crate::model::settings::HealthPolicy;

/// [`CheckError::code`]: the address is one that the service must not connect to.
pub const REFUSED_ADDRESS: &str = "REFUSED_ADDRESS";
/// [`CheckError::code`]: the server did not answer in time.
pub const TIMEOUT: &str = "TIMEOUT";
/// [`CheckError::code`]: no connection could be made.
pub const UNREACHABLE: &str = "UNREACHABLE";
/// [`CheckError::code`]: the server wants other credentials (HTTP 401 or 403).
pub const UNAUTHORIZED: &str = "UNAUTHORIZED";
/// [`CheckError::code`]: the server answers, but not as an MCP server does.
pub const NOT_MCP: &str = "NOT_MCP";
/// [`CheckError::code`]: the server answers with an HTTP or JSON-RPC error.
pub const UPSTREAM_ERROR: &str = "UPSTREAM_ERROR";
/// [`CheckError::code`]: the transport is not one that this service can reach.
pub const UNSUPPORTED_TRANSPORT: &str = "UNSUPPORTED_TRANSPORT";

/// [`CheckError::code`]: the server answers well, but later than its health policy allows.
pub const SLOW: &str = "SLOW";

/// What to look at.
#[derive(Debug, Clone, Copy)]
pub struct ProbeTarget<'a> {
    /// Where it is.
    pub endpoint: &'a Endpoint,
    /// With which credentials.
    pub auth: &'a UpstreamAuth<SecretString>,
    /// How long the whole look may take.
    pub timeout: Duration,
    /// Whether to list tools, resources and prompts too.
    pub deep: bool,
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// How the server is.
    pub report: CheckReport,
    /// What it lists, of each kind whose list was read to its end; nothing if the look was not deep. A kind that the
    /// server does not declare is listed as nothing.
    pub lists: Vec<FoundList>,
}

impl Probed {
    /// The same, as the policy sees it.
    #[must_use]
    pub fn judged(self, policy: &HealthPolicy) -> Self {
        Self { report: self.report.judged(policy), ..self }
    }
}

impl From<CheckReport> for Probed {
    fn from(report: CheckReport) -> Self {
        Self { report, lists: Vec::new() }
    }
}

/// Looks at upstream servers.
#[async_trait]
pub trait Probe: Send + Sync {
    /// Looks at a server; whatever goes wrong is in the report.
    async fn probe(&self, target: ProbeTarget<'_>) -> Probed;

    /// Whether the endpoint may be connected to at all, without sending it anything. A name that does not
    /// resolve now is let through: every connect is judged again.
    ///
    /// # Errors
    /// The reason, with code [`REFUSED_ADDRESS`] or [`UNSUPPORTED_TRANSPORT`].
    async fn admit(&self, endpoint: &Endpoint) -> Result<(), CheckError>;
}
