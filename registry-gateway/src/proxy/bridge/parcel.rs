//! Messages on their way to a client.

/// A message of the upstream, and the room that it takes until it is sent.
pub(super) use crate::transport::channel::Received as Parcel;

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
