//! Who may do what.

mod body;
mod foreign;
mod given;
mod matrix;
mod public;
mod scene;
pub(crate) mod session;
mod sharing;
mod table;
mod tenant;
