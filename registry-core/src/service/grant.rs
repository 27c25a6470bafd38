//! Grant: a credential that was checked, with whom it stands for. Kept at hand, and judged anew at each use.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::context::SessionPolicy;
use super::usage_cell::UsageCell;
use crate::access::{Caller, Extent, Permission, Proof};
use crate::clock::Timestamp;
use crate::limit::{Bucket, Buckets};
use crate::model::audit::Origin;
use crate::model::id::TenantId;
use crate::model::key::{KeyDigest, KeyHolder};
use crate::model::role::Role;
use crate::model::session::{SessionDigest, SessionHolder};
use crate::model::settings::RateLimit;
use crate::model::tenant::Tenant;
use crate::model::tools::Tools;
use crate::model::usage::UsageSubject;
use crate::model::user::User;

/// SHA-256 of the credential that was presented.
pub(super) type CredentialDigest = [u8; 32];

/// A credential (API key, session or token) that was found to be good, with whom it stands for. Whether it is accepted
/// is asked at each use.
#[derive(Debug)]
pub struct Grant {
    proof: Proof,
    user: User,
    /// The role in which it acts: the user's, or a lower one that a token's claims give.
    role: Role,
    tenant: Tenant,
    revoked: bool,
    valid_until: Timestamp,
    /// From when on the use of a session is to be noted again.
    touch_due: Option<Timestamp>,
    usage: Option<Arc<UsageCell>>,
    key_limit: Option<RateLimit>,
    only_for: Option<Box<str>>,
    /// The tools that its key is narrowed to.
    tools: Option<Arc<Tools>>,
    credential: Credential,
    buckets: GrantBuckets,
}

/// What each use of a grant is taken from.
#[derive(Debug, Default)]
pub(super) struct GrantBuckets {
    pub(super) key: Option<Arc<Bucket>>,
    pub(super) user: Option<Arc<Bucket>>,
    pub(super) tenant: Option<Arc<Bucket>>,
}

/// How the credential is found again.
#[derive(Debug, Clone)]
pub(super) enum Credential {
    Key(KeyDigest),
    Session(SessionDigest),
    Token(SecretString),
}

impl Grant {
    pub(super) fn of_key(digest: KeyDigest, holder: KeyHolder) -> Option<Self> {
        let KeyHolder { key, owner, tenant } = holder;
        Some(Self {
            proof: Proof::Key { id: key.id, scopes: key.scopes, server_id: key.server_id },
            revoked: key.revoked_at.is_some(),
            valid_until: key.valid_until(&digest)?,
            touch_due: None,
            usage: Some(Arc::new(UsageCell::new(UsageSubject::Key(key.id)))),
            key_limit: Some(key.rate_limit),
            role: owner.role,
            user: owner,
            tenant,
            only_for: None,
            tools: key.tools.map(Arc::new),
            credential: Credential::Key(digest),
            buckets: GrantBuckets::default(),
        })
    }

    pub(super) fn of_session(holder: SessionHolder, policy: SessionPolicy) -> Self {
        let SessionHolder { session, user, tenant } = holder;
        Self {
            proof: Proof::Session { id: session.id },
            role: user.role,
            user,
            tenant,
            revoked: false,
            valid_until: policy.end_of(&session),
            touch_due: Some(session.last_seen_at + policy.touch_interval()),
            usage: None,
            key_limit: None,
            only_for: None,
            tools: None,
            credential: Credential::Session(session.digest),
            buckets: GrantBuckets::default(),
        }
    }

    /// The user, as it is kept.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The user's tenant.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// In which tenant it acts.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant.id
    }

    /// In which role it acts.
    pub fn role(&self) -> Role {
        self.role
    }

    /// What names the credential: the id of the key or session; of a token, the user's.
    pub fn credential_id(&self) -> Uuid {
        match self.proof {
            Proof::Key { id, .. } => id.0,
            Proof::Session { id } => id.0,
            Proof::Operator | Proof::Token { .. } => self.user.id.0,
        }
    }

    /// Whether `other` is of the same secret: not another one of the same key, nor another token of the same user.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.credential, &other.credential) {
            (Credential::Key(one), Credential::Key(other)) => one == other,
            (Credential::Session(one), Credential::Session(other)) => one == other,
            (Credential::Token(one), Credential::Token(other)) => {
                one.expose_secret() == other.expose_secret()
            }
            _ => false,
        }
    }

    /// Whether it is a session: a browser's, which adds its cookie to whatever request a page makes it send.
    pub fn is_session(&self) -> bool {
        matches!(self.proof, Proof::Session { .. })
    }

    /// Where the use of a key is counted.
    pub fn usage(&self) -> Option<&Arc<UsageCell>> {
        self.usage.as_ref()
    }

    /// The one MCP server that a token was issued for, by its reference in `/mcp/{server}`.
    pub fn only_for(&self) -> Option<&str> {
        self.only_for.as_deref()
    }

    /// The tools that its key is narrowed to; `None` if it calls every tool.
    pub fn tools(&self) -> Option<&Tools> {
        self.tools.as_deref()
    }

    /// The caller that it makes of a request from `origin`.
    pub fn caller(&self, origin: Origin) -> Caller {
        Caller::proven(&self.user, self.role, self.proof, origin).narrowed_to(self.tools.clone())
    }

    /// Whether its scopes and its user's role give `permission` at all.
    pub fn allows(&self, permission: Permission) -> bool {
        self.proof.gives(permission) && permission.extent(self.role) != Extent::None
    }

    /// What each of its uses is taken from, and `extras` too.
    pub(super) fn buckets<'a>(&'a self, extras: [Option<&'a Bucket>; 2]) -> Buckets<'a> {
        let GrantBuckets { key, user, tenant } = &self.buckets;
        let [preference, server] = extras;
        Buckets::from([key.as_deref(), preference, server, user.as_deref(), tenant.as_deref()])
    }

    /// The same grant, whose uses are limited.
    pub(super) fn limited(self, buckets: GrantBuckets) -> Self {
        Self { buckets, ..self }
    }

    pub(super) fn proof(&self) -> Proof {
        self.proof
    }

    /// The limit of its key's own.
    pub(super) fn key_limit(&self) -> Option<RateLimit> {
        self.key_limit
    }

    pub(super) fn credential(&self) -> &Credential {
        &self.credential
    }

    pub(super) fn is_touch_due(&self, now: Timestamp) -> bool {
        self.touch_due.is_some_and(|due| now >= due)
    }

    /// When it ends by itself.
    pub fn valid_until(&self) -> Timestamp {
        self.valid_until
    }

    pub(super) fn is_accepted(&self, now: Timestamp) -> bool {
        now < self.valid_until && !self.revoked && !self.user.disabled && !self.tenant.disabled
    }
}

/// A token's grant, as its parts.
pub(super) struct TokenParts {
    pub(super) token: SecretString,
    pub(super) claims: crate::identity::TokenClaims,
    pub(super) user: User,
    pub(super) tenant: Tenant,
}

impl From<TokenParts> for Grant {
    fn from(parts: TokenParts) -> Self {
        let TokenParts { token, claims, user, tenant } = parts;
        let role = if claims.user.role.rank() < user.role.rank() { claims.user.role } else { user.role };
        Self {
            proof: Proof::Token { scopes: claims.scopes },
            role,
            user,
            tenant,
            revoked: false,
            valid_until: claims.expires_at,
            touch_due: None,
            usage: None,
            key_limit: None,
            only_for: claims.only_for.map(Into::into),
            tools: None,
            credential: Credential::Token(token),
            buckets: GrantBuckets::default(),
        }
    }
}
