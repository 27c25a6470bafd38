//! Preferences.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::model::audit::AuditEvent;
use crate::model::id::{ServerId, TenantId, UserId};
use crate::model::preference::{MAX_PREFERENCES, Preference};
use crate::store::{PreferenceStore, StoreError};

#[derive(Default)]
pub(super) struct Preferences(BTreeMap<(UserId, ServerId), Preference>);

impl Preferences {
    fn of_user(&self, user_id: UserId) -> impl Iterator<Item = &Preference> {
        let all =
            self.0.range((user_id, ServerId(uuid::Uuid::nil()))..=(user_id, ServerId(uuid::Uuid::max())));
        all.map(|(_, preference)| preference)
    }

    pub(super) fn remove_user(&mut self, id: UserId) {
        self.0.retain(|(user, _), _| *user != id);
    }

    pub(super) fn remove_server(&mut self, id: ServerId) {
        self.0.retain(|(_, server), _| *server != id);
    }

    fn put(&mut self, user_id: UserId, preference: &Preference) {
        let key = (user_id, preference.server_id);
        match preference.is_default() {
            true => self.0.remove(&key),
            false => self.0.insert(key, preference.clone()),
        };
    }
}

fn plan(
    state: &State,
    tenant_id: TenantId,
    user_id: UserId,
    preferences: &[Preference],
) -> Result<(), StoreError> {
    state.users.get(tenant_id, user_id).ok_or(StoreError::Missing)?;
    let mut servers: BTreeSet<_> =
        state.preferences.of_user(user_id).map(|preference| preference.server_id).collect();
    for preference in preferences {
        if preference.is_default() {
            servers.remove(&preference.server_id);
        } else {
            state.servers.get(preference.server_id).ok_or(StoreError::Missing)?;
            servers.insert(preference.server_id);
        }
    }
    match servers.len() > MAX_PREFERENCES {
        true => Err(StoreError::InUse("a user has preferences for at most 1,000 servers")),
        false => Ok(()),
    }
}

#[async_trait]
impl PreferenceStore for MemoryStore {
    async fn preferences(&self, tenant_id: TenantId, user_id: UserId) -> Result<Vec<Preference>, StoreError> {
        let state = self.read()?;
        if state.users.get(tenant_id, user_id).is_none() {
            return Ok(Vec::new());
        }
        let mut preferences: Vec<_> = state.preferences.of_user(user_id).cloned().collect();
        preferences.sort_by_key(|preference| (preference.display_order, preference.server_id));
        Ok(preferences)
    }

    async fn put_preferences(
        &self,
        tenant_id: TenantId,
        user_id: UserId,
        preferences: &[Preference],
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let apply = |state: &mut State, ()| {
            for preference in preferences {
                state.preferences.put(user_id, preference);
            }
        };
        self.change(audit, |state| plan(state, tenant_id, user_id, preferences), apply)
    }
}
