//! Envelope encryption of secrets at rest.
//!
//! A [`Sealed`] secret is AES-256-GCM (NIST SP 800-38D) ciphertext with the id of its key. What it belongs to
//! ([`SecretContext`]: tenant, table, record, field) is authenticated with it, so a ciphertext that is moved to
//! another row, field or tenant does not open.

use std::collections::BTreeMap;
use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::model::id::TenantId;

/// The version of the envelope, first in it and in the data authenticated with it.
const VERSION: &str = "v1";
/// The length of a key-encryption key, in bytes.
pub const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// What a secret belongs to. It is authenticated, not stored: opening needs the same again.
#[derive(Debug, Clone, Copy)]
pub struct SecretContext<'a> {
    /// The tenant; `None` for a global record.
    pub tenant: Option<TenantId>,
    /// The noun: `server`.
    pub table: &'a str,
    /// The record's id.
    pub record: Uuid,
    /// The field: `authConfig.bearerToken`.
    pub field: &'a str,
}

impl SecretContext<'_> {
    fn associated_data(&self, key_id: &str) -> Vec<u8> {
        let tenant = self.tenant.map_or_else(|| "global".to_owned(), |tenant| tenant.to_string());
        let record = self.record.to_string();
        let mut data = Vec::with_capacity(160);
        for part in [VERSION, &tenant, self.table, &record, self.field, key_id] {
            data.extend_from_slice(&(part.len() as u64).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
}

/// A secret as it is stored: `v1.<key id>.<nonce>.<ciphertext>`, the last two in base64url.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    /// The id of the key that sealed it; empty if the text is no envelope.
    pub fn key_id(&self) -> &str {
        self.0.split('.').nth(1).unwrap_or_default()
    }

    /// The envelope as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes text that came out of a store or from a client; nothing is checked until it is opened.
    pub fn from_text(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(key {})", self.key_id())
    }
}

/// Why a secret does not open. It says nothing of the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The envelope names a key that the keyring lacks.
    #[error("the keyring has no key `{0}`, with which a secret was encrypted")]
    UnknownKey(String),
    /// Not an envelope, changed, or sealed for another record.
    #[error("a secret does not decrypt: it was changed, or belongs to another record")]
    Damaged,
    /// A keyring's text is not `id:base64,...`.
    #[error("{0}")]
    Keyring(&'static str),
}

/// The key-encryption keys by id. New secrets are sealed with the active one; the others only open.
///
/// ```
/// use registry_core::clock::{Clock, SystemClock};
/// use registry_core::secret::{Keyring, SecretContext};
///
/// let keyring = Keyring::parse(&Keyring::generate(&SystemClock))?;
/// let record = SystemClock.new_id();
/// let token = SecretContext { tenant: None, table: "server", record, field: "authConfig.bearerToken" };
/// let sealed = keyring.seal(&SystemClock, token, b"secret")?;
/// assert!(keyring.open(token, &sealed).is_ok());
/// assert!(keyring.open(SecretContext { field: "authConfig.apiKey", ..token }, &sealed).is_err());
/// # Ok::<_, registry_core::secret::SecretError>(())
/// ```
pub struct Keyring {
    active: String,
    keys: BTreeMap<String, Aes256Gcm>,
}

impl Keyring {
    /// Parses `id:base64key,id:base64key,...`; the first is the active one. An id has 1 to 32 ASCII letters,
    /// digits, `-` and `_`; a key has [`KEY_BYTES`] bytes in standard or URL-safe base64.
    ///
    /// # Errors
    /// [`SecretError::Keyring`] says what is wrong, without repeating any of it.
    pub fn parse(text: &SecretString) -> Result<Self, SecretError> {
        let mut keys = BTreeMap::new();
        let mut active = None;
        for entry in text.expose_secret().split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty())
        {
            let (id, key) = parse_key(entry)?;
            active.get_or_insert_with(|| id.clone());
            if keys.insert(id, key).is_some() {
                return Err(SecretError::Keyring("two encryption keys have the same id"));
            }
        }
        let active = active.ok_or(SecretError::Keyring("there is no encryption key"))?;
        Ok(Self { active, keys })
    }

    /// Fresh text for [`parse`](Self::parse) with one random key.
    pub fn generate(clock: &dyn Clock) -> SecretString {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        clock.fill_random(&mut *key);
        let id = hex::encode(&clock.new_id().as_bytes()[12..]);
        SecretString::from(format!("k{id}:{}", URL_SAFE_NO_PAD.encode(*key)))
    }

    /// The id of the key that seals.
    pub fn active(&self) -> &str {
        &self.active
    }

    /// Encrypts `secret` for `context`.
    ///
    /// # Errors
    /// [`SecretError::Damaged`] if the secret is longer than AES-GCM can take (64 GiB).
    pub fn seal(
        &self,
        clock: &dyn Clock,
        context: SecretContext<'_>,
        secret: &[u8],
    ) -> Result<Sealed, SecretError> {
        let mut nonce = [0; NONCE_BYTES];
        clock.fill_random(&mut nonce);
        let aad = context.associated_data(&self.active);
        let payload = Payload { msg: secret, aad: &aad };
        let sealed = self
            .cipher(&self.active)?
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| SecretError::Damaged)?;
        let (nonce, sealed) = (URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(sealed));
        Ok(Sealed(format!("{VERSION}.{}.{nonce}.{sealed}", self.active)))
    }

    /// Decrypts what was sealed for the same context.
    ///
    /// # Errors
    /// [`SecretError`] if the key is gone, or the envelope is damaged or another record's.
    pub fn open(&self, context: SecretContext<'_>, sealed: &Sealed) -> Result<SecretSlice<u8>, SecretError> {
        let mut parts = sealed.0.split('.');
        let (Some(VERSION), Some(key_id), Some(nonce), Some(text), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SecretError::Damaged);
        };
        let nonce = decode(nonce)?;
        let nonce: [u8; NONCE_BYTES] = nonce.as_slice().try_into().map_err(|_| SecretError::Damaged)?;
        let aad = context.associated_data(key_id);
        let payload = Payload { msg: &decode(text)?, aad: &aad };
        let secret = self.cipher(key_id)?.decrypt(&Nonce::from(nonce), payload);
        secret.map(SecretSlice::from).map_err(|_| SecretError::Damaged)
    }

    /// Like [`open`](Self::open), for a secret that is text.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_text(
        &self,
        context: SecretContext<'_>,
        sealed: &Sealed,
    ) -> Result<SecretString, SecretError> {
        let secret = self.open(context, sealed)?;
        let text = std::str::from_utf8(secret.expose_secret()).map_err(|_| SecretError::Damaged)?;
        Ok(SecretString::from(text))
    }

    fn cipher(&self, key_id: &str) -> Result<&Aes256Gcm, SecretError> {
        self.keys.get(key_id).ok_or_else(|| SecretError::UnknownKey(key_id.to_owned()))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("active", &self.active).field("keys", &self.keys.keys()).finish()
    }
}

fn parse_key(entry: &str) -> Result<(String, Aes256Gcm), SecretError> {
    let (id, key) =
        entry.split_once(':').ok_or(SecretError::Keyring("an encryption key is not `id:base64`"))?;
    let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if id.is_empty() || id.len() > 32 || !plain {
        return Err(SecretError::Keyring(
            "an encryption key's id must be 1 to 32 letters, digits, '-' and '_'",
        ));
    }
    let url_safe = key.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let bytes = URL_SAFE_NO_PAD.decode(url_safe).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| SecretError::Keyring("an encryption key is not base64"))?;
    let key: &[u8; KEY_BYTES] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| SecretError::Keyring("an encryption key must have 32 bytes"))?;
    Ok((id.to_owned(), Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key))))
}

fn decode(text: &str) -> Result<Vec<u8>, SecretError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| SecretError::Damaged)
}
