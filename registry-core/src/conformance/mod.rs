//! The suite that every store must pass: what [`crate::store`] promises, checked case by case.
//!
//! A backend's whole test file is its [`Fixture`] and one line:
//!
//! ```ignore
//! registry_core::conformance::suite!(SledFixture);
//! ```
//!
//! which makes one test per case, named `<noun>::<what the store does>`. Each case opens a fixture of its own. A
//! store that keeps nothing says so where it calls, and the cases then show as ignored, with the reason:
//!
//! ```ignore
//! registry_core::conformance::suite!(MemoryFixture, forgets: "it lives as long as its process");
//! ```
//!
//! # How to add a case
//! Write the function in its noun's file and name it in `list/`. A case that is not named there is dead code and
//! fails the build. Failing writes are checked by `refused!`, which compares all that the store holds before
//! and after.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this is test code: what fails here is to panic, and to name its case"
)]
#![deny(dead_code)]

#[doc(hidden)]
pub mod list;
pub mod sample;

mod account;
mod account_concurrency;
mod account_durability;
mod account_mixture;
mod account_race;
mod alert;
mod analytics;
mod audit;
mod audit_list;
mod capability;
mod capability_alert;
mod check;
mod concurrency;
mod dependency;
mod document;
mod durability;
mod event;
mod event_durability;
mod everything;
mod fixture;
mod health;
mod health_job;
mod history;
mod identity;
mod key;
mod key_care;
mod key_list;
mod key_rollup;
mod last_admin;
mod mixture;
mod page;
mod password;
mod population;
mod preference;
mod race;
mod server;
mod server_delete;
mod server_list;
mod server_page;
mod server_without;
mod session;
mod session_end;
mod session_race;
mod tenant;
mod tenant_change;
mod tenant_delete;
mod ticket;
mod tool_search;
mod usage;
mod user;
mod user_change;
mod user_delete;
mod user_list;
mod watch;
mod watch_queue;
mod webhook;
mod world;

pub use crate::conformance_suite as suite;
pub use fixture::Fixture;
