//! The HTTP service and the binary of the MCP Registry Gateway.
//!
//! Every request enters by [`listen`], which bounds it, names it and sends it on: `/mcp` to the gateway's own
//! service, all else to the poem endpoint. Every error leaves in the one shape of [`error`].

pub mod ambient;
pub mod api;
pub mod app;
pub mod auth;
pub mod cookie;
mod deliver;
pub mod discovery;
pub mod docs;
pub mod error;
pub mod events;
mod forget;
pub mod forwarded;
#[cfg(test)]
mod fuzz;
pub mod limit;
pub mod listen;
pub mod log;
pub mod metrics;
#[cfg(feature = "otlp")]
pub mod otlp;
pub mod pages;
pub mod payload;
pub mod request_id;
pub mod security_headers;
pub mod site;
mod trace;
pub mod word;
