//! API key: what a client proves itself with. Only its SHA-256 digest is kept.

use std::fmt;
use std::net::IpAddr;

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::field::Invalid;
use super::id::{ApiKeyId, ServerId, TenantId, UserId};
use super::page::PageRequest;
use super::role::{Scopes, spelled};
use super::server::Revision;
use super::settings::RateLimit;
use super::tenant::Tenant;
use super::text::{KeyDescription, KeyName};
use super::tools::Tools;
use super::user::User;
use crate::access::Reach;
use crate::clock::{Clock, Timestamp};

/// What every key begins with.
pub const KEY_PREFIX: &str = "mcp_";
/// A key's length, prefix included.
pub const KEY_LENGTH: usize = 64;
/// How many of its first characters are kept to know it by.
pub const SHOWN_PREFIX_LENGTH: usize = 8;
/// How long a key lives unless its maker says otherwise, in days.
pub const DEFAULT_EXPIRY_DAYS: u32 = 90;
/// How long a key may live, in days.
pub const MAX_EXPIRY_DAYS: u32 = 365;
/// How long the old key may go on after a rotation, in seconds.
pub const GRACE_PERIODS: [u32; 5] = [0, 900, 3_600, 21_600, 86_400];

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A key in clear: `^mcp_[A-Za-z0-9]{60}$`. It exists while it is shown or checked, never in a store.
///
/// ```
/// use registry_core::clock::SystemClock;
/// use registry_core::model::key::{KeyDigest, KeySecret};
///
/// let secret = KeySecret::generate(&SystemClock);
/// assert_eq!(secret.expose().len(), 64);
/// assert_eq!(secret.digest(), KeyDigest::of(secret.expose()));
/// ```
#[derive(Debug, Clone)]
pub struct KeySecret(SecretString);

impl KeySecret {
    /// A fresh key: 60 characters drawn evenly (bytes that would favour some are thrown away), 357 bits.
    pub fn generate(clock: &dyn Clock) -> Self {
        let mut key = String::with_capacity(KEY_LENGTH);
        key.push_str(KEY_PREFIX);
        let mut random = zeroize::Zeroizing::new([0_u8; 96]);
        while key.len() < KEY_LENGTH {
            clock.fill_random(&mut *random);
            let even = random.iter().filter(|byte| **byte < 248).map(|byte| ALPHABET[usize::from(byte % 62)]);
            key.extend(even.take(KEY_LENGTH - key.len()).map(char::from));
        }
        Self(SecretString::from(key))
    }

    /// Takes a key that somebody presented or configured.
    ///
    /// # Errors
    /// [`Invalid`] unless it is `^mcp_[A-Za-z0-9]{60}$`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let random = text.strip_prefix(KEY_PREFIX).filter(|_| text.len() == KEY_LENGTH);
        if random.is_some_and(|random| random.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
            return Ok(Self(SecretString::from(text)));
        }
        Err(Invalid::new("must be `mcp_` and 60 letters and digits"))
    }

    /// Takes a key that was stored until somebody fetches it.
    pub(crate) fn from_stored(text: SecretString) -> Self {
        Self(text)
    }

    /// The key itself, to show it once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(self.expose())
    }

    /// Its first 8 characters.
    pub fn shown_prefix(&self) -> String {
        self.expose()[..SHOWN_PREFIX_LENGTH].to_owned()
    }
}

/// SHA-256 of a key. The key has 357 random bits, so no salt and no slow hash is needed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyDigest(pub [u8; 32]);

impl KeyDigest {
    /// The digest of `key`.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest")
    }
}

impl TryFrom<String> for KeyDigest {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let mut digest = [0; 32];
        hex::decode_to_slice(text, &mut digest).map_err(|_| Invalid::new("must be 64 hexadecimal digits"))?;
        Ok(Self(digest))
    }
}

impl From<KeyDigest> for String {
    fn from(digest: KeyDigest) -> Self {
        hex::encode(digest.0)
    }
}

/// The digest that a rotation replaced, while its grace lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousDigest {
    /// The old key's digest.
    pub digest: KeyDigest,
    /// When it stops being accepted.
    pub valid_until: Timestamp,
}

/// When a key is to be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationPolicy {
    /// Every so many days: 1 to 365.
    pub days: u32,
    /// Whether that happens without being asked.
    pub auto_rotate: bool,
}

impl Default for RotationPolicy {
    fn default() -> Self {
        Self { days: DEFAULT_EXPIRY_DAYS, auto_rotate: false }
    }
}

spelled! {
    /// Whether a key is accepted.
    KeyStatus {
        /// It is.
        Active = "active",
        /// Its time is over.
        Expired = "expired",
        /// Somebody revoked it.
        Revoked = "revoked",
    }
}

/// An API key. It keeps its id through rotations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// In which tenant it acts.
    pub tenant_id: TenantId,
    /// As whom it acts.
    pub owner_id: UserId,
    /// Who made it.
    pub created_by: UserId,
    /// Its name.
    pub name: KeyName,
    /// What it is for.
    pub description: Option<KeyDescription>,
    /// SHA-256 of the key; unique among all digests, previous ones included.
    pub digest: KeyDigest,
    /// The key's first 8 characters.
    pub prefix: String,
    /// The key before the last rotation, if that had a grace period.
    pub previous: Option<PreviousDigest>,
    /// What it may do at most.
    pub scopes: Scopes,
    /// The one server that it is for.
    pub server_id: Option<ServerId>,
    /// The tools that it may call; `None` for all.
    pub tools: Option<Tools>,
    /// When it stops being accepted, to the second's start.
    pub expires_at: Timestamp,
    /// When it is to be rotated.
    pub rotation: RotationPolicy,
    /// When it was last rotated.
    pub last_rotated_at: Option<Timestamp>,
    /// How often it was rotated.
    pub rotation_count: u32,
    /// Until when the secret of a rotation that nobody asked for waits for its owner; `None` if the owner has the secret. A
    /// key whose secret nobody fetched in time has expired: nobody has it.
    #[serde(default)]
    pub unclaimed_until: Option<Timestamp>,
    /// How often it may be used.
    pub rate_limit: RateLimit,
    /// From where it was made.
    pub created_ip: Option<IpAddr>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How often it was changed; 1 at first. Use does not count.
    pub revision: Revision,
}

impl ApiKey {
    /// Whether it is accepted at `now`.
    pub fn status(&self, now: Timestamp) -> KeyStatus {
        if self.revoked_at.is_some() {
            KeyStatus::Revoked
        } else if now >= self.expires_at || self.unclaimed_until.is_some_and(|until| now >= until) {
            KeyStatus::Expired
        } else {
            KeyStatus::Active
        }
    }

    /// Until when the key with this digest is accepted, revocation aside; `None` if it is no digest of this key.
    pub fn valid_until(&self, digest: &KeyDigest) -> Option<Timestamp> {
        if *digest == self.digest {
            return Some(self.unclaimed_until.unwrap_or(self.expires_at).min(self.expires_at));
        }
        let previous = self.previous.as_ref().filter(|previous| previous.digest == *digest)?;
        Some(previous.valid_until.min(self.expires_at))
    }
}

impl ApiKey {
    /// When it is to be rotated without being asked; `None` if it is not, or a rotation before waits for its owner.
    pub fn rotates_at(&self) -> Option<Timestamp> {
        let since = self.last_rotated_at.unwrap_or(self.created_at);
        let rotates = self.rotation.auto_rotate && self.unclaimed_until.is_none();
        rotates.then(|| since + TimeDelta::days(i64::from(self.rotation.days)))
    }

    /// Whether something is to be done about it at `now`: it is to be rotated, its secret waits for its owner, or it expires
    /// at `expires_by` or before.
    pub fn needs_care(&self, now: Timestamp, expires_by: Timestamp) -> bool {
        self.status(now) == KeyStatus::Active
            && (self.expires_at <= expires_by
                || self.unclaimed_until.is_some()
                || self.rotates_at().is_some_and(|at| at <= now))
    }
}

/// After how many days a key is to be rotated.
///
/// # Errors
/// [`Invalid`] outside 1 to [`MAX_EXPIRY_DAYS`].
pub fn rotation_days(days: u32) -> Result<u32, Invalid> {
    lifetime(days).map(|_| days)
}

/// The lifetime of a key in days.
///
/// # Errors
/// [`Invalid`] outside 1 to [`MAX_EXPIRY_DAYS`].
pub fn lifetime(days: u32) -> Result<TimeDelta, Invalid> {
    if days == 0 || days > MAX_EXPIRY_DAYS {
        return Err(Invalid::new("must be between 1 and 365"));
    }
    Ok(TimeDelta::days(i64::from(days)))
}

/// The grace period of a rotation in seconds.
///
/// # Errors
/// [`Invalid`] unless it is one of [`GRACE_PERIODS`].
pub fn grace_period(seconds: u32) -> Result<TimeDelta, Invalid> {
    if !GRACE_PERIODS.contains(&seconds) {
        return Err(Invalid::new("must be 0, 900, 3600, 21600 or 86400"));
    }
    Ok(TimeDelta::seconds(i64::from(seconds)))
}

/// A key with whom it acts for: what a check of a key needs, read in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    /// The key.
    pub key: ApiKey,
    /// Its owner.
    pub owner: User,
    /// The owner's tenant.
    pub tenant: Tenant,
}

/// Which keys a list has; newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyQuery {
    /// Whose keys can be seen at all.
    pub reach: Reach,
    /// Only keys that this user owns or made.
    pub managed_by: Option<UserId>,
    /// Only the keys that this user owns (that were issued to it).
    pub owner_id: Option<UserId>,
    /// Only keys linked to this server.
    pub server_id: Option<ServerId>,
    /// Only this tenant's.
    pub tenant_id: Option<TenantId>,
    /// Only the key with this id.
    pub only: Option<ApiKeyId>,
    /// Which page.
    pub page: PageRequest,
}

impl KeyQuery {
    /// All keys within `reach`.
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            managed_by: None,
            owner_id: None,
            server_id: None,
            tenant_id: None,
            only: None,
            page: PageRequest::default(),
        }
    }

    /// Whether `key` belongs in the list: the meaning of the filters, for stores to follow or to call.
    pub fn matches(&self, key: &ApiKey) -> bool {
        self.reach.holds(key.tenant_id)
            && self.managed_by.is_none_or(|user| key.owner_id == user || key.created_by == user)
            && self.owner_id.is_none_or(|owner| key.owner_id == owner)
            && self.server_id.is_none_or(|server| key.server_id == Some(server))
            && self.tenant_id.is_none_or(|tenant| key.tenant_id == tenant)
            && self.only.is_none_or(|id| key.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::KeySecret;

    #[test]
    fn a_key_has_its_prefix_and_nothing_but_letters_and_digits() {
        assert!(KeySecret::parse(&format!("mcp_{}", "aB3".repeat(20))).is_ok());
        for bad in
            ["x".repeat(64), "\u{e4}".repeat(32), format!("mcp_{}", "\u{e4}".repeat(30)), "mcp_".into()]
        {
            assert!(KeySecret::parse(&bad).is_err(), "{bad}");
        }
    }
}
