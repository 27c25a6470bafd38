//! Tenants.

use async_trait::async_trait;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::TenantId;
use registry_core::model::page::{Page, PageRequest};
use registry_core::model::server::Revision;
use registry_core::model::tenant::Tenant;
use registry_core::store::{StoreError, TenantStore, UniqueField};

use crate::codec;
use crate::core::Core;
use crate::page;
use crate::plan::Draft;
use crate::record::{self, Read};
use crate::table::Table;
use crate::{SledStore, admin, alert, key, usage_rollup, webhook};

/// The noun of the counter of tenants; it stands under the nil id.
const NOUN: &[u8] = b"tenant";

/// Whether there is a tenant with this id.
pub(crate) fn require(draft: &Draft<'_>, id: TenantId) -> Result<(), StoreError> {
    if draft.has(Table::Tenant, id.0.as_bytes())? { Ok(()) } else { Err(StoreError::Missing) }
}

fn create(draft: &mut Draft<'_>, tenant: &Tenant) -> Result<(), StoreError> {
    let key = tenant.id.0.as_bytes();
    let name = tenant.name_key().into_bytes();
    if draft.has(Table::Tenant, key)? {
        return Err(StoreError::Conflict(UniqueField::Id));
    }
    if draft.has(Table::TenantName, &name)? {
        return Err(StoreError::Conflict(UniqueField::TenantName));
    }
    draft.put_record(Table::Tenant, key, tenant)?;
    draft.put(Table::TenantName, name, key.to_vec());
    draft.count_up(codec::owner(None), NOUN)
}

/// The tenant with this id, if it has this revision.
fn expect(draft: &Draft<'_>, id: TenantId, expected: Revision) -> Result<Tenant, StoreError> {
    let tenant: Tenant = draft.record(Table::Tenant, id.0.as_bytes())?.ok_or(StoreError::Missing)?;
    if tenant.revision == expected { Ok(tenant) } else { Err(StoreError::Stale) }
}

fn update(draft: &mut Draft<'_>, tenant: &Tenant, expected: Revision) -> Result<(), StoreError> {
    let key = tenant.id.0.as_bytes();
    let old = expect(draft, tenant.id, expected)?;
    let name = tenant.name_key().into_bytes();
    if draft.get(Table::TenantName, &name)?.is_some_and(|holder| holder != key) {
        return Err(StoreError::Conflict(UniqueField::TenantName));
    }
    if tenant.disabled && !old.disabled {
        admin::keep_one(draft, key)?;
    }
    draft.remove(Table::TenantName, old.name_key().into_bytes());
    draft.put(Table::TenantName, name, key.to_vec());
    draft.put_record(Table::Tenant, key, tenant)
}

fn delete(draft: &mut Draft<'_>, id: TenantId, expected: Revision) -> Result<(), StoreError> {
    let key = id.0.as_bytes();
    let tenant = expect(draft, id, expected)?;
    if draft.has_stored(Table::User, key)? {
        return Err(StoreError::InUse("the tenant has users"));
    }
    if draft.has_stored(Table::Server, key)? {
        return Err(StoreError::InUse("the tenant has servers"));
    }
    key::remove_all(draft, id)?;
    alert::remove_all(draft, id)?;
    webhook::remove_all(draft, id)?;
    usage_rollup::remove_tenant(draft, id)?;
    draft.remove(Table::TenantName, tenant.name_key().into_bytes());
    draft.remove_record(Table::Tenant, key)?;
    draft.count_down(codec::owner(None), NOUN)
}

fn list(core: &Core, request: PageRequest) -> Result<Page<Tenant>, StoreError> {
    let view = &core.view;
    let total = record::total(view, &record::total_key(codec::owner(None), NOUN))?;
    let found = page::counted(view.prefix(Table::TenantName, &[], false), request, total)?;
    let items = found.records(view, Table::Tenant, |(_, id)| Ok(id))?;
    Ok(Page { items, total, request })
}

#[async_trait]
impl TenantStore for SledStore {
    async fn create_tenant(&self, tenant: &Tenant, audit: AuditEvent) -> Result<(), StoreError> {
        let tenant = tenant.clone();
        self.write(audit, move |draft, _| create(draft, &tenant)).await
    }

    async fn update_tenant(
        &self,
        tenant: &Tenant,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let tenant = tenant.clone();
        self.write(audit, move |draft, _| update(draft, &tenant, expected)).await
    }

    async fn delete_tenant(
        &self,
        id: TenantId,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        self.write(audit, move |draft, _| delete(draft, id, expected)).await
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        self.core()?.view.record(Table::Tenant, id.0.as_bytes())
    }

    async fn tenant_by_name_key(&self, name_key: &str) -> Result<Option<Tenant>, StoreError> {
        let core = self.core()?;
        let Some(id) = core.view.get(Table::TenantName, name_key.as_bytes())? else { return Ok(None) };
        // Between the two reads it may have got another name.
        let tenant = core.view.record::<Tenant>(Table::Tenant, &id)?;
        Ok(tenant.filter(|tenant| tenant.name_key() == name_key))
    }

    async fn tenants(&self, page: PageRequest) -> Result<Page<Tenant>, StoreError> {
        self.read(move |core| list(core, page)).await
    }
}
