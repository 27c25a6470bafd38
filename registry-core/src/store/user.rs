//! Storage of users.

use async_trait::async_trait;

use super::StoreError;
use crate::access::Reach;
use crate::model::audit::AuditEvent;
use crate::model::id::{TenantId, UserId};
use crate::model::page::Page;
use crate::model::password::{PasswordChange, PasswordHash};
use crate::model::server::Revision;
use crate::model::session::EndedSessions;
use crate::model::user::{Identity, User, UserQuery};

/// A change of a user.
#[derive(Debug, Clone, Copy)]
pub struct UserUpdate<'a> {
    /// The new record: same id and tenant.
    pub user: &'a User,
    /// The revision that the change was made from.
    pub expected: Revision,
    /// What becomes of the password.
    pub password: PasswordChange<'a>,
    /// Which of the user's sessions end with the change.
    pub ends: Option<EndedSessions>,
}

/// Storage of users. There is always somebody who can manage the registry: a change after which no administrator of a
/// tenant that is enabled could act ([`User::is_acting_admin`]) is refused, whatever happens at the same time.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Stores a new user.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with `Id`, `UserName` or `Identity`; [`StoreError::Missing`] if the tenant is not there.
    async fn create_user(
        &self,
        user: &User,
        password: Option<&PasswordHash>,
        audit: AuditEvent,
    ) -> Result<(), StoreError>;

    /// Replaces the user with the same id and tenant, if it still has the revision `expected`, and ends sessions, in
    /// one step.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Stale`], [`StoreError::LastAdmin`], or [`StoreError::Conflict`] with
    /// `UserName` or `Identity`.
    async fn update_user(&self, update: UserUpdate<'_>, audit: AuditEvent) -> Result<(), StoreError>;

    /// Removes the user, if it still has the revision `expected`, with its password, identities, sessions and
    /// preferences; its active keys are revoked at the event's time (their revision grows by 1).
    ///
    /// The event's metadata gets `revokedKeys`, the list of their ids, before it is chained.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Stale`], [`StoreError::LastAdmin`], or [`StoreError::InUse`] if it owns
    /// servers.
    async fn delete_user(
        &self,
        tenant_id: TenantId,
        id: UserId,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError>;

    /// The user with this id, if its tenant is within `reach`.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn user(&self, reach: Reach, id: UserId) -> Result<Option<User>, StoreError>;

    /// The tenant's user whose user name has this [`name_key`](crate::model::text::name_key).
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn user_by_name_key(&self, tenant_id: TenantId, name_key: &str)
    -> Result<Option<User>, StoreError>;

    /// The users of any tenant whose user name has this name key, by tenant, at most `limit`: who signs in need not
    /// name the tenant.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn users_named(&self, name_key: &str, limit: u32) -> Result<Vec<User>, StoreError>;

    /// The user of any tenant who has this identity.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn user_by_identity(&self, identity: &Identity) -> Result<Option<User>, StoreError>;

    /// The password of the tenant's user with this id; `None` if it has none, or is not there.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn password(&self, tenant_id: TenantId, id: UserId) -> Result<Option<PasswordHash>, StoreError>;

    /// A page of the users that `query` names, by name key, then tenant id, then id.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn users(&self, query: &UserQuery) -> Result<Page<User>, StoreError>;

    /// Whether there is any user in any tenant: if not, the store was never set up.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn has_users(&self) -> Result<bool, StoreError>;
}
