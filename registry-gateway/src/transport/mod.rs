//! How MCP messages travel to upstreams, each over connections of the [`dial`](crate::dial) module.

mod body;
pub mod budget;
pub mod channel;
mod channels;
pub mod legacy_sse;
mod reply;
mod request;
mod sse;
pub mod stdio;
pub mod streamable_http;
pub mod websocket;

pub use channels::{CLOSE_TIMEOUT, Channels};
