//! Who may do what.

mod matrix;
mod sharing;
mod table;
mod tenant;
