//! Tests against a PostgreSQL server: `scripts/postgres -- cargo nextest run -p storage-postgres`.

mod conformance;
mod database;
mod guarantees;
mod wall;
