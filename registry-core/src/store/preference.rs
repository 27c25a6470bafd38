//! Storage of preferences.

use async_trait::async_trait;

use super::StoreError;
use crate::model::audit::AuditEvent;
use crate::model::id::{TenantId, UserId};
use crate::model::preference::Preference;

/// Storage of preferences. They go with their user and with their server.
#[async_trait]
pub trait PreferenceStore: Send + Sync {
    /// The preferences of a user, by display order, then server id; at most
    /// [`MAX_PREFERENCES`](crate::model::preference::MAX_PREFERENCES).
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn preferences(&self, tenant_id: TenantId, user_id: UserId) -> Result<Vec<Preference>, StoreError>;

    /// Stores preferences of a user, each in the place of the one for the same server; those that are
    /// [default](Preference::is_default) are removed instead. All of it or none.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the user, or the server of one that is not default, is not there;
    /// [`StoreError::InUse`] if the user would have more than `MAX_PREFERENCES`.
    async fn put_preferences(
        &self,
        tenant_id: TenantId,
        user_id: UserId,
        preferences: &[Preference],
        audit: AuditEvent,
    ) -> Result<(), StoreError>;
}
