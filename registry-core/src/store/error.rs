//! What can go wrong in a store.

use std::fmt;

/// Which uniqueness a write would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueField {
    /// Two records with one id.
    Id,
    /// Two tenants whose names have one key.
    TenantName,
    /// Two users of a tenant whose user names have one key.
    UserName,
    /// Two users with one identity.
    Identity,
    /// Two servers of a tenant (or two global ones) whose names have one slug.
    ServerName,
    /// Two keys with one digest.
    KeyDigest,
}

impl fmt::Display for UniqueField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Id => "id",
            Self::TenantName => "tenant name",
            Self::UserName => "user name",
            Self::Identity => "identity",
            Self::ServerName => "server name",
            Self::KeyDigest => "key digest",
        })
    }
}

/// Why a store did not do as asked. After any of these nothing has changed, but for [`Unavailable`](Self::Unavailable)
/// and [`Backend`](Self::Backend): a store that fails while it commits may find the change whole, and audited, later.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another record has this already.
    #[error("another record has the same {0}")]
    Conflict(UniqueField),
    /// The record to change is not there, or what it refers to (tenant, owner, server) is not.
    #[error("the record, or one that it refers to, does not exist")]
    Missing,
    /// The record was changed since the revision that the update names.
    #[error("the record was changed meanwhile")]
    Stale,
    /// Other records need it, or it has as many as it may have.
    #[error("other records are in the way: {0}")]
    InUse(&'static str),
    /// A server would depend on itself, along whatever other servers, or on too many of them.
    #[error("the server would depend on itself")]
    DependsOnItself,
    /// Nobody would be left to manage the registry.
    #[error("it is the last administrator who can act")]
    LastAdmin,
    /// The store does not answer, or not in time; trying again later may help.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// A stored record cannot be understood.
    #[error("a stored record is damaged: {0}")]
    Corrupt(String),
    /// Anything else that the engine says.
    #[error("the store failed")]
    Backend(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Wraps an engine's own error.
    pub fn backend(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Backend(Box::new(source))
    }
}
