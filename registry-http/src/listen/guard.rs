//! The stream of a connection with the bounds that hyper does not have.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use metrics::Gauge;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::OwnedSemaphorePermit,
    time::{Sleep, sleep},
};

use super::{
    head::{Flaw, HeadScanner, Phase},
    limits::Limits,
};

/// What the stream of a connection and the answering of its requests tell each other.
#[derive(Default)]
pub(super) struct Shared {
    /// The first flaw in the framing, and the number of the request that has it.
    pub(super) flaw: OnceLock<(u64, Flaw)>,
    /// Set once the connection is not HTTP any more: its bytes are no heads, and its pauses no business of ours.
    pub(super) upgraded: AtomicBool,
}

/// A stream that times slow heads, stalled bodies and stalled readers out, and reports ambiguous framing.
///
/// It owns the connection's permit and its place in the metrics, so that an upgraded connection counts until it ends.
pub(super) struct Guarded<S> {
    stream: S,
    scanner: HeadScanner,
    shared: Arc<Shared>,
    read: Deadline,
    write: Deadline,
    head_timeout: Duration,
    read_stall: Duration,
    write_stall: Duration,
    _permit: OwnedSemaphorePermit,
    _open: OpenConnection,
}

/// A connection that is open, in the metrics.
pub(super) struct OpenConnection(Gauge);

impl OpenConnection {
    pub(super) fn new(connections: &Gauge) -> Self {
        connections.increment(1);
        Self(connections.clone())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

impl<S> Guarded<S> {
    pub(super) fn new(
        stream: S,
        limits: &Limits,
        shared: Arc<Shared>,
        permit: OwnedSemaphorePermit,
        open: OpenConnection,
    ) -> Self {
        Self {
            stream,
            scanner: HeadScanner::new(limits.max_head_bytes),
            shared,
            read: Deadline::default(),
            write: Deadline::default(),
            head_timeout: limits.head_timeout,
            read_stall: limits.read_stall,
            write_stall: limits.write_stall,
            _permit: permit,
            _open: open,
        }
    }

    /// How long the peer may be silent now; hyper itself bounds the time between two requests.
    fn patience(&self) -> Option<Duration> {
        match self.scanner.phase() {
            Phase::Head => Some(self.head_timeout),
            Phase::Idle if self.scanner.heads() == 0 => Some(self.head_timeout),
            Phase::Body(_) => Some(self.read_stall),
            Phase::Idle | Phase::Off => None,
        }
    }

    fn after_read(&mut self, bytes: &[u8]) {
        let before = (self.scanner.heads(), self.scanner.phase());
        if let Some(flaw) = self.scanner.feed(bytes) {
            // Only the first flaw is ever reported, so the cell is empty.
            let _ = self.shared.flaw.set((self.scanner.heads(), flaw));
        }
        // A head has one deadline for all of its reads, or else it could be fed a byte at a time. The first
        // one of a connection has it from the start.
        let first = before == (0, Phase::Idle) && self.scanner.heads() == 1;
        let same_head =
            (first || before == (self.scanner.heads(), Phase::Head)) && self.scanner.phase() == Phase::Head;
        if !same_head {
            self.read.disarm();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.shared.upgraded.load(Ordering::Relaxed) {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let filled = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(result) => {
                self.after_read(&buf.filled()[filled..]);
                Poll::Ready(result)
            }
            Poll::Pending => match self.patience() {
                Some(patience) => self.read.poll(cx, patience, "the peer sent its request too slowly"),
                None => Poll::Pending,
            },
        }
    }
}

impl<S: AsyncWrite + Unpin> Guarded<S> {
    /// A write that waits has a deadline, which any progress removes.
    fn bound_write<T>(&mut self, cx: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.write.disarm();
            return poll;
        }
        self.write.poll(cx, self.write_stall, "the peer does not read its answer")
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.bound_write(cx, poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.bound_write(cx, poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A timer that exists only while something waits: most reads and writes never make one.
#[derive(Default)]
struct Deadline(Option<Pin<Box<Sleep>>>);

impl Deadline {
    fn disarm(&mut self) {
        self.0 = None;
    }

    fn poll<T>(&mut self, cx: &mut Context<'_>, after: Duration, why: &'static str) -> Poll<io::Result<T>> {
        let timer = self.0.get_or_insert_with(|| Box::pin(sleep(after)));
        timer.as_mut().poll(cx).map(|()| Err(io::Error::new(io::ErrorKind::TimedOut, why)))
    }
}
