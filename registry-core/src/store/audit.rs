//! Storage of the audit log.

use async_trait::async_trait;

use super::StoreError;
use crate::model::audit::{AuditEntry, AuditEvent, AuditHead, AuditQuery};
use crate::model::id::TenantId;
use crate::model::page::Page;

/// Storage of the audit log.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Appends an entry on its own: only for what changes no record, such as a refused sign-in.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn append_audit(&self, event: AuditEvent) -> Result<(), StoreError>;

    /// A page of the entries that `query` names, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>, StoreError>;

    /// The entries of a tenant's chain numbered above `seq`, in order, at most `limit`. Who tails the log this way
    /// misses none: a number is visible only when all smaller ones are.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if an entry cannot be decoded and it is the first of them; entries before it are
    /// answered first.
    async fn audit_after(
        &self,
        tenant_id: TenantId,
        seq: u64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// The head of a tenant's chain, as kept apart from the entries; an empty one if there is none.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn audit_head(&self, tenant_id: TenantId) -> Result<AuditHead, StoreError>;

    /// Every tenant that has an entry or a head, the system's own included, by id: a head that somebody removed must
    /// not hide its chain.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn audit_chains(&self) -> Result<Vec<TenantId>, StoreError>;
}
