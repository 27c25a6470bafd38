//! Everything of the MCP Registry Gateway that speaks to an upstream MCP server: guarded dialer, probe, proxy.

pub mod breaker;
pub mod credential;
pub mod dial;
mod era;
pub mod launcher;
pub mod probe;
pub mod proxy;
pub mod transport;
pub mod wake;
pub mod webhook;
