//! Tests against real HTTP servers on loopback: an issuer of this crate's own with real keys, and a real provider.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "fixtures fail by panicking too")]

mod authority;
mod browser;
mod docs;
mod forged;
mod keys;
mod oidc;
mod peer;
mod service;
mod signer;
mod tokens;
