//! Domain of the MCP Registry Gateway: validated types, store traits, services, an in-memory store and
//! the conformance suite that every store must pass.
//!
//! This crate knows no HTTP, no SQL and no MCP client. It offers three ports: [`store::Store`], which a
//! storage crate implements, [`probe::Probe`], which whatever speaks MCP to a server implements, and
//! [`limit::SharedLimits`], for rate limits that several nodes share.
//! [`service::Registry`] is the way in.

pub mod access;
pub mod cache;
pub mod chain;
pub mod circuit;
pub mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod error;
#[cfg(test)]
mod fuzz;
pub mod identity;
pub mod limit;
pub mod memory;
pub mod model;
pub mod probe;
pub mod secret;
pub mod service;
pub mod store;
pub mod webhook;

pub use error::Error;
pub use service::Registry;
