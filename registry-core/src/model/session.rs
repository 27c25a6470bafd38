//! Session: somebody who signed in, until they sign out, go idle or the session's time is over.

use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::field::Invalid;
use super::id::{SessionId, TenantId, UserId};
use super::role::spelled;
use super::tenant::Tenant;
use super::user::User;
use crate::clock::{Clock, Timestamp};

/// A session's random bytes.
const SECRET_BYTES: usize = 32;
/// What makes the token against cross-site requests out of the session's secret.
const CSRF_CONTEXT: &[u8] = b"mcp-registry csrf\0";

/// What the cookie holds: 256 random bits in base64url. It exists while it is shown or checked, never in a store.
#[derive(Debug, Clone)]
pub struct SessionSecret(SecretString);

impl SessionSecret {
    /// A fresh one.
    pub fn generate(clock: &dyn Clock) -> Self {
        let mut random = zeroize::Zeroizing::new([0_u8; SECRET_BYTES]);
        clock.fill_random(&mut *random);
        Self(SecretString::from(BASE64_URL_SAFE_NO_PAD.encode(*random)))
    }

    /// Takes what somebody presented.
    ///
    /// # Errors
    /// [`Invalid`] unless it has the form of a session's secret.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match BASE64_URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if bytes.len() == SECRET_BYTES => Ok(Self(SecretString::from(text))),
            _ => Err(Invalid::new("must be 43 characters of base64url")),
        }
    }

    /// The secret itself, for the cookie.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    pub fn digest(&self) -> SessionDigest {
        SessionDigest(Sha256::digest(self.expose().as_bytes()).into())
    }

    /// The token that a page sends with each change, which another site cannot know. It follows from the secret, so
    /// nothing has to be kept.
    pub fn csrf_token(&self) -> String {
        let digest =
            Sha256::new().chain_update(CSRF_CONTEXT).chain_update(self.expose().as_bytes()).finalize();
        BASE64_URL_SAFE_NO_PAD.encode(digest)
    }
}

/// SHA-256 of a session's secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SessionDigest(#[serde(with = "hex::serde")] pub [u8; 32]);

impl fmt::Debug for SessionDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionDigest")
    }
}

spelled! {
    /// How somebody signed in.
    SignInMethod {
        /// With a local password.
        Password = "password",
        /// Through an OpenID provider.
        Oidc = "oidc",
        /// By the one-time set-up link.
        Setup = "setup",
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// SHA-256 of its secret; unique.
    pub digest: SessionDigest,
    /// In which tenant its user is.
    pub tenant_id: TenantId,
    /// Who signed in.
    pub user_id: UserId,
    /// How.
    pub method: SignInMethod,
    /// From where.
    pub ip_address: Option<IpAddr>,
    /// With what.
    pub user_agent: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// When it was last used, to about a minute.
    pub last_seen_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

/// A session with whom it stands for: what a check of a session needs, read in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionHolder {
    /// The session.
    pub session: Session,
    /// Who signed in.
    pub user: User,
    /// The user's tenant.
    pub tenant: Tenant,
}

/// Which sessions of a user end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedSessions {
    /// All of them.
    All,
    /// All but this one.
    AllBut(SessionId),
    /// This one.
    One(SessionId),
}

impl EndedSessions {
    /// Whether the session with this id is among them.
    pub fn has(self, id: SessionId) -> bool {
        match self {
            Self::All => true,
            Self::AllBut(kept) => id != kept,
            Self::One(ended) => id == ended,
        }
    }
}
