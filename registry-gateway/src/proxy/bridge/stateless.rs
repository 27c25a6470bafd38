//! A message of a version without sessions (2026-07-28).

use std::sync::Arc;

use futures::StreamExt;
use http::{HeaderMap, StatusCode};

use super::answer::{self, Answer};
use super::id::Id;
use super::lend::{self, Lent};
use super::limits::FOREVER;
use super::message::{CANCELLED, Message};
use super::session::{Begin, Session};
use super::wait::Waiter;
use super::{Bridge, ENDED, Posted, accepts_events};
use crate::proxy::admission::Admission;
use crate::proxy::guard::Seat;
use crate::proxy::refusal::Kind;
use crate::proxy::{Failure, Refusal, mirror};

/// How many channels are tried that end before the request was noted.
const MAX_TRIES: usize = 2;

impl Bridge {
    /// Passes a message of this version on.
    pub(super) async fn stateless(
        &self,
        headers: &HeaderMap,
        posted: Posted<'_>,
        version: &str,
        admission: &mut Admission,
    ) -> Result<Answer, Failure> {
        mirror::agree_in_full(headers, &posted.head)?;
        let (id, token) = match &posted.kind {
            Message::Request { id, token, .. } => (id.clone(), token.clone()),
            // It is the end of its stream that takes a request back.
            Message::Notification { method, .. } if method == CANCELLED => {
                return Ok(Answer::Empty(StatusCode::ACCEPTED));
            }
            Message::Notification { .. } => return self.tell(&posted, version, admission).await,
            Message::Response { .. } => {
                return Err(Failure::bad_request("in this version clients send no responses"));
            }
        };
        let lent = Lent::of(&posted.head, id, token);
        let streams = accepts_events(headers);
        if lent.listens && !streams {
            return Err(Refusal::new(Kind::Accept, "Accept must have text/event-stream").into());
        }
        admission.enter(if lent.listens { Seat::Stream } else { Seat::Call }).await?;
        self.ask_shared(&posted, lent, version, streams, admission).await
    }

    async fn tell(
        &self,
        posted: &Posted<'_>,
        version: &str,
        admission: &Admission,
    ) -> Result<Answer, Failure> {
        let session = self.shared(admission, version, false).await?;
        session.send(posted.message(), admission.timeout()).await?;
        Ok(Answer::Empty(StatusCode::ACCEPTED))
    }

    async fn ask_shared(
        &self,
        posted: &Posted<'_>,
        lent: Lent,
        version: &str,
        streams: bool,
        admission: &Admission,
    ) -> Result<Answer, Failure> {
        let mut patience = self.patience(admission);
        if lent.listens {
            patience.next = FOREVER;
        }
        let listens = lent.listens;
        let (session, waiter, name) = self.begin_shared(lent, version, streams, admission).await?;
        let message = lend::renamed(&posted.body, &posted.head, &name);
        session.send(crate::transport::channel::on_one_line(message), patience.first).await?;
        Ok(match answer::of(waiter, patience, streams).await? {
            Answer::Stream(events, verdict) if listens => {
                Answer::Stream(events.take_until(self.stop.clone().cancelled_owned()).boxed(), verdict)
            }
            answer => answer,
        })
    }

    /// Notes a request on a channel that has room for it. One that ends just then is not taken.
    async fn begin_shared(
        &self,
        lent: Lent,
        version: &str,
        streams: bool,
        admission: &Admission,
    ) -> Result<(Arc<Session>, Waiter, Id), Failure> {
        let lent = Arc::new(lent);
        for _ in 0..MAX_TRIES {
            let session = self.shared(admission, version, lent.logs).await?;
            let name = session.new_name();
            let token = lent.token.as_ref().map(|_| name.clone());
            let begin = Begin { id: name.clone(), token, streams, opens: false, lent: Some(lent.clone()) };
            match session.begin(begin) {
                Ok(waiter) => return Ok((session, waiter, name)),
                Err(_) if !session.is_open() => {}
                Err(failure) => return Err(failure),
            }
        }
        Err(Failure::BadAnswer(ENDED))
    }
}

/// Of the answer to a request of a version without sessions, which was the whole answer, by the code of its error (MCP
/// 2026-07-28, Streamable HTTP).
pub(super) fn status(lent: &Lent, error: Option<i64>) -> StatusCode {
    match error {
        // Headers that differ, a capability that is missing, a version that is not spoken.
        Some(-32_022..=-32_020) => StatusCode::BAD_REQUEST,
        // Invalid parameters: of the request as such, or of what it asks for.
        Some(-32_602) if !lent.is_whole => StatusCode::BAD_REQUEST,
        Some(-32_601) => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    }
}
