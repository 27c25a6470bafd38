//! API keys.

mod auth;
mod automatic;
mod create;
mod expiry;
mod list;
mod rotate;
mod tools;
mod update;
mod usage;
mod widen;
