//! Users.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::page::page;
use super::{MemoryStore, State};
use crate::access::Reach;
use crate::model::audit::AuditEvent;
use crate::model::id::{TenantId, UserId};
use crate::model::page::Page;
use crate::model::password::{PasswordChange, PasswordHash};
use crate::model::server::Revision;
use crate::model::session::EndedSessions;
use crate::model::user::{Identity, User, UserQuery};
use crate::store::{StoreError, UniqueField, UserStore, UserUpdate};

#[derive(Default)]
pub(super) struct Users {
    by_id: HashMap<UserId, User>,
    by_name: BTreeMap<(String, TenantId), UserId>,
    by_identity: HashMap<Identity, UserId>,
    passwords: HashMap<UserId, PasswordHash>,
}

impl Users {
    pub(super) fn get(&self, tenant_id: TenantId, id: UserId) -> Option<&User> {
        self.by_id.get(&id).filter(|user| user.tenant_id == tenant_id)
    }

    /// Fails unless the user is there, in any tenant.
    pub(super) fn require(&self, id: UserId) -> Result<&User, StoreError> {
        self.by_id.get(&id).ok_or(StoreError::Missing)
    }

    pub(super) fn any_in(&self, tenant_id: TenantId) -> bool {
        self.by_id.values().any(|user| user.tenant_id == tenant_id)
    }

    /// Fails unless the user is there, in this tenant, with this revision.
    fn require_fresh(
        &self,
        tenant_id: TenantId,
        id: UserId,
        expected: Revision,
    ) -> Result<&User, StoreError> {
        let user = self.get(tenant_id, id).ok_or(StoreError::Missing)?;
        if user.revision == expected { Ok(user) } else { Err(StoreError::Stale) }
    }

    fn check_new(&self, user: &User) -> Result<(), StoreError> {
        if self.by_id.contains_key(&user.id) {
            return Err(StoreError::Conflict(UniqueField::Id));
        }
        self.check_names(user)
    }

    /// Fails if another user has the name or an identity.
    fn check_names(&self, user: &User) -> Result<(), StoreError> {
        let is_other = |id: &UserId| *id != user.id;
        if self.by_name.get(&(user.name_key(), user.tenant_id)).is_some_and(is_other) {
            return Err(StoreError::Conflict(UniqueField::UserName));
        }
        match user.identities.iter().any(|identity| self.by_identity.get(identity).is_some_and(is_other)) {
            true => Err(StoreError::Conflict(UniqueField::Identity)),
            false => Ok(()),
        }
    }

    fn insert(&mut self, user: User) {
        self.by_name.insert((user.name_key(), user.tenant_id), user.id);
        self.by_identity.extend(user.identities.iter().map(|identity| (identity.clone(), user.id)));
        self.by_id.insert(user.id, user);
    }

    fn remove(&mut self, id: UserId) {
        let Some(user) = self.by_id.remove(&id) else { return };
        self.by_name.remove(&(user.name_key(), user.tenant_id));
        for identity in &user.identities {
            self.by_identity.remove(identity);
        }
    }

    fn set_password(&mut self, id: UserId, change: PasswordChange<'_>) {
        match change {
            PasswordChange::Keep => {}
            PasswordChange::Set(hash) => drop(self.passwords.insert(id, hash.clone())),
            PasswordChange::Remove => drop(self.passwords.remove(&id)),
        }
    }
}

impl State {
    fn plan_update(&self, update: &UserUpdate<'_>) -> Result<(), StoreError> {
        let new = update.user;
        self.users.require_fresh(new.tenant_id, new.id, update.expected)?;
        self.users.check_names(new)?;
        self.keep_an_admin(|user| user.id == new.id && !new.is_acting_admin())
    }

    fn plan_removal(&self, tenant_id: TenantId, id: UserId, expected: Revision) -> Result<(), StoreError> {
        self.users.require_fresh(tenant_id, id, expected)?;
        if self.servers.any(|server| server.owner_id == id) {
            return Err(StoreError::InUse("the user owns servers"));
        }
        self.keep_an_admin(|user| user.id == id)
    }

    /// Fails if administrators can act now, and none could any more once those that are such no longer can.
    pub(super) fn keep_an_admin(&self, falls: impl Fn(&User) -> bool) -> Result<(), StoreError> {
        let is_enabled = |id| self.tenants.get(id).is_some_and(|tenant| !tenant.disabled);
        let acts = |user: &&User| user.is_acting_admin() && is_enabled(user.tenant_id);
        let (falling, staying): (Vec<_>, Vec<_>) =
            self.users.by_id.values().filter(acts).partition(|user| falls(user));
        if staying.is_empty() && !falling.is_empty() { Err(StoreError::LastAdmin) } else { Ok(()) }
    }
}

#[async_trait]
impl UserStore for MemoryStore {
    async fn create_user(
        &self,
        user: &User,
        password: Option<&PasswordHash>,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let plan = |state: &State| {
            state.tenants.require(user.tenant_id)?;
            state.users.check_new(user)
        };
        let apply = |state: &mut State, ()| {
            state.users.set_password(user.id, password.map_or(PasswordChange::Keep, PasswordChange::Set));
            state.users.insert(user.clone());
        };
        self.change(audit, plan, apply)
    }

    async fn update_user(&self, update: UserUpdate<'_>, audit: AuditEvent) -> Result<(), StoreError> {
        let UserUpdate { user, password, ends, .. } = update;
        let apply = |state: &mut State, ()| {
            state.users.remove(user.id);
            state.users.insert(user.clone());
            state.users.set_password(user.id, password);
            if let Some(which) = ends {
                state.sessions.end(user.id, which);
            }
        };
        self.change(audit, |state| state.plan_update(&update), apply)
    }

    async fn delete_user(
        &self,
        tenant_id: TenantId,
        id: UserId,
        expected: Revision,
        mut audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let now = audit.timestamp;
        let plan = |state: &State| {
            state.plan_removal(tenant_id, id, expected)?;
            let revoked = state.keys.active_of_owner(id, now);
            let listed: Value = revoked.iter().map(|id| json!(id)).collect();
            audit.metadata.insert("revokedKeys".to_owned(), listed);
            Ok((revoked, Some(audit)))
        };
        let apply = |state: &mut State, revoked: Vec<_>| {
            state.users.remove(id);
            state.users.set_password(id, PasswordChange::Remove);
            state.sessions.end(id, EndedSessions::All);
            state.preferences.remove_user(id);
            state.keys.revoke(&revoked, now);
        };
        self.change_with(plan, apply)
    }

    async fn user(&self, reach: Reach, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.read()?.users.by_id.get(&id).filter(|user| reach.holds(user.tenant_id)).cloned())
    }

    async fn user_by_name_key(
        &self,
        tenant_id: TenantId,
        name_key: &str,
    ) -> Result<Option<User>, StoreError> {
        let users = &self.read()?.users;
        let id = users.by_name.get(&(name_key.to_owned(), tenant_id));
        Ok(id.and_then(|id| users.by_id.get(id)).cloned())
    }

    async fn users_named(&self, name_key: &str, limit: u32) -> Result<Vec<User>, StoreError> {
        let users = &self.read()?.users;
        let named = users.by_name.range((name_key.to_owned(), TenantId::SYSTEM)..);
        let named = named.take_while(|((name, _), _)| name == name_key).take(limit as usize);
        Ok(named.filter_map(|(_, id)| users.by_id.get(id)).cloned().collect())
    }

    async fn user_by_identity(&self, identity: &Identity) -> Result<Option<User>, StoreError> {
        let users = &self.read()?.users;
        Ok(users.by_identity.get(identity).and_then(|id| users.by_id.get(id)).cloned())
    }

    async fn password(&self, tenant_id: TenantId, id: UserId) -> Result<Option<PasswordHash>, StoreError> {
        let users = &self.read()?.users;
        Ok(users.get(tenant_id, id).and_then(|user| users.passwords.get(&user.id)).cloned())
    }

    async fn users(&self, query: &UserQuery) -> Result<Page<User>, StoreError> {
        let users = &self.read()?.users;
        let all = users.by_name.values().filter_map(|id| users.by_id.get(id));
        Ok(page(all.filter(|user| query.matches(user)), query.page))
    }

    async fn has_users(&self) -> Result<bool, StoreError> {
        Ok(!self.read()?.users.by_id.is_empty())
    }
}
