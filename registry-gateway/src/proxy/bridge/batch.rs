//! A batch: several messages in one POST, which version 2025-03-26 has and no other. They go up one by one, and each is
//! judged and taken from the limits as if it came alone.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream, SelectAll};
use http::{HeaderMap, StatusCode};
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

use super::answer::Answer;
use super::event::{self, Said};
use super::limits::{FOREVER, MAX_BATCH, MAX_BATCH_BYTES, SETTLE};
use super::message::{CANCELLED, INITIALIZE, Message};
use super::parcel::Heard;
use super::session::{Begin, Session};
use super::wait::{Patience, Waiter};
use super::{Bridge, Posted, accepts_events, post, version};
use crate::proxy::Failure;
use crate::proxy::admission::Admission;
use crate::proxy::door;
use crate::proxy::guard::Seat;

/// What comes of the requests of a batch.
enum Word {
    /// A response, or the error in its place.
    Answer(Bytes, Option<Failure>),
    /// A message before one.
    Other(Bytes),
}

type Words = SelectAll<BoxStream<'static, Word>>;

impl Bridge {
    /// Passes all messages of a batch on.
    pub(super) async fn batch(
        &self,
        headers: &HeaderMap,
        body: &Bytes,
        admission: &mut Admission,
    ) -> Result<Answer, Failure> {
        version::require_batches(headers)?;
        let session = self.session(headers, admission)?;
        let messages = messages(body, admission)?;
        admission.take(messages.len() - 1).await?;
        if messages.iter().any(|message| matches!(message.kind, Message::Request { .. })) {
            admission.enter(Seat::Call).await?;
        }
        session.touch();
        let streams = accepts_events(headers);
        let (patience, mut words) = (self.patience(admission), Words::new());
        for message in &messages {
            if let Some(waiter) = begin(&session, message, streams)? {
                words.push(heard(waiter, patience));
            }
            session.send(message.message(), patience.first).await?;
            if let Message::Notification { method, about: Some(id) } = &message.kind
                && method == CANCELLED
            {
                post::cancel(&session, id);
            }
        }
        Ok(if words.is_empty() { Answer::Empty(StatusCode::ACCEPTED) } else { answer(words, streams).await })
    }
}

/// The messages, which all may pass.
fn messages<'a>(body: &'a Bytes, admission: &Admission) -> Result<Vec<Posted<'a>>, Failure> {
    let texts: Vec<&RawValue> =
        serde_json::from_slice(body).map_err(|_| Failure::bad_request("the body is no JSON"))?;
    if texts.is_empty() || texts.len() > MAX_BATCH {
        return Err(Failure::bad_request("a batch has from 1 to 32 messages"));
    }
    let mut ids = HashSet::new();
    let mut messages = Vec::with_capacity(texts.len());
    for text in texts {
        let text = text.get().as_bytes();
        let head = door::judge(text, None, admission.tools())?;
        let kind = Message::of(&head).ok_or(Failure::bad_request(post::NO_MESSAGE))?;
        if let Message::Request { id, method, .. } = &kind {
            if method == INITIALIZE {
                return Err(Failure::bad_request("`initialize` comes alone"));
            }
            if !ids.insert(id.clone()) {
                return Err(Failure::bad_request("two requests of the batch have the same id"));
            }
        }
        messages.push(Posted { body: body.slice_ref(text), head, kind });
    }
    Ok(messages)
}

fn begin(session: &Arc<Session>, message: &Posted<'_>, streams: bool) -> Result<Option<Waiter>, Failure> {
    let Message::Request { id, token, .. } = &message.kind else { return Ok(None) };
    let (id, token) = (id.clone(), token.clone());
    session.begin(Begin { id, token, streams, opens: false, lent: None }).map(Some)
}

/// What one request hears, to its end.
fn heard(waiter: Waiter, patience: Patience) -> BoxStream<'static, Word> {
    stream::unfold(Some((waiter, patience)), async |state| {
        let (mut waiter, patience) = state?;
        match waiter.next(patience).await {
            Ok(Heard::Other(parcel) | Heard::Ping(parcel)) => {
                Some((Word::Other(parcel.message), Some((waiter, patience))))
            }
            Ok(Heard::Response(parcel, _)) => Some((Word::Answer(parcel.message, None), None)),
            Ok(Heard::Cancelled) => None,
            Err(failure) => {
                let error = failure.message_for(Some(waiter.id()));
                Some((Word::Answer(error, Some(failure)), None))
            }
        }
    })
    .boxed()
}

/// One JSON array if the responses come first, soon, and are not large; else an event for each message.
async fn answer(mut words: Words, streams: bool) -> Answer {
    let until = Instant::now() + if streams { SETTLE } else { FOREVER };
    let (mut said, mut bytes) = (Vec::new(), 0);
    while !streams || bytes <= MAX_BATCH_BYTES {
        match timeout_at(until, words.next()).await {
            Ok(Some(Word::Answer(message, failure))) => {
                bytes += message.len();
                said.push((message, failure));
            }
            Ok(Some(Word::Other(message))) if streams => {
                return events(said, Some(Word::Other(message)), words);
            }
            Ok(Some(Word::Other(_))) => {}
            Ok(None) => return whole(said),
            Err(_) => break,
        }
    }
    events(said, None, words)
}

fn whole(said: Vec<(Bytes, Option<Failure>)>) -> Answer {
    let failure = said.iter().find_map(|(_, failure)| failure.clone());
    let mut array = Vec::with_capacity(said.iter().map(|(message, _)| message.len() + 1).sum::<usize>() + 1);
    for (message, _) in &said {
        array.push(if array.is_empty() { b'[' } else { b',' });
        array.extend_from_slice(message);
    }
    if said.is_empty() {
        // All were taken back.
        return Answer::Empty(StatusCode::ACCEPTED);
    }
    array.push(b']');
    Answer::Batch(array.into(), failure)
}

fn events(said: Vec<(Bytes, Option<Failure>)>, next: Option<Word>, words: Words) -> Answer {
    let said = said.into_iter().map(|(message, failure)| Word::Answer(message, failure));
    let events = stream::iter(said.chain(next)).chain(words).map(|word| match word {
        Word::Answer(message, Some(failure)) => Said::Failed(event::of(&message), failure),
        Word::Answer(message, None) | Word::Other(message) => Said::Event(event::of(&message)),
    });
    let begin = stream::once(async { Said::Comment });
    Answer::Stream(begin.chain(event::kept_alive(events)).boxed(), None)
}
