//! The handshake of one probe, in whichever era the upstream speaks.

use std::sync::Arc;

use http::HeaderMap;
use rmcp::{
    RoleClient,
    model::{ClientCapabilities, ClientConfig, Implementation, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt, RunningService},
};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::{
    fault::Fault,
    transport::{ProbeHttp, SESSION_END_TIMEOUT, Trace},
};
use crate::{
    dial::{Dialer, UpstreamClient},
    transport::streamable_http::StreamableHttp,
};

/// The part of a probe's time that discovery may use, so that a server of an older era that is silent about
/// it can still be initialized: one in this many.
pub const DISCOVERY_SHARE: u32 = 2;

/// Where to connect, with what, and until when.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) dialer: &'a Dialer,
    pub(super) url: &'a Url,
    pub(super) credentials: HeaderMap,
    pub(super) started: Instant,
    pub(super) deadline: Instant,
}

/// A handshake that failed.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) fault: Fault,
    /// Whether the upstream gave any answer.
    pub(super) answered: bool,
}

/// An upstream that answered the handshake.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) client: RunningService<RoleClient, ClientConfig>,
    trace: Arc<Trace>,
}

impl Look<'_> {
    /// Connects: `server/discover`, and `initialize` over a transport of its own unless the first answer
    /// settles the matter. This is rmcp's automatic lifecycle with two differences: a silent or failing
    /// discovery does not use up the probe's time, and what it left on its connection disturbs nobody.
    pub(super) async fn connect(&self) -> Result<Session, Refusal> {
        let share = self.deadline.saturating_duration_since(self.started) / DISCOVERY_SHARE;
        let preferred_versions = vec![ProtocolVersion::LATEST];
        let discovery = ClientLifecycleMode::Discover { preferred_versions };
        let first = match self.attempt(discovery, self.started + share).await {
            Err(refusal) if refusal.fault.allows_initialize() => refusal,
            settled => return settled,
        };
        let second = self.attempt(ClientLifecycleMode::Initialize, self.deadline).await;
        second.map_err(|second| second.after(first))
    }

    async fn attempt(&self, lifecycle: ClientLifecycleMode, until: Instant) -> Result<Session, Refusal> {
        let trace = Arc::new(Trace::default());
        let refused = |fault| Refusal { fault, answered: trace.answered() };
        // A pool of its own: a probe is to see the address and the connection as they are now.
        let client = UpstreamClient::new(self.dialer.clone());
        let left = self.deadline.saturating_duration_since(Instant::now());
        let backend = StreamableHttp::new(client, self.credentials.clone(), left)
            .map_err(|_| refused(Fault::UnusableCredential))?;
        let transport = ProbeHttp::new(backend, self.deadline, trace.clone()).transport(self.url);
        match timeout_at(until, identity().serve_with_lifecycle(transport, lifecycle)).await {
            Ok(Ok(client)) => Ok(Session { client, trace }),
            Ok(Err(error)) => {
                let fault = Fault::of_handshake(&error).or(trace.fault()).unwrap_or(Fault::NotMcp);
                Err(refused(fault))
            }
            Err(_) => Err(refused(Fault::Timeout)),
        }
    }
}

impl Refusal {
    /// Both attempts in one: the second tells more, unless the first came from a server that is modern and
    /// only has no version in common.
    fn after(self, first: Self) -> Self {
        let fault = match first.fault {
            Fault::NoCommonVersion if self.fault.is_answer() => Fault::NoCommonVersion,
            _ => self.fault,
        };
        Self { fault, answered: self.answered || first.answered }
    }
}

impl Session {
    /// The cause when rmcp knows none.
    pub(super) fn hidden_fault(&self) -> Fault {
        self.trace.fault().unwrap_or(Fault::Broken)
    }

    /// Ends the session at the upstream. What takes longer goes on in the background, within rmcp's own
    /// bound and [`SESSION_END_TIMEOUT`] for the request.
    pub(super) async fn end(mut self, deadline: Instant) {
        let left = deadline.saturating_duration_since(Instant::now()).min(SESSION_END_TIMEOUT);
        if left.is_zero() {
            return; // Dropping the client ends it in the background.
        }
        if let Err(error) = self.client.close_with_timeout(left).await {
            tracing::debug!(%error, "the client of a probe ended badly");
        }
    }
}

/// Who the probe says it is.
fn identity() -> ClientConfig {
    let implementation = Implementation::new("mcp-registry-gateway", env!("CARGO_PKG_VERSION"));
    ClientConfig::new(ClientCapabilities::default(), implementation)
        .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
}
