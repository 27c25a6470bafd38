//! The bridge: streamable HTTP to the client, a channel to an upstream of another transport.
//!
//! Each session of a client has a channel of its own, so nothing of one client reaches another. A request opens the
//! session (`open`), or is passed on in it (`post`) and waits for its response (`wait`, `answer`); the `pump` behind the
//! session takes what the upstream says to whom it is for (`deliver`). Of messages only the head is read (`message`).
//!
//! Versions without sessions (`stateless`) have the same behind them: a session that is not one client's, but `shared` by
//! the requests of one holder, each under a name of its own (`lend`).
//!
//! A session lives on this node. Its handle is sealed as every other, and finds nothing on another node: the client is
//! told that there is no such session, and begins anew.

mod answer;
mod batch;
mod deliver;
mod deliver_shared;
mod discover;
mod event;
mod id;
mod lend;
mod limits;
mod listen;
mod message;
mod open;
mod parcel;
mod post;
mod pump;
mod session;
mod sessions;
mod shared;
mod stateless;
#[cfg(test)]
mod tests;
mod unheard;
mod version;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use http::header::ACCEPT;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use registry_core::Registry;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(super) use event::{COMMENT, Said};
pub(super) use id::Id;
pub use limits::SessionLimits;
pub(super) use session::stalled;
pub use version::UnsupportedVersion;

use self::answer::Answer;
use self::message::Message;
use self::open::Opener;
use self::session::Session;
use self::sessions::Sessions;
use self::wait::Patience;
use super::admission::Admission;
use super::head::Head;
use super::headers::SESSION_ID;
use super::pulse::Pulse;
use super::refusal::Kind;
use super::upstream::Upstreams;
use super::verdict::Verdict;
use super::{AnswerBody, Failure, LingeringBody, ProxyLimits, Refusal, session as handle};
use crate::era::Eras;
use crate::transport::Channels;
use crate::transport::channel::on_one_line;

/// Why a session is over when the upstream closed its connection.
pub(super) const ENDED: &str = "the connection to the server ended";

/// Carries calls to upstreams that speak no streamable HTTP.
pub(super) struct Bridge {
    registry: Arc<Registry>,
    upstreams: Arc<Upstreams>,
    pulse: Arc<Pulse>,
    sessions: Arc<Sessions>,
    opener: Arc<dyn Opener>,
    /// What is known of the eras of upstreams.
    eras: Eras,
    max_request_bytes: usize,
    stream_idle_timeout: Duration,
    /// Ends the streams of GET.
    stop: CancellationToken,
    /// Ends all sessions when the bridge is dropped.
    alive: Alive,
}

/// Cancels when it is dropped.
struct Alive(CancellationToken);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// What the bridge answers: a response, or a failure to the request with this id.
type Answered<T> = Result<T, (Option<Id>, Failure)>;

/// A message of the client's.
struct Posted<'a> {
    body: Bytes,
    head: Head<'a>,
    kind: Message<'a>,
}

impl Posted<'_> {
    /// The message as it goes up.
    fn message(&self) -> Bytes {
        on_one_line(self.body.clone())
    }
}

/// An answer, and the handle of the session that it began.
struct Reply {
    answer: Answer,
    began: Option<HeaderValue>,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self { answer, began: None }
    }
}

impl Bridge {
    pub(super) fn new(
        registry: Arc<Registry>,
        upstreams: Arc<Upstreams>,
        pulse: Arc<Pulse>,
        channels: Channels,
        limits: &ProxyLimits,
    ) -> Self {
        Self {
            registry,
            upstreams,
            pulse,
            sessions: Sessions::new(limits.sessions.clone()),
            eras: channels.eras().clone(),
            opener: Arc::new(channels.with_budget(limits.sessions.max_buffered_bytes)),
            max_request_bytes: limits.max_request_bytes,
            stream_idle_timeout: limits.stream_idle_timeout,
            stop: CancellationToken::new(),
            alive: Alive(CancellationToken::new()),
        }
    }

    pub(super) fn listening_until(self, stop: CancellationToken) -> Self {
        Self { stop, ..self }
    }

    pub(super) fn with_channels(self, channels: Channels) -> Self {
        let channels = channels.with_budget(self.sessions.limits().max_buffered_bytes);
        Self { eras: channels.eras().clone(), opener: Arc::new(channels), ..self }
    }

    /// Answers one admitted request; failures are answers too.
    pub(super) async fn call(
        &self,
        parts: &Parts,
        body: LingeringBody,
        mut admission: Box<Admission>,
    ) -> Response<AnswerBody> {
        let headers = &parts.headers;
        let answered = match parts.method {
            Method::POST => self.post(headers, body, &mut admission).await,
            Method::GET => self.listen(headers, &mut admission).await.map_err(|failure| (None, failure)),
            _ => self.end(headers, &admission).map_err(|failure| (None, failure)),
        };
        match answered {
            Ok(Reply { answer, began }) => {
                let answer = self.withdrawable(answer, &admission);
                let mut response = answer.into_response(admission);
                if let Some(handle) = began {
                    response.headers_mut().insert(SESSION_ID, handle);
                }
                response
            }
            Err((id, failure)) => {
                admission.failed(&failure);
                tracing::warn!(server = %admission.upstream().server.id, failure = failure.code(), "a call failed");
                failure.into_response_for(id.as_ref(), &HeaderValue::from_static("Bearer"))
            }
        }
    }

    /// A stream ends with the credential that opened it, also where the session goes on with another.
    fn withdrawable(&self, answer: Answer, admission: &Admission) -> Answer {
        let Answer::Stream(events, verdict) = answer else { return answer };
        let withdrawn = admission.withdrawn(self.upstreams.clone(), &self.pulse);
        Answer::Stream(events.take_until(Box::pin(withdrawn)).boxed(), verdict)
    }

    async fn listen(&self, headers: &HeaderMap, admission: &mut Admission) -> Result<Reply, Failure> {
        let session = self.session(headers, admission)?;
        version::require_known(headers)?;
        if !accepts_events(headers) {
            return Err(Refusal::new(Kind::Accept, "Accept must have text/event-stream").into());
        }
        // Only the bridge answers here: the upstream is asked nothing.
        admission.sit()?;
        let events = session.listen()?.events(self.stop.clone());
        Ok(Answer::Stream(events, Some(Verdict::Unknown)).into())
    }

    fn end(&self, headers: &HeaderMap, admission: &Admission) -> Result<Reply, Failure> {
        let session = self.session(headers, admission)?;
        self.sessions.remove(session.id);
        session.end(Failure::NoSuchSession);
        Ok(Answer::Empty(StatusCode::NO_CONTENT).into())
    }

    /// The session that the request is in.
    fn session(&self, headers: &HeaderMap, admission: &Admission) -> Result<Arc<Session>, Failure> {
        let handle = headers.get(SESSION_ID).ok_or(Failure::bad_request("Mcp-Session-Id is missing"))?;
        let id = handle::open(self.registry.keyring(), admission.scope(), handle)?;
        let id = id.to_str().ok().and_then(|id| Uuid::parse_str(id).ok());
        let session =
            id.and_then(|id| self.sessions.get(id, admission.scope())).ok_or(Failure::NoSuchSession)?;
        admission.holds(&session.holders);
        Ok(session)
    }

    fn patience(&self, admission: &Admission) -> Patience {
        Patience { first: admission.timeout(), next: self.stream_idle_timeout }
    }
}

/// Whether the client takes an event stream. One that says nothing takes what MCP says that clients take.
fn accepts_events(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    values.peek().is_none()
        || values.flat_map(|value| value.split(',')).any(|media| {
            let essence = media.split(';').next().unwrap_or_default().trim();
            ["text/event-stream", "text/*", "*/*"].iter().any(|one| essence.eq_ignore_ascii_case(one))
        })
}
