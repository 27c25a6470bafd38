//! Looks at upstream servers: the implementation of [`registry_core::probe::Probe`] over the guarded dialer.
//!
//! A probe opens connections and a session of its own and ends both. It tries `server/discover` (MCP
//! 2026-07-28) and then `initialize`, and with a deep look reads the lists of tools, resources, resource templates and
//! prompts. Nothing that the server wrote goes into a message.

mod conversation;
mod fault;
mod judge;
mod list;
mod report;
mod session;
mod transport;

use async_trait::async_trait;
use http::HeaderMap;
pub use list::{MAX_ITEMS, MAX_PAGES};
use registry_core::{
    model::{
        credential::AuthType,
        endpoint::{Endpoint, Transport},
        health::{CheckError, CheckReport},
        inventory::FoundList,
    },
    probe::{Probe, ProbeTarget, Probed, REFUSED_ADDRESS},
};
pub use report::MAX_VERSION_BYTES;
pub use session::DISCOVERY_SHARE;
use tokio::time::{Instant, timeout_at};
pub use transport::SESSION_END_TIMEOUT;

use self::{
    fault::Fault,
    list::List,
    session::{Look, Refusal, Session},
};
pub use crate::era::{ERA_LIFETIME, MAX_ERAS};
use crate::{
    credential::{Credential, Credentials, Presented, TokenError},
    dial::Dialer,
    transport::Channels,
};

/// Looks at upstream servers over every transport. Cheap to clone.
///
/// - Status: HTTP 401 and 403 make a server unhealthy, except 401 where OAuth tokens are still to come;
///   429 leaves it unknown, because it tells nothing. A list that fails after a good handshake makes it degraded.
/// - Time: the handshake and the lists end at the target's time-out. The session's end is waited for within
///   it too, and goes on in the background for at most [`SESSION_END_TIMEOUT`] when it takes longer.
/// - `response_time_us` is the time until the handshake was answered.
#[derive(Debug, Clone)]
pub struct UpstreamProbe {
    channels: Channels,
    credentials: Credentials,
}

impl UpstreamProbe {
    /// A probe whose every connection is opened by `dialer`, which fetches tokens of its own and starts no process.
    #[must_use]
    pub fn new(dialer: Dialer) -> Self {
        let credentials = Credentials::new(dialer.clone());
        Self::over(Channels::new(dialer), credentials)
    }

    /// A probe that also starts processes of the launchers of `channels`, and gets its `credentials` where the proxy
    /// gets them too.
    #[must_use]
    pub fn over(channels: Channels, credentials: Credentials) -> Self {
        Self { channels, credentials }
    }

    /// Looks with the credentials as they are now, and once more if they were refused and can be renewed.
    async fn look(&self, target: &ProbeTarget<'_>, started: Instant) -> Result<Probed, Refusal> {
        let refused = |fault| Refusal { fault, answered: false };
        let credential = self.credentials.of(target.auth, target.endpoint.url());
        let credential = credential.map_err(|_| refused(Fault::UnusableCredential))?;
        let deadline = started + target.timeout;
        let presented = present(&credential, deadline).await.map_err(refused)?;
        match self.look_with(target, &presented, started, deadline).await {
            Err(refusal) if refusal.fault == Fault::Unauthorized && credential.refused(&presented) => {
                let presented = present(&credential, deadline).await.map_err(refused)?;
                self.look_with(target, &presented, started, deadline).await
            }
            Err(refusal) if !credential.is_renewable() => Err(refusal.for_auth(target.auth.auth_type())),
            outcome => outcome,
        }
    }

    async fn look_with(
        &self,
        target: &ProbeTarget<'_>,
        presented: &Presented<'_>,
        started: Instant,
        deadline: Instant,
    ) -> Result<Probed, Refusal> {
        let (channels, endpoint) = (&self.channels, target.endpoint);
        // A deep look takes nothing for granted.
        let era = channels.eras().of(endpoint).filter(|_| !target.deep);
        let credentials = HeaderMap::clone(presented);
        let look = Look { channels, endpoint, credentials, era, started, deadline };
        let session = look.connect().await;
        channels.eras().note(endpoint, session.as_ref().ok().and_then(Session::era));
        let session = session?;
        let probed = examine(&session, started, deadline, target.deep).await;
        session.end(deadline).await;
        Ok(probed)
    }
}

#[async_trait]
impl Probe for UpstreamProbe {
    async fn probe(&self, target: ProbeTarget<'_>) -> Probed {
        let started = Instant::now();
        match self.look(&target, started).await {
            Ok(probed) => probed,
            Err(refusal) => report::failed(&refusal, started.elapsed()).into(),
        }
    }

    async fn admit(&self, endpoint: &Endpoint) -> Result<(), CheckError> {
        if endpoint.transport() == Transport::Stdio {
            let is_there = self.channels.launches(endpoint);
            return if is_there { Ok(()) } else { Err(Fault::NoLauncher.error()) };
        }
        match self.channels.dialer().check(endpoint.url()).await.map_err(|error| Fault::of_dial(&error)) {
            Err(fault) if fault.code() == REFUSED_ADDRESS => Err(fault.error()),
            // What cannot be resolved now may be later, and is judged again at each connect.
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// The headers to send. A token that has to be fetched is waited for until the deadline.
async fn present(credential: &Credential, deadline: Instant) -> Result<Presented<'_>, Fault> {
    let headers = timeout_at(deadline, credential.headers()).await;
    headers.map_err(|_| Fault::Token(TokenError::Timeout))?.map_err(Fault::Token)
}

/// What the server says of itself, and the lists or the sign of life that go with it.
async fn examine(session: &Session, started: Instant, deadline: Instant, deep: bool) -> Probed {
    let took = started.elapsed();
    let Some(info) = session.client.peer().peer_info() else {
        return report::failed(&Refusal { fault: Fault::NotMcp, answered: true }, took).into();
    };
    let mut report = report::connected(&info.protocol_version, &info.capabilities, took);
    let lists = if deep { read_lists(session, &mut report, deadline).await } else { Vec::new() };
    let has_asked = deep && List::all().any(|list| list.is_declared(&report.capabilities));
    // Discovery is a whole exchange; a session is known to work only once something was asked in it.
    if !has_asked && info.protocol_version.has_initialize() {
        let outcome = timeout_at(deadline, session.ping()).await.unwrap_or(Err(Fault::Timeout));
        if let Err(fault) = outcome {
            report::note_fault(&mut report, "ping", fault);
        }
    }
    Probed { report, lists }
}

/// The lists that the server has; those that it does not declare are empty, and those that fail are noted.
async fn read_lists(session: &Session, report: &mut CheckReport, deadline: Instant) -> Vec<FoundList> {
    let mut lists = Vec::new();
    for list in List::all() {
        if !list.is_declared(&report.capabilities) {
            lists.push(FoundList::new(list.kind()));
            continue;
        }
        let outcome = timeout_at(deadline, session.read(list)).await.unwrap_or(Err(Fault::Timeout));
        report::note_list(report, list, &outcome);
        lists.extend(outcome);
    }
    lists
}

impl Refusal {
    /// A server that wants an OAuth token is not down because none can be obtained yet.
    fn for_auth(self, auth: AuthType) -> Self {
        match self.fault {
            Fault::Unauthorized if auth == AuthType::Oauth => Self { fault: Fault::OauthPending, ..self },
            _ => self,
        }
    }
}
