//! Storage of usage counters.

use async_trait::async_trait;

use super::StoreError;
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::id::{ApiKeyId, TenantId};
use crate::model::usage::{Usage, UsageSubject};

/// Storage of usage counters. They are no records: adding to them is not audited.
#[async_trait]
pub trait UsageStore: Send + Sync {
    /// Adds a batch, all of it or none. What belongs to a key or server that is gone is passed over.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn add_usage(&self, batch: &[(UsageSubject, Usage)]) -> Result<(), StoreError>;

    /// The counters of a key or server of this tenant (`None`: global); zeros if it was never used.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn usage(&self, tenant_id: Option<TenantId>, subject: UsageSubject) -> Result<Usage, StoreError>;

    /// When these keys were last used, in any order: each is named once. Those that were never used or are not within `reach`
    /// are left out. It reads no more of the store than them.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn last_uses(
        &self,
        reach: Reach,
        keys: &[ApiKeyId],
    ) -> Result<Vec<(ApiKeyId, Timestamp)>, StoreError>;
}
