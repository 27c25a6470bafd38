//! The rate limiter, as callers see it.
#![expect(clippy::expect_used, reason = "a test says what went wrong by panicking")]

#[path = "limit/lines.rs"]
mod lines;
#[path = "limit/local.rs"]
mod local;
#[path = "limit/node.rs"]
mod node;
#[path = "limit/shared.rs"]
mod shared;
#[path = "limit/world.rs"]
mod world;
