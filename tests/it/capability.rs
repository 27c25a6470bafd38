//! What servers list (R7, R8, R55): tools, how they change, and which may be called (I6).

mod alert;
mod change;
mod hold;
mod kit;
mod list;
mod nodes;
mod search;
