//! Usage: how often keys and servers were used. Counted in memory, stored in batches.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::id::{ApiKeyId, ServerId};
use super::latency::Latencies;
use super::period::Resolution;
use super::role::spelled;
use crate::clock::Timestamp;

/// Whose usage it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum UsageSubject {
    /// A key's.
    Key(ApiKeyId),
    /// A server's.
    Server(ServerId),
}

impl UsageSubject {
    /// By which steps the usage of keys is rolled up, the shortest first. There may be far more keys than servers, and each
    /// step is one more write for each key that was used: so there are no minutes.
    pub const KEY_STEPS: &'static [Resolution] = &[Resolution::Hour, Resolution::Day];

    /// By which steps its usage is rolled up, the shortest first.
    pub const fn steps(self) -> &'static [Resolution] {
        match self {
            Self::Key(_) => Self::KEY_STEPS,
            Self::Server(_) => Resolution::ALL,
        }
    }
}

spelled! {
    /// Whose doing it is that a call failed.
    CallError {
        /// The client's: what it sent is refused, by the gateway or by the server, or it went away.
        Client = "client",
        /// The server's: it could not be reached, failed, or broke off.
        Upstream = "upstream",
        /// The server took too long.
        Timeout = "timeout",
        /// A limit was exceeded.
        Limited = "limited",
        /// The gateway's own.
        Gateway = "gateway",
    }
}

/// Failed calls by whose doing it was. Those that were counted before there were kinds have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorCounts {
    /// See [`CallError::Client`].
    pub client: u64,
    /// See [`CallError::Upstream`].
    pub upstream: u64,
    /// See [`CallError::Timeout`].
    pub timeout: u64,
    /// See [`CallError::Limited`].
    pub limited: u64,
    /// See [`CallError::Gateway`].
    pub gateway: u64,
}

impl ErrorCounts {
    /// The counts in the order of [`CallError::ALL`].
    pub fn to_array(self) -> [u64; CallError::ALL.len()] {
        let Self { client, upstream, timeout, limited, gateway } = self;
        [client, upstream, timeout, limited, gateway]
    }

    /// All of them together.
    pub fn total(self) -> u64 {
        self.to_array().into_iter().fold(0, u64::saturating_add)
    }

    pub(super) fn add(&mut self, since: Self) {
        let mut sums = self.to_array();
        for (sum, more) in sums.iter_mut().zip(since.to_array()) {
            *sum = sum.saturating_add(more);
        }
        *self = sums.into();
    }
}

impl From<[u64; CallError::ALL.len()]> for ErrorCounts {
    fn from([client, upstream, timeout, limited, gateway]: [u64; CallError::ALL.len()]) -> Self {
        Self { client, upstream, timeout, limited, gateway }
    }
}

/// Counters of a subject. A batch that is stored is a `Usage` too: what came since the last one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Requests.
    pub requests: u64,
    /// How many of them failed.
    pub errors: u64,
    /// Those by kind.
    #[serde(default)]
    pub errors_by_kind: ErrorCounts,
    /// Bytes of bodies, both ways.
    pub bytes_transferred: u64,
    /// Bytes of the requests' bodies, as far as both ways were counted apart.
    #[serde(default)]
    pub bytes_in: u64,
    /// Bytes of the answers' bodies, as far as both ways were counted apart.
    #[serde(default)]
    pub bytes_out: u64,
    /// How long proxied calls took until their answer began.
    #[serde(default)]
    pub latencies: Latencies,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// From where it was last used.
    pub last_used_ip: Option<IpAddr>,
}

impl Usage {
    /// Adds what came since: counters add up, the later use wins.
    pub fn add(&mut self, since: &Self) {
        let counters = [
            (&mut self.requests, since.requests),
            (&mut self.errors, since.errors),
            (&mut self.bytes_transferred, since.bytes_transferred),
            (&mut self.bytes_in, since.bytes_in),
            (&mut self.bytes_out, since.bytes_out),
        ];
        for (counter, more) in counters {
            *counter = counter.saturating_add(more);
        }
        self.errors_by_kind.add(since.errors_by_kind);
        self.latencies.add(&since.latencies);
        if since.last_used_at >= self.last_used_at {
            self.last_used_at = since.last_used_at;
            self.last_used_ip = since.last_used_ip.or(self.last_used_ip);
        }
    }
}
