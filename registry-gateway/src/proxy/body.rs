//! The body that comes down: the upstream's, as it comes, counted, and cut when it is silent for too long.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use registry_core::model::usage::CallError;
use tokio::time::Instant;

use super::UpstreamBody;
use super::admission::Admission;
use super::bridge::{COMMENT, Said};
use super::list_changed::ListChanged;
use super::meter::OpenStream;
use super::verdict::Verdict;
use crate::dial::LazyTimer;

/// From how many frames on it is asked at each whether the stream may go on. A short answer need not ask; one whose upstream
/// always has more to say would never be silent, which is when it is asked otherwise.
const MAX_UNWATCHED_FRAMES: u32 = 16;

/// What ends a stream before its upstream does.
pub(super) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The body of an answer.
pub struct AnswerBody(Kind);

enum Kind {
    Whole(Full<Bytes>),
    Streaming(Box<Streaming>),
    Events(Box<Events>),
}

/// The events of a bridged session.
struct Events {
    events: BoxStream<'static, Said>,
    admission: Box<Admission>,
    _open: OpenStream,
}

struct Streaming {
    upstream: UpstreamBody,
    idle: Duration,
    /// Completes when the stream is to end.
    stop: Option<Stop>,
    /// How many frames came.
    frames: u32,
    /// Until when the upstream may be silent, while it is.
    until: Option<Instant>,
    silence: LazyTimer,
    admission: Box<Admission>,
    /// Of an event stream: what looks for word of changes in it.
    changes: Option<ListChanged>,
    /// Of an event stream: what counts it.
    _open: Option<OpenStream>,
}

impl AnswerBody {
    /// A body that is all here.
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self(Kind::Whole(Full::new(bytes)))
    }

    /// Events of a bridged session; dropping it ends the call.
    pub(super) fn events(events: BoxStream<'static, Said>, admission: Box<Admission>) -> Self {
        let open = admission.upstream().meter.open_stream();
        Self(Kind::Events(Box::new(Events { events, admission, _open: open })))
    }

    /// The upstream's body. It ends when `stop` completes, and with an error after `idle` of silence; dropping it ends
    /// the call.
    pub(super) fn streaming(
        upstream: UpstreamBody,
        idle: Duration,
        stop: Option<Stop>,
        admission: Box<Admission>,
    ) -> Self {
        // Only event streams have something that ends them.
        let open = stop.as_ref().map(|_| admission.upstream().meter.open_stream());
        let changes = stop.as_ref().map(|_| ListChanged::default());
        let (until, silence) = (None, LazyTimer::new());
        let streaming =
            Streaming { upstream, idle, frames: 0, stop, until, silence, admission, changes, _open: open };
        Self(Kind::Streaming(Box::new(streaming)))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut self.0 {
            Kind::Whole(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
            Kind::Streaming(body) => body.poll_frame(cx),
            Kind::Events(body) => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(body) => body.is_end_stream(),
            Kind::Streaming(body) => body.upstream.is_end_stream(),
            Kind::Events(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(body) => body.size_hint(),
            Kind::Streaming(body) => body.upstream.size_hint(),
            Kind::Events(_) => SizeHint::default(),
        }
    }
}

impl Events {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(said) = ready!(self.events.poll_next_unpin(cx)) else {
            // If the upstream said nothing, nothing is known of it.
            self.admission.settle(Verdict::Unknown);
            return Poll::Ready(None);
        };
        let event = match said {
            Said::Comment => COMMENT,
            Said::Event(event) => {
                self.admission.settle(Verdict::Well);
                event
            }
            Said::Failed(event, failure) => {
                let is_upstreams = Verdict::of_failure(&failure) == Verdict::Failed;
                self.admission.cut(failure.whose(), is_upstreams);
                self.admission.failed(&failure);
                event
            }
        };
        self.admission.sends(event.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(event))))
    }
}

impl Streaming {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.frames > MAX_UNWATCHED_FRAMES && self.poll_stop(cx).is_ready() {
            return Poll::Ready(None);
        }
        let frame = match Pin::new(&mut self.upstream).poll_frame(cx) {
            Poll::Ready(frame) => frame,
            Poll::Pending => return self.poll_silence(cx),
        };
        self.frames = self.frames.saturating_add(1);
        self.until = None;
        if self.upstream.is_end_stream() {
            self.admission.ended();
        }
        match frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.passes(data);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(_)) => self.cut(CallError::Upstream, "the upstream broke off", true),
            None => {
                self.admission.ended();
                Poll::Ready(None)
            }
        }
    }

    fn passes(&mut self, data: &Bytes) {
        self.admission.sends(data.len() as u64);
        if self.changes.as_mut().is_some_and(|changes| changes.is_in(data)) {
            self.admission.lists_changed();
        }
    }

    fn poll_stop(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stop.as_mut().map_or(Poll::Pending, |stop| stop.as_mut().poll(cx))
    }

    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.poll_stop(cx).is_ready() {
            return Poll::Ready(None);
        }
        let until = *self.until.get_or_insert_with(|| Instant::now() + self.idle);
        ready!(self.silence.poll(cx, until));
        // An event stream may have nothing to say.
        self.cut(CallError::Timeout, "the upstream was silent for too long", self.stop.is_none())
    }

    fn cut(
        &mut self,
        whose: CallError,
        why: &'static str,
        is_failure: bool,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.admission.cut(whose, is_failure);
        Poll::Ready(Some(Err(io::Error::other(why))))
    }
}
