//! POST: a message of the client's.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::answer::{self, Answer};
use super::head::{CANCELLED, Head, INITIALIZE};
use super::id::Id;
use super::limits::CANCEL_GRACE;
use super::parcel::{Heard, on_one_line};
use super::session::{Begin, Session};
use super::{Answered, Bridge, Reply, accepts_events, version};
use crate::proxy::admission::Admission;
use crate::proxy::door;
use crate::proxy::guard::Seat;
use crate::proxy::headers::SESSION_ID;
use crate::proxy::{Failure, LingeringBody};

impl Bridge {
    pub(super) async fn post(
        &self,
        request: Request<LingeringBody>,
        admission: &mut Admission,
    ) -> Answered<Reply> {
        let (parts, body) = request.into_parts();
        let message = self.read(&parts.headers, body, admission).await.map_err(|failure| (None, failure))?;
        admission.receives(message.len() as u64);
        let head = Head::of(&message).ok_or((None, Failure::bad_request(NO_MESSAGE)))?;
        let id = match &head {
            Head::Request { id, .. } => Some(id.clone()),
            _ => None,
        };
        let judged = door::judge_tools(&message, admission.tools());
        judged.map_err(|refusal| (id.clone(), refusal.into()))?;
        if id.is_some() {
            admission.enter(Seat::Call).await.map_err(|failure| (id.clone(), failure))?;
        }
        let passed = self.pass(&parts.headers, head, message.clone(), admission).await;
        passed.map_err(|failure| (id, failure))
    }

    /// Reads the body; within the time of the call, for nothing else bounds it.
    async fn read(
        &self,
        headers: &HeaderMap,
        body: LingeringBody,
        admission: &Admission,
    ) -> Result<Bytes, Failure> {
        require_json(headers)?;
        let body = Limited::new(body, self.max_request_bytes).collect();
        let body = tokio::time::timeout(admission.timeout(), body).await;
        match body
            .map_err(|_| Failure::Request(StatusCode::REQUEST_TIMEOUT, "the body did not come in time"))?
        {
            Ok(body) => Ok(on_one_line(body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Err(Failure::TooLarge),
            Err(_) => Err(Failure::bad_request("the body broke off")),
        }
    }

    async fn pass(
        &self,
        headers: &HeaderMap,
        head: Head<'_>,
        message: Bytes,
        admission: &Admission,
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
        admission: &Admission,
    ) -> Result<Reply, Failure> {
        let (session, handle) = self.open(admission).await?;
        let answer = self.pass_in(&session, headers, head, message, admission).await;
        if answer.is_err() {
            session.end(Failure::NoSuchSession);
        }
        // A session that was refused has ended by now.
        let began = session.is_open().then_some(handle);
        Ok(Reply { answer: answer?, began })
    }

    async fn pass_in(
        &self,
        session: &Arc<Session>,
        headers: &HeaderMap,
        head: Head<'_>,
        message: Bytes,
        admission: &Admission,
    ) -> Result<Answer, Failure> {
        let patience = self.patience(admission);
        match head {
            Head::Request { id, method, token, .. } => {
                let streams = accepts_events(headers);
                let opens = method == INITIALIZE;
                let waiter = session.begin(Begin { id, token, streams, opens })?;
                session.send(message, patience.first).await?;
                answer::of(waiter, patience, streams).await
            }
            Head::Notification { method, about } => {
                session.touch();
                session.send(message, patience.first).await?;
                if let Some(id) = about.filter(|_| method == CANCELLED) {
                    cancel(session, &id);
                }
                Ok(Answer::Empty(StatusCode::ACCEPTED))
            }
            Head::Response { .. } => {
                session.touch();
                session.send(message, patience.first).await?;
                Ok(Answer::Empty(StatusCode::ACCEPTED))
            }
        }
    }
}

const NO_MESSAGE: &str = "the body is no JSON-RPC message; batches, ids that are no string or integer, and double keys are refused";

/// The upstream need not answer what was cancelled, so what waits for it ends.
fn cancel(session: &Session, id: &Id) {
    let Some(call) = session.lock().call(id) else { return };
    tokio::spawn(async move {
        tokio::time::sleep(CANCEL_GRACE).await;
        // It may have been answered after all.
        let _ = call.try_send(Heard::Cancelled);
    });
}

/// A body is plain JSON: what it holds has to be read.
fn require_json(headers: &HeaderMap) -> Result<(), Failure> {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim();
    let is_plain = headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    if !essence.eq_ignore_ascii_case("application/json") || !is_plain {
        let why = "the body must be application/json, without Content-Encoding";
        return Err(Failure::Request(StatusCode::UNSUPPORTED_MEDIA_TYPE, why));
    }
    Ok(())
}
