//! Storage of sessions.

use async_trait::async_trait;

use super::StoreError;
use crate::clock::Timestamp;
use crate::model::audit::AuditEvent;
use crate::model::id::{TenantId, UserId};
use crate::model::session::{EndedSessions, Session, SessionDigest, SessionHolder};

/// Storage of sessions.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Stores a new session.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with `Id` (the id or the digest is there already); [`StoreError::Missing`] if the user
    /// is not there.
    async fn create_session(&self, session: &Session, audit: AuditEvent) -> Result<(), StoreError>;

    /// The session whose secret has this digest, however old, with its user and tenant.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn session_by_digest(&self, digest: &SessionDigest) -> Result<Option<SessionHolder>, StoreError>;

    /// The sessions of a user, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn sessions(&self, tenant_id: TenantId, user_id: UserId) -> Result<Vec<Session>, StoreError>;

    /// Notes that a session was used at `at`, unless it was used later already or is gone. Like a usage counter this is
    /// no change of a record, and not audited.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn touch_session(&self, digest: &SessionDigest, at: Timestamp) -> Result<(), StoreError>;

    /// Ends sessions of a user; how many. If it has none of them, nothing is written, and no audit entry either.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn end_sessions(
        &self,
        tenant_id: TenantId,
        user_id: UserId,
        which: EndedSessions,
        audit: AuditEvent,
    ) -> Result<u64, StoreError>;

    /// Forgets the sessions, of any tenant, that ended by themselves: whose `expires_at` is not after `now`, or that were
    /// last seen before `seen_before`. How many. Nobody did that, so it is not audited.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn prune_sessions(&self, now: Timestamp, seen_before: Timestamp) -> Result<u64, StoreError>;
}
