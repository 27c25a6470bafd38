//! What a crash, a power loss, a full disk, a lost database and a tampered log do to what was acknowledged
//! (THREATS F1, F2, U1, U2, U3), through the real binary.
//!
//! The writers of [`work`] remember what the service acknowledged, and the one request each whose answer never came
//! ([`ledger`]). [`check`] reads everything back from the service and compares: what was acknowledged is there, what
//! is in doubt is there whole or not at all, and the audit log has one entry for each change that is there.
//!
//! `MCP_REGISTRY_TEST_CRASHES` says how many times each of them crashes (20 unless set).

mod check;
mod cluster;
mod dice;
mod first_start;
mod kill;
mod ledger;
mod outage;
mod place;
mod power_loss;
mod round;
mod service;
mod tamper;
mod tamper_postgres;
mod view;
mod work;
