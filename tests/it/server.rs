//! Servers.

mod bounds;
mod fields;
mod list;
mod name;
mod register;
mod remove;
mod trial;
mod update;
mod validation;
