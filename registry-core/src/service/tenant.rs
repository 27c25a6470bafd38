//! Tenants: make, see, change, remove. For administrators.

use std::sync::Arc;

use serde_json::{Value, json};

use super::context::Context;
use super::event::What;
use crate::access::{Caller, Permission};
use crate::error::Error;
use crate::model::account_input::TenantInput;
use crate::model::audit::{AuditEvent, EventType};
use crate::model::id::TenantId;
use crate::model::page::{Page, PageRequest};
use crate::model::server::Revision;
use crate::model::tenant::Tenant;
use crate::store::{StoreError, UniqueField};

/// Tenants.
pub struct TenantService {
    context: Arc<Context>,
}

impl TenantService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Makes a tenant.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::Conflict`] if the name is taken.
    pub async fn create(&self, caller: &Caller, input: TenantInput) -> Result<Tenant, Error> {
        caller.require(Permission::TenantManage)?;
        let (name, disabled, limit) = input.validate()?;
        let tenant = Tenant { disabled, ..self.context.new_tenant(name, limit) };
        let event = self.event(caller, EventType::TenantCreated, &tenant, json!({ "name": tenant.name }));
        self.context.store.create_tenant(&tenant, event).await.map_err(conflict)?;
        Ok(tenant)
    }

    /// A page of all tenants, by name.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Tenant>, Error> {
        caller.require(Permission::TenantManage)?;
        Ok(self.context.store.tenants(page).await?)
    }

    /// One tenant.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn get(&self, caller: &Caller, id: TenantId) -> Result<Tenant, Error> {
        caller.require(Permission::TenantManage)?;
        self.context.store.tenant(id).await?.ok_or(Error::NotFound)
    }

    /// Changes a tenant. The users of one that is disabled can do nothing, at once.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Stale`]; [`Error::Conflict`] if the name is
    /// taken, or nobody could manage the registry any more.
    pub async fn update(
        &self,
        caller: &Caller,
        id: TenantId,
        change: TenantInput,
        expected: Option<Revision>,
    ) -> Result<Tenant, Error> {
        let old = self.get(caller, id).await?;
        if expected.is_some_and(|expected| expected != old.revision) {
            return Err(Error::Stale);
        }
        let new = change.apply(&old)?;
        let new = Tenant { revision: old.revision + 1, updated_at: self.context.clock.now(), ..new };
        let metadata = json!({ "before": shown(&old), "after": shown(&new) });
        let event = self.event(caller, EventType::TenantUpdated, &new, metadata);
        let stored = self.context.store.update_tenant(&new, old.revision, event).await;
        self.context.grants.end_all();
        stored.map_err(conflict)?;
        Ok(new)
    }

    /// Removes a tenant that has no users and no servers any more. Its audit log stays.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Stale`], [`Error::Conflict`] if it is not empty.
    pub async fn delete(
        &self,
        caller: &Caller,
        id: TenantId,
        expected: Option<Revision>,
    ) -> Result<(), Error> {
        let tenant = self.get(caller, id).await?;
        let event = self.event(caller, EventType::TenantDeleted, &tenant, json!({ "name": tenant.name }));
        let deleted = self.context.store.delete_tenant(id, expected.unwrap_or(tenant.revision), event).await;
        self.context.grants.end_all();
        Ok(deleted?)
    }

    fn event(&self, caller: &Caller, event_type: EventType, tenant: &Tenant, metadata: Value) -> AuditEvent {
        self.context.event(caller, What::of(event_type, tenant.id.0, tenant.id), metadata)
    }
}

fn shown(tenant: &Tenant) -> Value {
    json!({ "name": tenant.name, "disabled": tenant.disabled, "requestsPerMinute": tenant.requests_per_minute })
}

fn conflict(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(UniqueField::TenantName) => {
            Error::Conflict { field: "name", message: "another tenant has this name".to_owned() }
        }
        error => error.into(),
    }
}
