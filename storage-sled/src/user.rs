//! Users.

use async_trait::async_trait;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{TenantId, UserId};
use registry_core::model::page::{Page, PageRequest};
use registry_core::model::user::User;
use registry_core::store::{StoreError, UniqueField, UserStore};

use crate::SledStore;
use crate::codec::{self, ID};
use crate::core::Core;
use crate::home::{self, Id};
use crate::page;
use crate::plan::Draft;
use crate::record::{self, Read};
use crate::table::Table;
use crate::tenant;

/// The noun of the counter of a tenant's users.
const NOUN: &[u8] = b"user";

/// Whether there is a user with this id, in whatever tenant.
pub(crate) fn require(draft: &Draft<'_>, id: UserId) -> Result<(), StoreError> {
    if draft.has(Table::Home, &Id::User(id).key())? { Ok(()) } else { Err(StoreError::Missing) }
}

fn create(draft: &mut Draft<'_>, user: &User) -> Result<(), StoreError> {
    let tenant = codec::owner(Some(user.tenant_id));
    let name = [&tenant[..], user.name_key().as_bytes()].concat();
    tenant::require(draft, user.tenant_id)?;
    if draft.has(Table::Home, &Id::User(user.id).key())? {
        return Err(StoreError::Conflict(UniqueField::Id));
    }
    if draft.has(Table::UserName, &name)? {
        return Err(StoreError::Conflict(UniqueField::UserName));
    }
    home::put(draft, Id::User(user.id), Some(user.tenant_id));
    draft.put_record(Table::User, &codec::pair(tenant, user.id.0), user)?;
    draft.put(Table::UserName, name, user.id.0.as_bytes().to_vec());
    draft.count_up(tenant, NOUN)
}

fn list(core: &Core, tenant: [u8; ID], request: PageRequest) -> Result<Page<User>, StoreError> {
    let view = &core.view;
    let total = record::total(view, &record::total_key(tenant, NOUN))?;
    let found = page::counted(view.prefix(Table::UserName, &tenant, false), request, total)?;
    let user = |id: &[u8]| view.indexed(Table::User, &[&tenant[..], id].concat());
    let items = found.rows.iter().map(|(_, id)| user(id)).collect::<Result<_, _>>()?;
    Ok(Page { items, total, request })
}

#[async_trait]
impl UserStore for SledStore {
    async fn create_user(&self, user: &User, audit: AuditEvent) -> Result<(), StoreError> {
        let user = user.clone();
        self.write(audit, move |draft, _| create(draft, &user)).await
    }

    async fn user(&self, tenant_id: TenantId, id: UserId) -> Result<Option<User>, StoreError> {
        self.core()?.view.record(Table::User, &codec::pair(codec::owner(Some(tenant_id)), id.0))
    }

    async fn user_by_name_key(
        &self,
        tenant_id: TenantId,
        name_key: &str,
    ) -> Result<Option<User>, StoreError> {
        let core = self.core()?;
        let tenant = codec::owner(Some(tenant_id));
        let name = [&tenant[..], name_key.as_bytes()].concat();
        let Some(id) = core.view.get(Table::UserName, &name)? else { return Ok(None) };
        core.view.record(Table::User, &[&tenant[..], &id].concat())
    }

    async fn users(&self, tenant_id: TenantId, page: PageRequest) -> Result<Page<User>, StoreError> {
        self.read(move |core| list(core, codec::owner(Some(tenant_id)), page)).await
    }

    async fn has_users(&self) -> Result<bool, StoreError> {
        self.core()?.view.prefix(Table::User, &[], false).next().transpose().map(|user| user.is_some())
    }
}
