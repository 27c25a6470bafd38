//! The handshake of one probe, in whichever era the upstream speaks.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use registry_core::model::endpoint::{Endpoint, Transport};
use rmcp::{
    RoleClient,
    model::{ClientCapabilities, ClientConfig, Implementation, ProtocolVersion},
    service::{ClientInitializeError, ClientLifecycleMode, ClientServiceExt, RunningService},
};
use tokio::time::{Instant, timeout_at};

use super::{
    conversation::Conversation,
    fault::Fault,
    transport::{ProbeHttp, SESSION_END_TIMEOUT, Trace},
};
use crate::{
    dial::UpstreamClient,
    era::Era,
    transport::{
        Channels,
        streamable_http::{StreamableHttp, any_era},
    },
};

/// The part of a probe's time that discovery may use, so that a server of an older era that is silent about
/// it can still be initialized: one in this many.
pub const DISCOVERY_SHARE: u32 = 2;

/// How long a server that does not know streamable HTTP has to show that it speaks HTTP+SSE.
const LEGACY_LOOK: Duration = Duration::from_secs(3);

/// Where to connect, with what, and until when.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) channels: &'a Channels,
    pub(super) endpoint: &'a Endpoint,
    pub(super) credentials: HeaderMap,
    /// The era that the server spoke the last time.
    pub(super) era: Option<Era>,
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
    /// Connects: as the server spoke the last time, and if it answers otherwise now, by finding out anew. (A server
    /// that is discovered needs no second way: that is how finding out begins.)
    pub(super) async fn connect(&self) -> Result<Session, Refusal> {
        if self.era == Some(Era::Initialize) {
            match self.initialize().await {
                Err(refusal) if refusal.fault.may_be_another_era() => {}
                settled => return settled,
            }
        }
        self.detect().await
    }

    async fn initialize(&self) -> Result<Session, Refusal> {
        match self.endpoint.transport() {
            Transport::Http => self.attempt(ClientLifecycleMode::Initialize, self.deadline).await,
            _ => self.converse(ClientLifecycleMode::Initialize, self.deadline).await,
        }
    }

    /// Connects in the way of the transport.
    async fn detect(&self) -> Result<Session, Refusal> {
        match self.endpoint.transport() {
            Transport::Http => self.connect_http().await,
            // It is of one era alone.
            Transport::Sse => self.converse(ClientLifecycleMode::Initialize, self.deadline).await,
            Transport::Websocket | Transport::Stdio => {
                let second = || self.converse(ClientLifecycleMode::Initialize, self.deadline);
                self.twice(self.converse(any_era(), self.half_time()), second).await
            }
        }
    }

    /// Connects: `server/discover`, and `initialize` over a transport of its own unless the first answer
    /// settles the matter. This is rmcp's automatic lifecycle with two differences: a silent or failing
    /// discovery does not use up the probe's time, and what it left on its connection disturbs nobody.
    async fn connect_http(&self) -> Result<Session, Refusal> {
        let preferred_versions = vec![ProtocolVersion::LATEST];
        let discovery = ClientLifecycleMode::Discover { preferred_versions };
        let second = || self.attempt(ClientLifecycleMode::Initialize, self.deadline);
        match self.twice(self.attempt(discovery, self.half_time()), second).await {
            Err(refusal) if refusal.fault.may_be_legacy_sse() && self.is_legacy_sse().await => {
                Err(Refusal { fault: Fault::LegacySse, ..refusal })
            }
            settled => settled,
        }
    }

    /// A second attempt, unless the first settled the matter.
    async fn twice<F: Future<Output = Result<Session, Refusal>>>(
        &self,
        first: impl Future<Output = Result<Session, Refusal>>,
        second: impl FnOnce() -> F,
    ) -> Result<Session, Refusal> {
        match first.await {
            Err(refusal) if refusal.fault.allows_initialize() => {
                second().await.map_err(|second| second.after(refusal))
            }
            settled => settled,
        }
    }

    fn half_time(&self) -> Instant {
        self.started + self.deadline.saturating_duration_since(self.started) / DISCOVERY_SHARE
    }

    async fn is_legacy_sse(&self) -> bool {
        let Ok(endpoint) = Endpoint::parse(Transport::Sse, self.endpoint.url().as_str()) else {
            return false;
        };
        let until = self.deadline.min(Instant::now() + LEGACY_LOOK);
        matches!(timeout_at(until, self.channels.open(&endpoint, &self.credentials)).await, Ok(Ok(_)))
    }

    async fn attempt(&self, lifecycle: ClientLifecycleMode, until: Instant) -> Result<Session, Refusal> {
        let trace = Arc::new(Trace::default());
        // A pool of its own: a probe is to see the address and the connection as they are now.
        let client = UpstreamClient::new(self.channels.dialer().clone());
        let left = self.deadline.saturating_duration_since(Instant::now());
        let backend = StreamableHttp::new(client, self.credentials.clone(), left)
            .map_err(|_| Refusal { fault: Fault::UnusableCredential, answered: false })?;
        let transport = ProbeHttp::new(backend, self.deadline, trace.clone()).transport(self.endpoint.url());
        shake_hands(identity().serve_with_lifecycle(transport, lifecycle), trace, until).await
    }

    /// The same in a conversation of its own.
    async fn converse(&self, lifecycle: ClientLifecycleMode, until: Instant) -> Result<Session, Refusal> {
        let opened = timeout_at(until, self.channels.open(self.endpoint, &self.credentials)).await;
        let fault = match opened {
            Ok(Ok(channel)) => {
                let trace = Arc::new(Trace::default());
                let transport = Conversation::new(channel, trace.clone());
                let handshake = identity().serve_with_lifecycle(transport, lifecycle);
                return shake_hands(handshake, trace, until).await;
            }
            Ok(Err(error)) => Fault::of_channel(&error),
            Err(_) => Fault::Timeout,
        };
        Err(Refusal { fault, answered: fault.is_answer() })
    }
}

async fn shake_hands(
    handshake: impl Future<Output = Result<RunningService<RoleClient, ClientConfig>, ClientInitializeError>>,
    trace: Arc<Trace>,
    until: Instant,
) -> Result<Session, Refusal> {
    let fault = match timeout_at(until, handshake).await {
        Ok(Ok(client)) => return Ok(Session { client, trace }),
        Ok(Err(error)) => Fault::of_handshake(&error).or(trace.fault()).unwrap_or(Fault::NotMcp),
        Err(_) => Fault::Timeout,
    };
    Err(Refusal { fault, answered: trace.answered() })
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
    /// The era that the server speaks.
    pub(super) fn era(&self) -> Option<Era> {
        let info = self.client.peer().peer_info()?;
        Some(if info.protocol_version.has_initialize() { Era::Initialize } else { Era::Discover })
    }

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
