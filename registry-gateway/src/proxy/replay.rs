//! Request bodies that can be sent a second time: those of which nothing was sent, and small ones that were kept.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::LengthLimitError;

use super::door::PassedBody;

/// How much of a body is kept, in bytes, where an answer may ask for the request again.
pub(super) const MAX_KEPT_BYTES: usize = 256 * 1024;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Where a request's body is, whoever sends it. A request is handed on many times on its way; what it carries is small.
#[derive(Debug)]
pub(super) struct Home(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Mutex<Source>,
    /// Whether a [`ReplayBody`] may still read from it.
    is_out: AtomicBool,
    /// Whether it is the client who has to go on.
    awaits_client: AtomicBool,
}

/// A request's body, bounded; there is one at a time.
#[derive(Debug)]
pub(super) struct ReplayBody(Arc<Inner>);

/// What a body comes from.
#[derive(Debug)]
struct Source {
    rest: PassedBody,
    /// What is to come before the rest.
    again: VecDeque<Bytes>,
    /// What was sent of it, if it is kept.
    kept: VecDeque<Bytes>,
    /// How many bytes may still be kept.
    room: usize,
    /// Whether something was sent that is not kept.
    is_lost: bool,
}

impl Source {
    /// Goes back to the start, if nothing is lost.
    fn rewind(&mut self) -> bool {
        self.kept.append(&mut self.again);
        self.again = std::mem::take(&mut self.kept);
        !self.is_lost
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(data) = self.again.pop_front() {
            self.kept.push_back(data.clone());
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let polled = Pin::new(&mut self.rest).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => self.keep(frame),
            Poll::Ready(Some(Err(_))) => self.is_lost = true,
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    fn keep(&mut self, frame: &Frame<Bytes>) {
        match frame.data_ref() {
            Some(data) if data.len() <= self.room && !self.is_lost => {
                self.room -= data.len();
                self.kept.push_back(data.clone());
            }
            _ => {
                self.is_lost = true;
                self.kept.clear();
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        let (again, rest) = (self.again.iter().map(Bytes::len).sum::<usize>() as u64, self.rest.size_hint());
        let mut hint = SizeHint::new();
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + again);
        }
        hint.set_lower(rest.lower() + again);
        hint
    }
}

impl Home {
    /// Of this body.
    pub(super) fn of(rest: PassedBody) -> Self {
        let (again, kept) = (VecDeque::new(), VecDeque::new());
        let source = Mutex::new(Source { rest, again, kept, room: 0, is_lost: false });
        Self(Arc::new(Inner { source, is_out: AtomicBool::default(), awaits_client: AtomicBool::default() }))
    }

    /// Keeps the first `bytes` of what is sent from now on.
    pub(super) fn keep(&self, bytes: usize) {
        self.0.source().room = bytes;
    }

    /// The body, to be sent from here.
    pub(super) fn send_out(&self) -> ReplayBody {
        self.0.is_out.store(true, Ordering::Relaxed);
        ReplayBody(self.0.clone())
    }

    /// Whether the body came back and can be sent again, which it then is from its start.
    pub(super) fn rewind(&self) -> bool {
        !self.0.is_out.load(Ordering::Acquire) && self.0.source().rewind()
    }

    /// Whether the upstream was ready for more of the body when it was last asked for, and the client had sent no more.
    pub(super) fn awaits_client(&self) -> bool {
        self.0.awaits_client.load(Ordering::Relaxed)
    }
}

impl Inner {
    /// Locked by whoever reads: nobody else does meanwhile.
    fn source(&self) -> MutexGuard<'_, Source> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Body for ReplayBody {
    type Data = Bytes;
    /// [`LengthLimitError`] or what broke the client's body off.
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = self.0.source().poll(cx);
        self.0.awaits_client.store(polled.is_pending(), Ordering::Relaxed);
        polled
    }

    fn is_end_stream(&self) -> bool {
        let source = self.0.source();
        source.again.is_empty() && source.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.source().size_hint()
    }
}

impl Drop for ReplayBody {
    fn drop(&mut self) {
        self.0.is_out.store(false, Ordering::Release);
    }
}

/// Whether a body was too long.
pub(super) fn is_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    super::verdict::find::<LengthLimitError>(error).is_some()
}
