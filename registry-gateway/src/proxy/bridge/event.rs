//! Server-sent events of a bridged session.

use bytes::{BufMut, Bytes, BytesMut};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use tokio::time::timeout;

use super::limits::KEEP_ALIVE;

use crate::proxy::Failure;

const BEFORE: &[u8] = b"event: message\ndata: ";
const AFTER: &[u8] = b"\n\n";

/// What an event stream says next.
#[derive(Debug)]
pub(in crate::proxy) enum Said {
    /// A message of the upstream.
    Event(Bytes),
    /// Nothing, so that the connection is not taken for dead.
    Comment,
    /// The last event: that the call failed.
    Failed(Bytes, Failure),
}

/// What is sent for [`Said::Comment`].
pub(in crate::proxy) const COMMENT: Bytes = Bytes::from_static(b": keep-alive\n\n");

/// The event of a message, which is on one line.
pub(super) fn of(message: &[u8]) -> Bytes {
    let mut event = BytesMut::with_capacity(BEFORE.len() + message.len() + AFTER.len());
    event.put_slice(BEFORE);
    event.put_slice(message);
    event.put_slice(AFTER);
    event.freeze()
}

/// These events, with a comment whenever none came for a while.
pub(super) fn kept_alive(events: impl Stream<Item = Said> + Send + 'static) -> BoxStream<'static, Said> {
    stream::unfold(events.boxed(), async |mut events| match timeout(KEEP_ALIVE, events.next()).await {
        Ok(said) => Some((said?, events)),
        Err(_) => Some((Said::Comment, events)),
    })
    .boxed()
}
