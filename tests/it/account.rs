//! People: the first administrator, signing in, sessions, OpenID providers, bearer tokens.

mod browser;
mod csrf;

mod expiry;
pub(crate) mod issuer;
pub(crate) mod kit;
mod nodes;
mod oidc;
mod password;
mod provider;
mod race;
mod session;
mod setup;
mod sign_in;
mod token;
mod token_server;
mod token_start;
mod twins;
