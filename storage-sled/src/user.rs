//! Users. What changes them is in [`crate::user_change`], their index rows in [`crate::user_row`], lists of them in
//! [`crate::user_list`].

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{TenantId, UserId};
use registry_core::model::page::Page;
use registry_core::model::password::{PasswordChange, PasswordHash};
use registry_core::model::server::Revision;
use registry_core::model::user::{Identity, User, UserQuery};
use registry_core::store::{StoreError, UserStore, UserUpdate};

use crate::codec;
use crate::home::{self, Id};
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;
use crate::{SledStore, key, user_change, user_list, user_row};

/// Whether there is a user with this id, in whatever tenant.
pub(crate) fn require(draft: &Draft<'_>, id: UserId) -> Result<(), StoreError> {
    if draft.has(Table::Home, &Id::User(id).key())? { Ok(()) } else { Err(StoreError::Missing) }
}

fn place(tenant: TenantId, id: UserId) -> Vec<u8> {
    codec::pair(codec::owner(Some(tenant)), id.0)
}

#[async_trait]
impl UserStore for SledStore {
    async fn create_user(
        &self,
        user: &User,
        password: Option<&PasswordHash>,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let (user, password) = (user.clone(), password.cloned());
        self.write(audit, move |draft, _| user_change::create(draft, &user, password.as_ref())).await
    }

    async fn update_user(&self, change: UserUpdate<'_>, audit: AuditEvent) -> Result<(), StoreError> {
        let UserUpdate { user, expected, password, ends } = change;
        let user = user.clone();
        let (removes, set) = match password {
            PasswordChange::Keep => (false, None),
            PasswordChange::Set(hash) => (false, Some(hash.clone())),
            PasswordChange::Remove => (true, None),
        };
        let plan = move |draft: &mut Draft<'_>, _: &mut AuditEvent| {
            let kept = if removes { PasswordChange::Remove } else { PasswordChange::Keep };
            let password = set.as_ref().map_or(kept, PasswordChange::Set);
            user_change::update(draft, &UserUpdate { user: &user, expected, password, ends })
        };
        self.write(audit, plan).await
    }

    async fn delete_user(
        &self,
        tenant_id: TenantId,
        id: UserId,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let plan = move |draft: &mut Draft<'_>, event: &mut AuditEvent| {
            let revoked = user_change::delete(draft, &place(tenant_id, id), expected, event.timestamp)?;
            key::note_revoked(event, &revoked);
            Ok(())
        };
        self.write(audit, plan).await
    }

    async fn user(&self, reach: Reach, id: UserId) -> Result<Option<User>, StoreError> {
        let view = &self.core()?.view;
        match home::find_within(view, reach, Id::User(id))? {
            Some(key) => view.record(Table::User, &key),
            None => Ok(None),
        }
    }

    async fn user_by_name_key(
        &self,
        tenant_id: TenantId,
        name_key: &str,
    ) -> Result<Option<User>, StoreError> {
        let core = self.core()?;
        let Some(row) = core.view.get(Table::UserName, &user_row::name_row(tenant_id, name_key))? else {
            return Ok(None);
        };
        // Between the two reads it may have got another name.
        let user = core.view.record::<User>(Table::User, user_row::place(&row)?)?;
        Ok(user.filter(|user| user.name_key() == name_key))
    }

    async fn users_named(&self, name_key: &str, limit: u32) -> Result<Vec<User>, StoreError> {
        let name_key = name_key.to_owned();
        self.read(move |core| user_list::named(core, &name_key, limit)).await
    }

    async fn user_by_identity(&self, identity: &Identity) -> Result<Option<User>, StoreError> {
        let core = self.core()?;
        let Some(place) = core.view.get(Table::Identity, &user_row::identity_row(identity))? else {
            return Ok(None);
        };
        let user = core.view.record::<User>(Table::User, &place)?;
        Ok(user.filter(|user| user.identities.contains(identity)))
    }

    async fn password(&self, tenant_id: TenantId, id: UserId) -> Result<Option<PasswordHash>, StoreError> {
        self.core()?.view.record(Table::Password, &place(tenant_id, id))
    }

    async fn users(&self, query: &UserQuery) -> Result<Page<User>, StoreError> {
        let query = query.clone();
        self.read(move |core| user_list::list(core, &query)).await
    }

    async fn has_users(&self) -> Result<bool, StoreError> {
        self.core()?.view.prefix(Table::User, &[], false).next().transpose().map(|user| user.is_some())
    }
}
