//! The rate limiter, as callers see it.
#![expect(clippy::expect_used, reason = "a test says what went wrong by panicking")]

#[path = "limit/local.rs"]
mod local;
#[path = "limit/shared.rs"]
mod shared;
#[path = "limit/world.rs"]
mod world;
