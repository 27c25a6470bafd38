//! The port through which services are told of circuit breakers. registry-gateway implements it.

use crate::clock::Timestamp;
use crate::model::id::ServerId;
use crate::model::role::spelled;
use crate::model::server::Server;

spelled! {
    /// Which calls to a server are let through.
    CircuitState {
        /// Every one.
        Closed = "closed",
        /// None: the server failed too often.
        Open = "open",
        /// One, to see whether the server is well again.
        HalfOpen = "half_open",
    }
}

/// A server's circuit on this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circuit {
    /// Which calls are let through.
    pub state: CircuitState,
    /// Since when.
    pub since: Timestamp,
    /// How many calls failed in a row.
    pub failures: u32,
    /// When a call may be made again, unless every one may.
    pub retry_at: Option<Timestamp>,
}

/// What happened to a server's circuit on this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitNews {
    /// The server.
    pub server_id: ServerId,
    /// How often it opened.
    pub opened: u64,
    /// When it last opened, or closed.
    pub at: Timestamp,
    /// Whether it is closed now.
    pub is_closed: bool,
}

impl CircuitNews {
    /// Takes what happened after that.
    pub fn add(&mut self, later: Self) {
        *self = Self { opened: self.opened.saturating_add(later.opened), ..later };
    }
}

/// Knows the circuits of servers.
pub trait Circuits: Send + Sync {
    /// The server's circuit; `None` if nobody called it here lately.
    fn circuit(&self, server: &Server) -> Option<Circuit>;

    /// What happened to circuits since this was last asked, one for each server.
    fn news(&self) -> Vec<CircuitNews>;
}
