//! Tenants.

use async_trait::async_trait;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::TenantId;
use registry_core::model::page::{Page, PageRequest};
use registry_core::model::tenant::Tenant;
use registry_core::store::{StoreError, TenantStore, UniqueField};

use crate::SledStore;
use crate::codec;
use crate::core::Core;
use crate::page;
use crate::plan::Draft;
use crate::record::{self, Read};
use crate::table::Table;

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

fn list(core: &Core, request: PageRequest) -> Result<Page<Tenant>, StoreError> {
    let view = &core.view;
    let total = record::total(view, &record::total_key(codec::owner(None), NOUN))?;
    let found = page::counted(view.prefix(Table::TenantName, &[], false), request, total)?;
    let items = found.rows.iter().map(|(_, id)| view.indexed(Table::Tenant, id)).collect::<Result<_, _>>()?;
    Ok(Page { items, total, request })
}

#[async_trait]
impl TenantStore for SledStore {
    async fn create_tenant(&self, tenant: &Tenant, audit: AuditEvent) -> Result<(), StoreError> {
        let tenant = tenant.clone();
        self.write(audit, move |draft, _| create(draft, &tenant)).await
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        self.core()?.view.record(Table::Tenant, id.0.as_bytes())
    }

    async fn tenant_by_name_key(&self, name_key: &str) -> Result<Option<Tenant>, StoreError> {
        let core = self.core()?;
        let Some(id) = core.view.get(Table::TenantName, name_key.as_bytes())? else { return Ok(None) };
        core.view.record(Table::Tenant, &id)
    }

    async fn tenants(&self, page: PageRequest) -> Result<Page<Tenant>, StoreError> {
        self.read(move |core| list(core, page)).await
    }
}
