//! Storage of tenants.

use async_trait::async_trait;

use super::StoreError;
use crate::model::audit::AuditEvent;
use crate::model::id::TenantId;
use crate::model::page::{Page, PageRequest};
use crate::model::server::Revision;
use crate::model::tenant::Tenant;

/// Storage of tenants.
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// Stores a new tenant.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with `Id` or `TenantName`.
    async fn create_tenant(&self, tenant: &Tenant, audit: AuditEvent) -> Result<(), StoreError>;

    /// Replaces the tenant with the same id, if it still has the revision `expected`.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Stale`], [`StoreError::Conflict`] with `TenantName`, or
    /// [`StoreError::LastAdmin`] if it is disabled and no administrator of another tenant could act
    /// ([`UserStore`](super::UserStore)).
    async fn update_tenant(
        &self,
        tenant: &Tenant,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError>;

    /// Removes the tenant, if it still has the revision `expected`, with its keys (revoked ones: active ones have an
    /// owner). Its audit chain stays, and the event is in it.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Stale`], or [`StoreError::InUse`] if it has users or servers.
    async fn delete_tenant(
        &self,
        id: TenantId,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError>;

    /// The tenant with this id.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError>;

    /// The tenant whose name has this [`name_key`](crate::model::text::name_key).
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn tenant_by_name_key(&self, name_key: &str) -> Result<Option<Tenant>, StoreError>;

    /// All tenants by name key: the administrators' list across tenants.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn tenants(&self, page: PageRequest) -> Result<Page<Tenant>, StoreError>;
}
