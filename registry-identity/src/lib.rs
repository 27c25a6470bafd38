//! Identities from elsewhere: signing in through OpenID Connect providers, and JWT bearer tokens of issuers that the
//! operator trusts.
//!
//! [`IdentityConfig`] is the operator's file. [`Tokens`] implements [`registry_core::identity::TokenVerifier`]. Both say
//! who somebody is as an [`ExternalUser`](registry_core::identity::ExternalUser); what account that is, the core
//! decides by issuer and subject. Every request goes out through the guarded dialer.

mod address;
mod cached;
mod claims;
pub mod config;
mod crypto;
#[cfg(test)]
mod fuzz;
mod http_client;
mod jwks;
pub mod oidc;
pub mod tokens;

pub use config::{ConfigError, IdentityConfig};
pub use oidc::Oidc;
pub use tokens::Tokens;
