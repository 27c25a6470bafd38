//! Storage of API keys.

use async_trait::async_trait;

use super::StoreError;
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::audit::AuditEvent;
use crate::model::id::ApiKeyId;
use crate::model::key::{ApiKey, KeyDigest, KeyHolder, KeyQuery};
use crate::model::page::Page;
use crate::model::server::Revision;

/// Storage of API keys.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Stores a new key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with `Id` or `KeyDigest`; [`StoreError::Missing`] if the tenant, the owner or the
    /// linked server is not there.
    async fn create_key(&self, key: &ApiKey, audit: AuditEvent) -> Result<(), StoreError>;

    /// The key with this id, if its tenant is within `reach`.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn key(&self, reach: Reach, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError>;

    /// The key whose current or previous digest this is, whatever its state, with its owner and tenant; `None` if the
    /// owner was removed. A look-up without a tenant: the digest is what proves the tenant.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn key_by_digest(&self, digest: &KeyDigest) -> Result<Option<KeyHolder>, StoreError>;

    /// A page of the keys that `query` names, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn keys(&self, query: &KeyQuery) -> Result<Page<ApiKey>, StoreError>;

    /// A page of the keys that `query` names, are [active](crate::model::key::KeyStatus::Active) at `now` and expire before
    /// `by`: the soonest first.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn expiring_keys(
        &self,
        query: &KeyQuery,
        now: Timestamp,
        by: Timestamp,
    ) -> Result<Page<ApiKey>, StoreError>;

    /// Up to `limit` keys, of any tenant, that [need care](ApiKey::needs_care), in the order of their ids, after the one with
    /// the id `after`.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn keys_in_need(
        &self,
        now: Timestamp,
        expires_by: Timestamp,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError>;

    /// Replaces the key with the same id and tenant, if it still has the revision `expected`: change, rotation
    /// and revocation alike. A digest that the new record no longer has is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Stale`], or [`StoreError::Conflict`] with `KeyDigest`.
    async fn update_key(&self, key: &ApiKey, expected: Revision, audit: AuditEvent)
    -> Result<(), StoreError>;
}
