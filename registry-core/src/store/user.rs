//! Storage of users.

use async_trait::async_trait;

use super::StoreError;
use crate::model::audit::AuditEvent;
use crate::model::id::{TenantId, UserId};
use crate::model::page::{Page, PageRequest};
use crate::model::user::User;

/// Storage of users.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Stores a new user.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with `Id` or `UserName`; [`StoreError::Missing`] if the tenant is not there.
    async fn create_user(&self, user: &User, audit: AuditEvent) -> Result<(), StoreError>;

    /// The tenant's user with this id.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn user(&self, tenant_id: TenantId, id: UserId) -> Result<Option<User>, StoreError>;

    /// The tenant's user whose user name has this [`name_key`](crate::model::text::name_key).
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn user_by_name_key(&self, tenant_id: TenantId, name_key: &str)
    -> Result<Option<User>, StoreError>;

    /// The tenant's users by name key.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn users(&self, tenant_id: TenantId, page: PageRequest) -> Result<Page<User>, StoreError>;

    /// Whether there is any user in any tenant: if not, the store was never set up.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn has_users(&self) -> Result<bool, StoreError>;
}
