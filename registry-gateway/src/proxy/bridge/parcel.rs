//! Messages on their way to a client.

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

/// A message of the upstream, and the room that it takes until it is sent.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) message: Bytes,
    pub(super) _room: OwnedSemaphorePermit,
}

/// What a request in flight hears.
#[derive(Debug)]
pub(super) enum Heard {
    /// A message before the response: progress of it, or what goes to no better place.
    Other(Parcel),
    /// A ping of the upstream, which says nothing of the request.
    Ping(Parcel),
    /// The response, and its code if it is an error.
    Response(Parcel, Option<i64>),
    /// The client cancelled it.
    Cancelled,
}
