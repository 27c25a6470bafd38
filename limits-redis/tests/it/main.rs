//! Tests against a Redis server: `scripts/redis -- cargo nextest run -p limits-redis`.
#![expect(clippy::expect_used, reason = "a test says what went wrong by panicking")]

mod address;
mod limit;
mod node;
mod outage;
mod relay;
mod script;
mod server;
