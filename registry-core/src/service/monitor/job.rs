//! Job: a check that is to be done.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use url::Position;

use crate::model::server::Server;
use crate::model::watch::{Claim, LEASE, Lease};
use crate::service::health_job::Asked;

/// What is left of a claim for writing down what came of it. Others may claim the check a moment before the claim ends.
const MARGIN: Duration = Duration::from_millis(3_500);

/// Where checks are done one at a time: a host and port, or a launcher.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Host(String);

/// Why a check is done.
#[derive(Debug, Clone)]
pub(super) enum Reason {
    /// It is due, and claimed.
    Due(Lease),
    /// Somebody asked for it, with others.
    Asked(Arc<Asked>),
    /// The server said that it lists other things now.
    Noted,
}

/// A check that is to be done.
#[derive(Debug)]
pub(super) struct Job {
    /// The server to check.
    pub(super) server: Server,
    /// Why.
    pub(super) reason: Reason,
    /// When it has to be over.
    pub(super) deadline: Option<Instant>,
}

impl Job {
    /// The check of a claim that was just made.
    pub(super) fn of(claim: Claim) -> Self {
        let Claim { server, lease } = claim;
        let time = LEASE.to_std().unwrap_or_default().saturating_sub(MARGIN);
        Self { server, reason: Reason::Due(lease), deadline: Some(Instant::now() + time) }
    }

    /// A check that somebody asked for. It waits as long as it takes.
    pub(super) fn asked(server: Server, asked: Arc<Asked>) -> Self {
        Self { server, reason: Reason::Asked(asked), deadline: None }
    }

    /// A look at a server that said that it lists other things now. It waits as long as it takes.
    pub(super) fn noted(server: Server) -> Self {
        Self { server, reason: Reason::Noted, deadline: None }
    }

    /// Where it is done.
    pub(super) fn host(&self) -> Host {
        let url = self.server.endpoint.url();
        match url.port_or_known_default() {
            Some(port) => Host(format!("{}:{port}", url.host_str().unwrap_or_default())),
            None => Host(url[..Position::AfterPath].to_owned()),
        }
    }

    /// How long a look at the server may take.
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(self.server.health_policy.timeout_seconds.into())
    }

    /// Whether there is time for a look.
    pub(super) fn has_time(&self, pause: Duration) -> bool {
        self.deadline.is_none_or(|deadline| Instant::now() + pause + self.timeout() <= deadline)
    }
}
