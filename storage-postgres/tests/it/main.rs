//! Tests against a PostgreSQL server: `scripts/postgres -- cargo nextest run -p storage-postgres`.
#![expect(clippy::expect_used, reason = "a test says what went wrong by panicking")]

mod account;
mod conformance;
mod database;
mod event;
mod guarantees;
mod last_admin;
mod partition;
mod removal;
mod turmoil;
mod upgrade;
mod wall;
