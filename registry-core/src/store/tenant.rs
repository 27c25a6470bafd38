//! Storage of tenants.

use async_trait::async_trait;

use super::StoreError;
use crate::model::audit::AuditEvent;
use crate::model::id::TenantId;
use crate::model::page::{Page, PageRequest};
use crate::model::tenant::Tenant;

/// Storage of tenants.
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// Stores a new tenant.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with `Id` or `TenantName`.
    async fn create_tenant(&self, tenant: &Tenant, audit: AuditEvent) -> Result<(), StoreError>;

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
