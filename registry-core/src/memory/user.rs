//! Users.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;

use super::page::page;
use super::{MemoryStore, State};
use crate::model::audit::AuditEvent;
use crate::model::id::{TenantId, UserId};
use crate::model::page::{Page, PageRequest};
use crate::model::user::User;
use crate::store::{StoreError, UniqueField, UserStore};

#[derive(Default)]
pub(super) struct Users {
    by_id: HashMap<UserId, User>,
    by_name: BTreeMap<(TenantId, String), UserId>,
}

impl Users {
    pub(super) fn get(&self, tenant_id: TenantId, id: UserId) -> Option<&User> {
        self.by_id.get(&id).filter(|user| user.tenant_id == tenant_id)
    }

    /// Fails unless the user is there, in any tenant.
    pub(super) fn require(&self, id: UserId) -> Result<&User, StoreError> {
        self.by_id.get(&id).ok_or(StoreError::Missing)
    }

    fn check_new(&self, user: &User) -> Result<(), StoreError> {
        if self.by_id.contains_key(&user.id) {
            return Err(StoreError::Conflict(UniqueField::Id));
        }
        if self.by_name.contains_key(&(user.tenant_id, user.name_key())) {
            return Err(StoreError::Conflict(UniqueField::UserName));
        }
        Ok(())
    }

    fn insert(&mut self, user: User) {
        self.by_name.insert((user.tenant_id, user.name_key()), user.id);
        self.by_id.insert(user.id, user);
    }

    fn of_tenant(&self, tenant_id: TenantId) -> impl Iterator<Item = &User> {
        let names = self.by_name.range((tenant_id, String::new())..);
        let names = names.take_while(move |((tenant, _), _)| *tenant == tenant_id);
        names.filter_map(|(_, id)| self.by_id.get(id))
    }
}

#[async_trait]
impl UserStore for MemoryStore {
    async fn create_user(&self, user: &User, audit: AuditEvent) -> Result<(), StoreError> {
        let plan = |state: &State| {
            state.tenants.require(user.tenant_id)?;
            state.users.check_new(user)
        };
        self.change(audit, plan, |state, ()| state.users.insert(user.clone()))
    }

    async fn user(&self, tenant_id: TenantId, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.read()?.users.get(tenant_id, id).cloned())
    }

    async fn user_by_name_key(
        &self,
        tenant_id: TenantId,
        name_key: &str,
    ) -> Result<Option<User>, StoreError> {
        let users = &self.read()?.users;
        let id = users.by_name.get(&(tenant_id, name_key.to_owned()));
        Ok(id.and_then(|id| users.by_id.get(id)).cloned())
    }

    async fn users(&self, tenant_id: TenantId, request: PageRequest) -> Result<Page<User>, StoreError> {
        Ok(page(self.read()?.users.of_tenant(tenant_id), request))
    }

    async fn has_users(&self) -> Result<bool, StoreError> {
        Ok(!self.read()?.users.by_id.is_empty())
    }
}
