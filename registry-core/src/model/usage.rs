//! Usage: how often keys and servers were used. Counted in memory, stored in batches.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::id::{ApiKeyId, ServerId};
use crate::clock::Timestamp;

/// Whose usage it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum UsageSubject {
    /// A key's.
    Key(ApiKeyId),
    /// A server's.
    Server(ServerId),
}

/// Counters of a subject. A batch that is stored is a `Usage` too: what came since the last one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Requests.
    pub requests: u64,
    /// How many of them failed.
    pub errors: u64,
    /// Bytes of bodies, both ways.
    pub bytes_transferred: u64,
    /// How long proxied calls took together until their answer began, in microseconds.
    pub total_latency_us: u64,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// From where it was last used.
    pub last_used_ip: Option<IpAddr>,
}

impl Usage {
    /// Adds what came since: counters add up, the later use wins.
    pub fn add(&mut self, since: &Self) {
        self.requests = self.requests.saturating_add(since.requests);
        self.errors = self.errors.saturating_add(since.errors);
        self.bytes_transferred = self.bytes_transferred.saturating_add(since.bytes_transferred);
        self.total_latency_us = self.total_latency_us.saturating_add(since.total_latency_us);
        if since.last_used_at >= self.last_used_at {
            self.last_used_at = since.last_used_at;
            self.last_used_ip = since.last_used_ip.or(self.last_used_ip);
        }
    }
}
