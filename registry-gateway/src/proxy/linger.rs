//! Request bodies that are read to their end although nobody wants the rest.
//!
//! An answer may be given before the request's body was read: the key is refused, the body is too large. If the
//! connection were closed then with bytes unread, the client would lose the answer while it still sends (RFC 9112
//! section 9.6). So the rest is read and thrown away, for a while.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::wake::quietly;

/// How much of an unwanted body is read.
pub const MAX_LINGER_BYTES: usize = 32 * 1024 * 1024;
/// For how long.
pub const MAX_LINGER_TIME: Duration = Duration::from_secs(5);

/// A request's body. When it is dropped before its end, the rest is read in the background, within
/// [`MAX_LINGER_BYTES`] and [`MAX_LINGER_TIME`].
#[derive(Debug)]
pub struct LingeringBody {
    /// `None` once it ended.
    body: Option<Incoming>,
    /// Of a body that does not say its length: how much of it came.
    count: Option<Arc<AtomicU64>>,
}

impl LingeringBody {
    /// Of this body.
    pub fn new(body: Incoming) -> Self {
        Self { body: Some(body).filter(|body| !body.is_end_stream()), count: None }
    }

    /// Counts its bytes from now on.
    pub(super) fn count(&mut self) -> Arc<AtomicU64> {
        self.count.get_or_insert_default().clone()
    }
}

impl Body for LingeringBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = &mut *self;
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        // Taking a frame wakes the connection, for it to read on.
        let (frame, connection) = quietly(|| Pin::new(&mut *body).poll_frame(cx));
        if let (Some(count), Poll::Ready(Some(Ok(frame)))) = (&this.count, &frame) {
            count.fetch_add(frame.data_ref().map_or(0, |data| data.len() as u64), Ordering::Relaxed);
        }
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) || body.is_end_stream() {
            this.body = None;
        } else if let Some(connection) = connection {
            connection.wake();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for LingeringBody {
    fn drop(&mut self) {
        if let Some(body) = self.body.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(tokio::time::timeout(MAX_LINGER_TIME, drain(body)));
        }
    }
}

async fn drain(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MAX_LINGER_BYTES {
            return;
        }
    }
}
