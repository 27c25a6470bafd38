//! The answer to a request: JSON if the response comes first and soon, else an event stream.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use tokio::time::timeout;

use super::event::{self, Said};
use super::limits::{KEEP_ALIVE, SETTLE};
use super::parcel::{Heard, Parcel};
use super::stateless;
use super::wait::{Patience, Waiter};
use crate::proxy::admission::Admission;
use crate::proxy::verdict::Verdict;
use crate::proxy::{AnswerBody, Failure};

/// An answer of the bridge.
pub(super) enum Answer {
    /// The response, its HTTP status, and its code if it is an error.
    Json(Parcel, StatusCode, Option<i64>),
    /// The responses to a batch, and the first failure among them.
    Batch(Bytes, Option<Failure>),
    /// Events, and what is known of the upstream as they begin; `None` if they will tell.
    Stream(BoxStream<'static, Said>, Option<Verdict>),
    /// Of the bridge itself: the upstream said nothing.
    Empty(StatusCode),
}

/// Waits until it is known how the answer to a request begins.
pub(super) async fn of(mut waiter: Waiter, patience: Patience, streams: bool) -> Result<Answer, Failure> {
    let settle = if streams { SETTLE } else { Duration::MAX };
    let begun = match timeout(settle, waiter.next(patience)).await {
        Ok(Ok(Heard::Response(parcel, error))) => {
            let status = waiter.lent().map_or(StatusCode::OK, |lent| stateless::status(lent, error));
            return Ok(Answer::Json(parcel, status, error));
        }
        Ok(Ok(Heard::Cancelled)) if streams => {
            return Ok(Answer::Stream(stream::empty().boxed(), None));
        }
        Ok(Ok(Heard::Cancelled)) => return Ok(Answer::Empty(StatusCode::ACCEPTED)),
        Ok(Ok(Heard::Other(parcel) | Heard::Ping(parcel))) => Some(parcel),
        Ok(Err(failure)) => return Err(failure),
        Err(_) => None,
    };
    Ok(Answer::Stream(events(begun, waiter, patience), None))
}

/// The events of an answer: these, and what else the request hears.
fn events(begun: Option<Parcel>, waiter: Waiter, patience: Patience) -> BoxStream<'static, Said> {
    // An upstream that has said nothing yet may hang.
    let begin = begun.map_or(Said::Comment, |parcel| Said::Event(event::of(&parcel.message)));
    let rest = stream::unfold(Some((waiter, patience)), async |state| {
        let (mut waiter, patience) = state?;
        let (said, goes_on) = next(&mut waiter, patience).await?;
        Some((said, goes_on.then_some((waiter, patience))))
    });
    stream::once(async { begin }).chain(rest).boxed()
}

/// What is said next, and whether more follows.
async fn next(waiter: &mut Waiter, patience: Patience) -> Option<(Said, bool)> {
    let Ok(heard) = timeout(KEEP_ALIVE, waiter.next(patience)).await else {
        return Some((Said::Comment, true));
    };
    match heard {
        Ok(Heard::Other(parcel) | Heard::Ping(parcel)) => {
            Some((Said::Event(event::of(&parcel.message)), true))
        }
        Ok(Heard::Response(parcel, _)) => Some((Said::Event(event::of(&parcel.message)), false)),
        Ok(Heard::Cancelled) => None,
        Err(failure) => {
            let message = failure.message_for(Some(waiter.id()));
            Some((Said::Failed(event::of(&message), failure), false))
        }
    }
}

impl Answer {
    /// The HTTP response; the call's record goes with it.
    pub(super) fn into_response(self, mut admission: Box<Admission>) -> Response<AnswerBody> {
        match self {
            Self::Json(parcel, status, _) => json(parcel, status, &mut admission),
            Self::Batch(array, failure) => batch(array, failure, &mut admission),
            Self::Stream(events, verdict) => event_stream(events, verdict, admission),
            Self::Empty(status) => {
                admission.begins(status);
                admission.settle(Verdict::Unknown);
                let mut response = Response::new(AnswerBody::whole(Bytes::new()));
                *response.status_mut() = status;
                response
            }
        }
    }
}

fn batch(array: Bytes, failure: Option<Failure>, admission: &mut Admission) -> Response<AnswerBody> {
    admission.begins(StatusCode::OK);
    match failure {
        Some(failure) => admission.failed(&failure),
        None => admission.ended(),
    }
    admission.sends(array.len() as u64);
    let mut response = Response::new(AnswerBody::whole(array));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn json(parcel: Parcel, status: StatusCode, admission: &mut Admission) -> Response<AnswerBody> {
    admission.answered(status, false);
    admission.ended();
    admission.sends(parcel.message.len() as u64);
    let mut response = Response::new(AnswerBody::whole(parcel.message));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn event_stream(
    events: BoxStream<'static, Said>,
    verdict: Option<Verdict>,
    mut admission: Box<Admission>,
) -> Response<AnswerBody> {
    admission.begins(StatusCode::OK);
    if let Some(verdict) = verdict {
        admission.settle(verdict);
    }
    let mut response = Response::new(AnswerBody::events(events, admission));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Proxies before this service must not hold events back.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
