//! POST: a message of the client's.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use registry_core::model::endpoint::Transport;

use super::answer::{self, Answer};
use super::discover::UNSUPPORTED;
use super::id::Id;
use super::limits::CANCEL_GRACE;
use super::message::{CANCELLED, INITIALIZE, Message};
use super::parcel::Heard;
use super::session::{Begin, Session};
use super::version::UnsupportedVersion;
use super::{Answered, Bridge, Posted, Reply, accepts_events, version};
use crate::era::Era;
use crate::proxy::admission::Admission;
use crate::proxy::door::{self, Bounds};
use crate::proxy::guard::Seat;
use crate::proxy::headers::SESSION_ID;
use crate::proxy::{Failure, LingeringBody, head};

impl Bridge {
    pub(super) async fn post(
        &self,
        headers: &HeaderMap,
        body: LingeringBody,
        admission: &mut Admission,
    ) -> Answered<Reply> {
        let bounds = Bounds { max_bytes: self.max_request_bytes, timeout: admission.timeout() };
        let body = door::take(headers, body, bounds).await.map_err(|failure| (None, failure))?;
        admission.receives(body.len() as u64);
        if head::is_batch(&body) {
            return self
                .batch(headers, &body, admission)
                .await
                .map(Reply::from)
                .map_err(|failure| (None, failure));
        }
        // Judged as it came: a line break within a string, which is no JSON, must not become a space first.
        let head = door::judge(&body, None, admission.tools()).map_err(|refusal| (None, refusal.into()))?;
        let kind = Message::of(&head).ok_or((None, Failure::bad_request(NO_MESSAGE)))?;
        let id = match &kind {
            Message::Request { id, .. } => Some(id.clone()),
            _ => None,
        };
        let posted = Posted { body: body.clone(), head, kind };
        self.pass(headers, posted, admission).await.map_err(|failure| (id, failure))
    }

    async fn pass(
        &self,
        headers: &HeaderMap,
        posted: Posted<'_>,
        admission: &mut Admission,
    ) -> Result<Reply, Failure> {
        if let Some(version) = version::stateless(headers, &posted.head) {
            if admission.upstream().server.endpoint.transport() == Transport::Sse {
                // It is of one era alone.
                return Err(UnsupportedVersion::of_sessions(&version));
            }
            return self.stateless(headers, posted, &version, admission).await.map(Reply::from);
        }
        let opens = matches!(&posted.kind, Message::Request { method, .. } if method == INITIALIZE);
        match (headers.contains_key(SESSION_ID), opens) {
            (false, true) => self.initialize(headers, posted, admission).await,
            (true, true) => {
                Err(Failure::bad_request("a session is initialized once; send no Mcp-Session-Id"))
            }
            (false, false) => Err(Failure::bad_request("Mcp-Session-Id is missing")),
            (true, false) => {
                let session = self.session(headers, admission)?;
                version::require_known(headers)?;
                self.pass_in(&session, headers, posted, admission).await.map(Reply::from)
            }
        }
    }

    async fn initialize(
        &self,
        headers: &HeaderMap,
        posted: Posted<'_>,
        admission: &mut Admission,
    ) -> Result<Reply, Failure> {
        admission.enter(Seat::Call).await?;
        let (session, handle) = self.open(admission).await?;
        let answer = self.ask(&session, headers, &posted, admission).await;
        if answer.is_err() {
            session.end(Failure::NoSuchSession);
        }
        let answer = self.agreed(answer?, &posted, admission).await?;
        // A session that was refused has ended by now.
        let began = session.is_open().then_some(handle);
        Ok(Reply { answer, began })
    }

    /// The answer to `initialize`. An upstream that refuses it may speak only versions without sessions; it should name them
    /// (MCP 2026-07-28, "Versioning"), and if it does not, it is asked for them.
    async fn agreed(
        &self,
        answer: Answer,
        posted: &Posted<'_>,
        admission: &Admission,
    ) -> Result<Answer, Failure> {
        let Answer::Json(parcel, _, Some(code)) = answer else { return Ok(answer) };
        let endpoint = &admission.upstream().server.endpoint;
        if code == UNSUPPORTED {
            return Ok(Answer::Json(parcel, StatusCode::BAD_REQUEST, Some(code)));
        }
        if self.eras.of(endpoint) == Some(Era::Initialize) {
            // It may have learnt another one.
            self.eras.note(endpoint, None);
        }
        let is_sse = endpoint.transport() == Transport::Sse;
        let requested = version::agreed_on(&posted.body);
        match requested.filter(|_| !is_sse) {
            Some(requested) => match self.shared(admission, &requested, false).await {
                Err(failure @ Failure::Version(_)) if failure.is_modern_version() => Err(failure),
                _ => Ok(Answer::Json(parcel, StatusCode::OK, Some(code))),
            },
            None => Ok(Answer::Json(parcel, StatusCode::OK, Some(code))),
        }
    }

    /// A request waits for its turn at the upstream; what the client tells it, and answers it, does not, for others'
    /// turns may depend on it.
    async fn pass_in(
        &self,
        session: &Arc<Session>,
        headers: &HeaderMap,
        posted: Posted<'_>,
        admission: &mut Admission,
    ) -> Result<Answer, Failure> {
        let about = match &posted.kind {
            Message::Request { .. } => {
                admission.enter(Seat::Call).await?;
                return self.ask(session, headers, &posted, admission).await;
            }
            Message::Notification { method, about } => about.as_ref().filter(|_| method == CANCELLED),
            Message::Response { .. } => None,
        };
        session.touch();
        session.send(posted.message(), admission.timeout()).await?;
        if let Some(id) = about {
            cancel(session, id);
        }
        Ok(Answer::Empty(StatusCode::ACCEPTED))
    }

    /// Sends a request, and waits until it is known how its answer begins.
    async fn ask(
        &self,
        session: &Arc<Session>,
        headers: &HeaderMap,
        posted: &Posted<'_>,
        admission: &Admission,
    ) -> Result<Answer, Failure> {
        let Message::Request { id, method, token } = &posted.kind else { return Err(Failure::Internal) };
        let (patience, streams) = (self.patience(admission), accepts_events(headers));
        let (id, token, opens) = (id.clone(), token.clone(), method == INITIALIZE);
        let waiter = session.begin(Begin { id, token, streams, opens, lent: None })?;
        session.send(posted.message(), patience.first).await?;
        answer::of(waiter, patience, streams).await
    }
}

pub(super) const NO_MESSAGE: &str =
    "the body is no JSON-RPC message; ids that are no integer or string of at most 1 KiB are refused";

/// The upstream need not answer what was cancelled, so what waits for it ends.
pub(super) fn cancel(session: &Session, id: &Id) {
    let Some(call) = session.lock().call(id) else { return };
    tokio::spawn(async move {
        tokio::time::sleep(CANCEL_GRACE).await;
        // It may have been answered after all.
        let _ = call.try_send(Heard::Cancelled);
    });
}
