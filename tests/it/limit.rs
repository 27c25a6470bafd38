//! Rate limits: who is limited, by what, and what is told of it.

mod address;
mod exact;
mod flood;
mod kit;
mod redis_kill;
mod refusal;
mod role;
mod server;
mod told;
