//! Servers of other transports than streamable HTTP, called by clients of streamable HTTP.

mod batch;
mod bounds;
mod buffer;
mod end;
mod everything;
mod holder;
mod hostile;
mod message;
mod policy;
mod seat;
mod socket;
mod stateless;
mod stream;
mod talk;
mod together;
mod version;
mod wire;
