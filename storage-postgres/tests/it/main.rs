//! Tests against a PostgreSQL server: `scripts/postgres -- cargo nextest run -p storage-postgres`.
#![expect(clippy::expect_used, reason = "a test says what went wrong by panicking")]

mod conformance;
mod database;
mod guarantees;
mod wall;
