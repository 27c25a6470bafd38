//! Health job: checks of many servers that somebody asked for at once, and how far they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::health::CheckStatus;
use super::id::{HealthJobId, ServerId, TenantId, UserId};
use super::role::spelled;
use crate::clock::Timestamp;

spelled! {
    /// How far a job is.
    JobState {
        /// Servers are being checked.
        Running = "running",
        /// All were.
        Finished = "finished",
        /// The node that did it stopped; the rest of the servers are not checked.
        Stopped = "stopped",
    }
}

/// A server that a job did not find well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFailure {
    /// The server.
    pub server_id: ServerId,
    /// What came of its check; `None` if the check could not be recorded, which is so if the server was removed.
    pub status: Option<CheckStatus>,
    /// Why, as a stable code.
    pub code: Option<String>,
}

/// Checks of many servers that somebody asked for. It is no record: it is short-lived, and nothing of it is audited but
/// the checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthJob {
    /// Its id.
    pub id: HealthJobId,
    /// The tenant of who asked.
    pub tenant_id: TenantId,
    /// Who asked.
    pub created_by: UserId,
    /// The server that the key of who asked is for.
    pub linked_server: Option<ServerId>,
    /// Whether tools, resources and prompts are listed too.
    pub deep: bool,
    /// How far it was at `updated_at`.
    pub state: JobState,
    /// How many servers it has.
    pub total: u32,
    /// How many of them were checked.
    pub done: u32,
    /// How many checks came to what.
    pub by_status: BTreeMap<CheckStatus, u32>,
    /// The servers that were not found well, the first [`Self::MAX_FAILURES`].
    pub failures: Vec<JobFailure>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When this was written.
    pub updated_at: Timestamp,
}

impl HealthJob {
    /// The most failures that are told of.
    pub const MAX_FAILURES: usize = 100;

    /// Notes what came of one of the checks.
    pub fn note(&mut self, server_id: ServerId, status: Option<CheckStatus>, code: Option<String>) {
        self.done += 1;
        if let Some(status) = status {
            *self.by_status.entry(status).or_default() += 1;
        }
        if status.is_none_or(CheckStatus::is_failure) && self.failures.len() < Self::MAX_FAILURES {
            self.failures.push(JobFailure { server_id, status, code });
        }
        if self.done >= self.total {
            self.state = JobState::Finished;
        }
    }
}
