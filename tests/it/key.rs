//! API keys.

mod auth;
mod create;
mod expiry;
mod rotate;
mod update;
mod usage;
mod widen;
