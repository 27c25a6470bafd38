//! Tenants.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;

use super::MemoryStore;
use super::page::page;
use crate::model::audit::AuditEvent;
use crate::model::id::TenantId;
use crate::model::page::{Page, PageRequest};
use crate::model::tenant::Tenant;
use crate::store::{StoreError, TenantStore, UniqueField};

#[derive(Default)]
pub(super) struct Tenants {
    by_id: HashMap<TenantId, Tenant>,
    by_name: BTreeMap<String, TenantId>,
}

impl Tenants {
    pub(super) fn get(&self, id: TenantId) -> Option<&Tenant> {
        self.by_id.get(&id)
    }

    /// Fails unless the tenant is there.
    pub(super) fn require(&self, id: TenantId) -> Result<&Tenant, StoreError> {
        self.get(id).ok_or(StoreError::Missing)
    }

    fn check_new(&self, tenant: &Tenant) -> Result<(), StoreError> {
        if self.by_id.contains_key(&tenant.id) {
            return Err(StoreError::Conflict(UniqueField::Id));
        }
        if self.by_name.contains_key(&tenant.name_key()) {
            return Err(StoreError::Conflict(UniqueField::TenantName));
        }
        Ok(())
    }

    fn insert(&mut self, tenant: Tenant) {
        self.by_name.insert(tenant.name_key(), tenant.id);
        self.by_id.insert(tenant.id, tenant);
    }
}

#[async_trait]
impl TenantStore for MemoryStore {
    async fn create_tenant(&self, tenant: &Tenant, audit: AuditEvent) -> Result<(), StoreError> {
        let plan = |state: &super::State| state.tenants.check_new(tenant);
        self.change(audit, plan, |state, ()| state.tenants.insert(tenant.clone()))
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        Ok(self.read()?.tenants.get(id).cloned())
    }

    async fn tenant_by_name_key(&self, name_key: &str) -> Result<Option<Tenant>, StoreError> {
        let tenants = &self.read()?.tenants;
        Ok(tenants.by_name.get(name_key).and_then(|id| tenants.get(*id)).cloned())
    }

    async fn tenants(&self, request: PageRequest) -> Result<Page<Tenant>, StoreError> {
        let tenants = &self.read()?.tenants;
        Ok(page(tenants.by_name.values().filter_map(|id| tenants.get(*id)), request))
    }
}
