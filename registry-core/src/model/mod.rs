//! The nouns. Each type holds only valid values: what a store or a service receives needs no second look.

pub mod account_input;
pub mod audit;
pub mod credential;
pub mod credential_input;
pub mod endpoint;
pub mod field;
pub mod header;
pub mod health;
pub mod id;
pub mod key;
pub mod key_input;
pub mod latency;
pub mod page;
pub mod password;
pub mod preference;
pub mod role;
pub mod server;
pub mod server_input;
pub mod session;
pub mod settings;
pub mod tenant;
pub mod text;
pub mod ticket;
pub mod tools;
pub mod usage;
pub mod user;
