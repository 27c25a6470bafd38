//! A sign-in that is under way, and the answer to it.

use std::fmt;

use openidconnect::{Nonce, PkceCodeVerifier};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// What begins a sign-in.
pub struct Start {
    /// Where the browser is to go.
    pub url: Url,
    /// The `state` in that address. It comes back with the answer, and finds what is pending.
    pub state: SecretString,
    /// What [`Oidc::finish`](crate::Oidc::finish) needs. Its keeper sees to it that it is used once, by the browser
    /// that began, and within minutes. It holds secrets: it is to be sealed, and never sent out.
    pub pending: Pending,
}

impl fmt::Debug for Start {
    /// Without the address: the state is in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start").field("pending", &self.pending).finish_non_exhaustive()
    }
}

/// A sign-in that is under way. `Debug` shows no secret; what it is serialised to has them.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pending {
    pub(super) provider: String,
    pub(super) redirect_uri: Url,
    /// SHA-256 of the state.
    pub(super) state_digest: [u8; 32],
    pub(super) nonce: Nonce,
    pub(super) verifier: PkceCodeVerifier,
}

impl Pending {
    /// The provider's id.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }
}

/// The parameters with which the browser comes back (RFC 6749 section 4.1.2, RFC 9207).
#[derive(Debug)]
pub struct Answer {
    /// `code`.
    pub code: SecretString,
    /// `state`.
    pub state: SecretString,
    /// `iss`, if there is one.
    pub iss: Option<String>,
}
