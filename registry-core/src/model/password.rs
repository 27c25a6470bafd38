//! Password: what a local user signs in with. Only its Argon2id hash is kept.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::field::Invalid;

/// The fewest characters of a password.
pub const MIN_PASSWORD_LENGTH: usize = 12;
/// The most characters of a password: enough for any passphrase, little enough to hash.
pub const MAX_PASSWORD_LENGTH: usize = 128;

/// A password in clear, in Unicode's NFKC form (NIST SP 800-63B section 3.1.1.2), so that it is the same from every
/// keyboard. It exists while it is checked, never in a store.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// Takes what somebody typed to sign in. Whether it would do as a new password does not matter here; one that is
    /// too long to be one is cut, which makes it wrong.
    pub fn presented(text: &str) -> Self {
        Self(SecretString::from(text.nfkc().take(MAX_PASSWORD_LENGTH + 1).collect::<String>()))
    }

    /// Takes a new password.
    ///
    /// # Errors
    /// [`Invalid`] outside [`MIN_PASSWORD_LENGTH`] to [`MAX_PASSWORD_LENGTH`] characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text.nfkc().take(MAX_PASSWORD_LENGTH + 1).count() {
            MIN_PASSWORD_LENGTH..=MAX_PASSWORD_LENGTH => Ok(Self::presented(text)),
            _ => Err(Invalid::new("must be 12 to 128 characters long")),
        }
    }

    /// The password, to hash it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// An Argon2id hash with its parameters and salt, in the PHC string format.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// What a change of a user does to its password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordChange<'a> {
    /// It stays.
    Keep,
    /// This is the new one.
    Set(&'a PasswordHash),
    /// There is none any more.
    Remove,
}
