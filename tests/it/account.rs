//! People: the first administrator, signing in, sessions, OpenID providers, bearer tokens.

mod csrf;
mod expiry;
mod kit;
mod password;
mod race;
mod session;
mod setup;
mod sign_in;
mod twins;
