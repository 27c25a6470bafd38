//! Live events: who is told what, how a stream begins, goes on and ends.

mod end;
mod handshake;
mod kit;
mod nodes;
mod resume;
mod sight;
