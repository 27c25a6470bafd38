//! Ticket: something that may be used once, within minutes: a set-up link, the state of a sign-in that is under way.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::role::spelled;
use crate::clock::Timestamp;
use crate::secret::Sealed;

spelled! {
    /// What a ticket is for.
    TicketPurpose {
        /// To make the first administrator.
        Setup = "setup",
        /// To come back from an OpenID provider.
        Oidc = "oidc",
        /// To fetch the secret of a key that was rotated without being asked.
        KeyClaim = "key_claim",
    }
}

/// A ticket as it is kept. It is no record: nothing that matters is lost with it, and it is not audited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// What it is for.
    pub purpose: TicketPurpose,
    /// SHA-256 of what its holder has.
    #[serde(with = "hex::serde")]
    pub digest: [u8; 32],
    /// When it ends.
    pub expires_at: Timestamp,
    /// What is to be remembered until it is used.
    pub data: Option<Sealed>,
}

impl Ticket {
    /// What is kept of a ticket's secret.
    pub fn digest_of(secret: &SecretString) -> [u8; 32] {
        Sha256::digest(secret.expose_secret().as_bytes()).into()
    }
}
