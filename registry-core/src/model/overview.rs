//! Overview: how many servers there are, by status and by health.

use std::collections::BTreeMap;

use super::dependency::Impaired;
use super::id::ServerId;
use super::server::{HealthStatus, Server, ServerStatus};
use crate::access::Reach;

/// Which servers are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountQuery {
    /// Whose servers can be seen at all.
    pub reach: Reach,
    /// Only this server (a key that is linked to one sees no other).
    pub only: Option<ServerId>,
    /// Leave out what is not active.
    pub active_only: bool,
    /// Those that count as degraded if they are healthy, since something that they need is unhealthy.
    pub impaired: Impaired,
}

impl CountQuery {
    /// Whether `server` is counted: the meaning of the filters, for stores to follow or to call. As which health it is, says
    /// [`Impaired::shown`].
    pub fn matches(&self, server: &Server) -> bool {
        self.reach.sees(server)
            && self.only.is_none_or(|id| server.id == id)
            && (!self.active_only || server.status == ServerStatus::Active)
    }
}

/// How many servers there are of each status and health.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerCounts(BTreeMap<(ServerStatus, HealthStatus), u64>);

impl ServerCounts {
    /// Counts more servers of this status and health.
    pub fn add(&mut self, status: ServerStatus, health: HealthStatus, servers: u64) {
        if servers > 0 {
            *self.0.entry((status, health)).or_default() += servers;
        }
    }

    /// All servers.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Those of this status.
    pub fn of_status(&self, status: ServerStatus) -> u64 {
        self.0.iter().filter(|((is, _), _)| *is == status).map(|(_, servers)| servers).sum()
    }

    /// Those of this health.
    pub fn of_health(&self, health: HealthStatus) -> u64 {
        self.0.iter().filter(|((_, is), _)| *is == health).map(|(_, servers)| servers).sum()
    }
}
