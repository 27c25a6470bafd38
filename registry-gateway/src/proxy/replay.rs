//! Request bodies that can be sent a second time: those of which nothing was sent, and small ones that were kept.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::LengthLimitError;

use super::door::PassedBody;

/// How much of a body is kept, in bytes, where an answer may ask for the request again.
pub(super) const MAX_KEPT_BYTES: usize = 256 * 1024;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Where a body goes back to when it is dropped and could be sent again.
#[derive(Debug, Clone, Default)]
pub(super) struct Home(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    source: Mutex<Option<Source>>,
    /// Whether it is the client who has to go on.
    awaits_client: AtomicBool,
}

/// A request's body, bounded.
#[derive(Debug)]
pub(super) struct ReplayBody {
    /// `None` once it went home, or cannot be sent again.
    source: Option<Source>,
    home: Home,
}

/// What a body comes from.
#[derive(Debug)]
pub(super) struct Source {
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
    /// Of this body; the first `keep` bytes are kept.
    pub(super) fn new(rest: PassedBody, keep: usize) -> Self {
        Self { rest, again: VecDeque::new(), kept: VecDeque::new(), room: keep, is_lost: false }
    }

    /// The same body from its start.
    fn rewound(mut self) -> Option<Self> {
        self.kept.append(&mut self.again);
        self.again = std::mem::take(&mut self.kept);
        (!self.is_lost).then_some(self)
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
    /// A body that comes back here.
    pub(super) fn send_out(&self, source: Source) -> ReplayBody {
        ReplayBody { source: Some(source), home: self.clone() }
    }

    /// The body, if it came back and can be sent again.
    pub(super) fn take(&self) -> Option<Source> {
        self.0.source.lock().unwrap_or_else(PoisonError::into_inner).take()?.rewound()
    }

    /// Whether the upstream was ready for more of the body when it was last asked for, and the client had sent no more.
    pub(super) fn awaits_client(&self) -> bool {
        self.0.awaits_client.load(Ordering::Relaxed)
    }
}

impl Body for ReplayBody {
    type Data = Bytes;
    /// [`LengthLimitError`] or what broke the client's body off.
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = self.source.as_mut().map_or(Poll::Ready(None), |source| source.poll(cx));
        self.home.0.awaits_client.store(polled.is_pending(), Ordering::Relaxed);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.source.as_ref().is_none_or(|source| source.again.is_empty() && source.rest.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.source.as_ref().map_or_else(|| SizeHint::with_exact(0), Source::size_hint)
    }
}

impl Drop for ReplayBody {
    fn drop(&mut self) {
        if let Some(source) = self.source.take().filter(|source| !source.is_lost) {
            *self.home.0.source.lock().unwrap_or_else(PoisonError::into_inner) = Some(source);
        }
    }
}

/// Whether a body was too long.
pub(super) fn is_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    super::verdict::find::<LengthLimitError>(error).is_some()
}
