//! POST: a message of the client's.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};

use super::answer::{self, Answer};
use super::head::{CANCELLED, Head, INITIALIZE};
use super::id::Id;
use super::limits::CANCEL_GRACE;
use super::parcel::Heard;
use super::session::{Begin, Session};
use super::{Answered, Bridge, Reply, accepts_events, version};
use crate::proxy::admission::Admission;
use crate::proxy::door::{self, Bounds};
use crate::proxy::guard::Seat;
use crate::proxy::headers::SESSION_ID;
use crate::proxy::{Failure, LingeringBody};
use crate::transport::channel::on_one_line;

impl Bridge {
    pub(super) async fn post(
        &self,
        request: Request<LingeringBody>,
        admission: &mut Admission,
    ) -> Answered<Reply> {
        let bounds = Bounds { max_bytes: self.max_request_bytes, timeout: admission.timeout() };
        let taken = door::take(request, admission.tools(), bounds).await;
        let (headers, message) = taken.map_err(|failure| (None, failure))?;
        admission.receives(message.len() as u64);
        // Judged as it came: a line break within a string, which is no JSON, must not become a space first.
        let head = Head::of(&message).ok_or((None, Failure::bad_request(NO_MESSAGE)))?;
        let id = match &head {
            Head::Request { id, .. } => Some(id.clone()),
            _ => None,
        };
        let passed = self.pass(&headers, head, on_one_line(message.clone()), admission).await;
        passed.map_err(|failure| (id, failure))
    }

    async fn pass(
        &self,
        headers: &HeaderMap,
        head: Head<'_>,
        message: Bytes,
        admission: &mut Admission,
    ) -> Result<Reply, Failure> {
        let opens = matches!(&head, Head::Request { method, .. } if method == INITIALIZE);
        match (headers.contains_key(SESSION_ID), opens) {
            (false, true) => self.initialize(headers, head, message, admission).await,
            (true, true) => {
                Err(Failure::bad_request("a session is initialized once; send no Mcp-Session-Id"))
            }
            (false, false) => Err(match version::stateless(headers, &head) {
                Some(version) => Failure::Version(version.into()),
                None => Failure::bad_request("Mcp-Session-Id is missing"),
            }),
            (true, false) => {
                let session = self.session(headers, admission)?;
                version::require_known(headers)?;
                self.pass_in(&session, headers, head, message, admission).await.map(Reply::from)
            }
        }
    }

    async fn initialize(
        &self,
        headers: &HeaderMap,
        head: Head<'_>,
        message: Bytes,
        admission: &mut Admission,
    ) -> Result<Reply, Failure> {
        admission.enter(Seat::Call).await?;
        let (session, handle) = self.open(admission).await?;
        let answer = self.ask(&session, headers, head, message, admission).await;
        if answer.is_err() {
            session.end(Failure::NoSuchSession);
        }
        // A session that was refused has ended by now.
        let began = session.is_open().then_some(handle);
        Ok(Reply { answer: answer?, began })
    }

    /// A request waits for its turn at the upstream; what the client tells it, and answers it, does not, for others'
    /// turns may depend on it.
    async fn pass_in(
        &self,
        session: &Arc<Session>,
        headers: &HeaderMap,
        head: Head<'_>,
        message: Bytes,
        admission: &mut Admission,
    ) -> Result<Answer, Failure> {
        let about = match head {
            Head::Request { .. } => {
                admission.enter(Seat::Call).await?;
                return self.ask(session, headers, head, message, admission).await;
            }
            Head::Notification { method, about } => about.filter(|_| method == CANCELLED),
            Head::Response { .. } => None,
        };
        session.touch();
        session.send(message, admission.timeout()).await?;
        if let Some(id) = about {
            cancel(session, &id);
        }
        Ok(Answer::Empty(StatusCode::ACCEPTED))
    }

    /// Sends a request, and waits until it is known how its answer begins.
    async fn ask(
        &self,
        session: &Arc<Session>,
        headers: &HeaderMap,
        head: Head<'_>,
        message: Bytes,
        admission: &Admission,
    ) -> Result<Answer, Failure> {
        let Head::Request { id, method, token, .. } = head else { return Err(Failure::Internal) };
        let (patience, streams) = (self.patience(admission), accepts_events(headers));
        let waiter = session.begin(Begin { id, token, streams, opens: method == INITIALIZE })?;
        session.send(message, patience.first).await?;
        answer::of(waiter, patience, streams).await
    }
}

const NO_MESSAGE: &str = "the body is no JSON-RPC message; batches, ids that are no integer or string of at most 1 KiB, and double keys are refused";

/// The upstream need not answer what was cancelled, so what waits for it ends.
fn cancel(session: &Session, id: &Id) {
    let Some(call) = session.lock().call(id) else { return };
    tokio::spawn(async move {
        tokio::time::sleep(CANCEL_GRACE).await;
        // It may have been answered after all.
        let _ = call.try_send(Heard::Cancelled);
    });
}
