//! API keys.

mod auth;
mod automatic;
mod create;
mod expiry;
mod list;
mod nodes;
mod rotate;
mod tools;
mod update;
mod usage;
mod widen;
