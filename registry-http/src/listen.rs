//! The hardened accept loop: bounds every connection and request, names it, and sends it on.
//!
//! HTTP/1 only. At the connection cap accepting waits, so that the kernel's backlog holds new peers back and the
//! running ones are served in full; nobody is answered by a hurried refusal.

mod accept;
mod access;
mod access_line;
mod body;
mod dispatch;
mod event_loop;
#[cfg(test)]
mod fuzz;
mod guard;
mod head;
pub mod limits;
mod mcp;
#[cfg(test)]
mod tests;
mod timer;
mod validate;

pub use self::{
    accept::serve,
    body::{BodyError, BoundedBody},
    dispatch::App,
    event_loop::EventLoops,
    limits::Limits,
    mcp::{BoxError, McpService},
};
