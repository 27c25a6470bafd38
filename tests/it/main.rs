//! The tests: one folder or file per noun, as the routes are.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what went wrong by panicking")]

mod access;
mod account;
mod alert;
mod analytics;
mod audit;
mod binary;
mod browser;
mod capability;
mod crash;
mod error;
mod event;
mod gateway;
mod health;
mod health_history;
mod key;
mod limit;
mod metrics;
mod nodes;
mod page;
mod preference;
mod proxies;
mod secret;
mod server;
mod smoke;
mod support;
mod tenant;
mod user;
mod watch;
mod webhook;
