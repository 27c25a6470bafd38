//! Tenants.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;

use super::page::page;
use super::{MemoryStore, State};
use crate::model::audit::AuditEvent;
use crate::model::id::TenantId;
use crate::model::page::{Page, PageRequest};
use crate::model::server::Revision;
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

    /// Fails unless the tenant is there with this revision.
    fn require_fresh(&self, id: TenantId, expected: Revision) -> Result<&Tenant, StoreError> {
        let tenant = self.require(id)?;
        if tenant.revision == expected { Ok(tenant) } else { Err(StoreError::Stale) }
    }

    fn remove(&mut self, id: TenantId) {
        if let Some(tenant) = self.by_id.remove(&id) {
            self.by_name.remove(&tenant.name_key());
        }
    }

    fn insert(&mut self, tenant: Tenant) {
        self.by_name.insert(tenant.name_key(), tenant.id);
        self.by_id.insert(tenant.id, tenant);
    }
}

fn plan_update(state: &State, new: &Tenant, expected: Revision) -> Result<(), StoreError> {
    state.tenants.require_fresh(new.id, expected)?;
    if state.tenants.by_name.get(&new.name_key()).is_some_and(|id| *id != new.id) {
        return Err(StoreError::Conflict(UniqueField::TenantName));
    }
    state.keep_an_admin(|user| user.tenant_id == new.id && new.disabled)
}

fn plan_removal(state: &State, id: TenantId, expected: Revision) -> Result<(), StoreError> {
    state.tenants.require_fresh(id, expected)?;
    if state.users.any_in(id) {
        return Err(StoreError::InUse("the tenant has users"));
    }
    match state.servers.any(|server| server.tenant_id == Some(id)) {
        true => Err(StoreError::InUse("the tenant has servers")),
        false => Ok(()),
    }
}

#[async_trait]
impl TenantStore for MemoryStore {
    async fn create_tenant(&self, tenant: &Tenant, audit: AuditEvent) -> Result<(), StoreError> {
        let plan = |state: &State| state.tenants.check_new(tenant);
        self.change(audit, plan, |state, ()| state.tenants.insert(tenant.clone()))
    }

    async fn update_tenant(
        &self,
        tenant: &Tenant,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let apply = |state: &mut State, ()| {
            state.tenants.remove(tenant.id);
            state.tenants.insert(tenant.clone());
        };
        self.change(audit, |state| plan_update(state, tenant, expected), apply)
    }

    async fn delete_tenant(
        &self,
        id: TenantId,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let apply = |state: &mut State, ()| {
            state.tenants.remove(id);
            state.alerts.remove_tenant(id);
            state.webhooks.remove_tenant(id);
            state.usage_rollups.remove_tenant(id);
            for key in state.keys.remove_tenant(id) {
                state.usage.remove_key(key);
                state.usage_rollups.remove_key(key);
            }
        };
        self.change(audit, |state| plan_removal(state, id, expected), apply)
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
