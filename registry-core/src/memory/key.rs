//! Keys.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;

use super::page::page;
use super::{MemoryStore, State, alert};
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::alert_step::{AlertChange, after_key_change};
use crate::model::audit::AuditEvent;
use crate::model::id::{ApiKeyId, ServerId, TenantId, UserId};
use crate::model::key::{ApiKey, KeyDigest, KeyHolder, KeyQuery, KeyStatus};
use crate::model::page::Page;
use crate::model::server::Revision;
use crate::store::{KeyStore, StoreError, UniqueField};

#[derive(Default)]
pub(super) struct Keys {
    by_id: HashMap<ApiKeyId, ApiKey>,
    by_digest: HashMap<KeyDigest, ApiKeyId>,
    by_age: BTreeSet<(Timestamp, ApiKeyId)>,
    by_tenant: BTreeSet<(TenantId, Timestamp, ApiKeyId)>,
    by_server: BTreeSet<(ServerId, Timestamp, ApiKeyId)>,
}

impl Keys {
    pub(super) fn get(&self, id: ApiKeyId) -> Option<&ApiKey> {
        self.by_id.get(&id)
    }

    /// Fails unless the key can be stored; `new_server` is a server that comes with it.
    pub(super) fn check_new(
        &self,
        state: &State,
        key: &ApiKey,
        new_server: Option<ServerId>,
    ) -> Result<(), StoreError> {
        state.tenants.require(key.tenant_id)?;
        state.users.get(key.tenant_id, key.owner_id).ok_or(StoreError::Missing)?;
        if key.server_id.is_some_and(|id| Some(id) != new_server && state.servers.get(id).is_none()) {
            return Err(StoreError::Missing);
        }
        if self.by_id.contains_key(&key.id) {
            return Err(StoreError::Conflict(UniqueField::Id));
        }
        self.check_digests(key)
    }

    /// Fails if another key has one of the digests.
    fn check_digests(&self, key: &ApiKey) -> Result<(), StoreError> {
        let is_taken = |digest| self.by_digest.get(&digest).is_some_and(|holder| *holder != key.id);
        if digests(key).any(is_taken) { Err(StoreError::Conflict(UniqueField::KeyDigest)) } else { Ok(()) }
    }

    /// The key as it is, if it can be replaced.
    fn check_update(&self, key: &ApiKey, expected: Revision) -> Result<&ApiKey, StoreError> {
        let current = self.get(key.id).filter(|current| current.tenant_id == key.tenant_id);
        let current = current.ok_or(StoreError::Missing)?;
        if current.revision != expected {
            return Err(StoreError::Stale);
        }
        self.check_digests(key)?;
        Ok(current)
    }

    pub(super) fn insert(&mut self, key: ApiKey) {
        self.by_digest.extend(digests(&key).map(|digest| (digest, key.id)));
        self.by_age.insert((key.created_at, key.id));
        self.by_tenant.insert((key.tenant_id, key.created_at, key.id));
        if let Some(server_id) = key.server_id {
            self.by_server.insert((server_id, key.created_at, key.id));
        }
        self.by_id.insert(key.id, key);
    }

    fn remove(&mut self, id: ApiKeyId) {
        let Some(old) = self.by_id.remove(&id) else { return };
        for digest in digests(&old) {
            self.by_digest.remove(&digest);
        }
        self.by_age.remove(&(old.created_at, old.id));
        self.by_tenant.remove(&(old.tenant_id, old.created_at, old.id));
        if let Some(server_id) = old.server_id {
            self.by_server.remove(&(server_id, old.created_at, old.id));
        }
    }

    fn replace(&mut self, key: ApiKey) {
        self.remove(key.id);
        self.insert(key);
    }

    /// The keys linked to the server that are active at `now`, by id.
    pub(super) fn active_of_server(&self, server_id: ServerId, now: Timestamp) -> Vec<ApiKeyId> {
        let keys = self.of_server(server_id).filter(|key| key.status(now) == KeyStatus::Active);
        let mut ids: Vec<_> = keys.map(|key| key.id).collect();
        ids.sort_unstable();
        ids
    }

    /// The keys that the user owns and that are active at `now`, by id.
    pub(super) fn active_of_owner(&self, owner_id: UserId, now: Timestamp) -> Vec<ApiKeyId> {
        let is_such = |key: &&ApiKey| key.owner_id == owner_id && key.status(now) == KeyStatus::Active;
        let mut ids: Vec<_> = self.by_id.values().filter(is_such).map(|key| key.id).collect();
        ids.sort_unstable();
        ids
    }

    /// Forgets the tenant's keys.
    pub(super) fn remove_tenant(&mut self, id: TenantId) -> Vec<ApiKeyId> {
        let ids: Vec<_> = self.of_tenant(id).map(|key| key.id).collect();
        for id in &ids {
            self.remove(*id);
        }
        ids
    }

    pub(super) fn revoke(&mut self, ids: &[ApiKeyId], now: Timestamp) {
        for id in ids {
            if let Some(key) = self.by_id.get_mut(id) {
                (key.revoked_at, key.updated_at) = (Some(now), now);
                key.revision += 1;
            }
        }
    }

    fn of_server(&self, id: ServerId) -> impl DoubleEndedIterator<Item = &ApiKey> {
        let keys = self.by_server.range((id, Timestamp::MIN_UTC, FIRST)..=(id, Timestamp::MAX_UTC, LAST));
        keys.filter_map(|(_, _, key)| self.get(*key))
    }

    fn of_tenant(&self, id: TenantId) -> impl DoubleEndedIterator<Item = &ApiKey> {
        let keys = self.by_tenant.range((id, Timestamp::MIN_UTC, FIRST)..=(id, Timestamp::MAX_UTC, LAST));
        keys.filter_map(|(_, _, key)| self.get(*key))
    }

    fn page(&self, query: &KeyQuery) -> Page<ApiKey> {
        let matches = |key: &&ApiKey| query.matches(key);
        let own = if let Reach::Tenant(own) = query.reach { Some(own) } else { query.tenant_id };
        match (query.only, query.server_id, own) {
            (Some(id), ..) => page(self.get(id).into_iter().filter(matches), query.page),
            (_, Some(server), _) => page(self.of_server(server).rev().filter(matches), query.page),
            (_, _, Some(tenant)) => page(self.of_tenant(tenant).rev().filter(matches), query.page),
            _ => {
                let all = self.by_age.iter().rev().filter_map(|(_, id)| self.get(*id));
                page(all.filter(matches), query.page)
            }
        }
    }
}

/// The least of all ids, to begin a range with.
const FIRST: ApiKeyId = ApiKeyId(uuid::Uuid::nil());
/// The greatest of all ids, to end a range with.
const LAST: ApiKeyId = ApiKeyId(uuid::Uuid::max());

fn digests(key: &ApiKey) -> impl Iterator<Item = KeyDigest> {
    std::iter::once(key.digest).chain(key.previous.as_ref().map(|previous| previous.digest))
}

fn holder(state: &State, digest: &KeyDigest) -> Option<KeyHolder> {
    let key = state.keys.by_digest.get(digest).and_then(|id| state.keys.get(*id))?;
    let owner = state.users.get(key.tenant_id, key.owner_id)?;
    let tenant = state.tenants.get(key.tenant_id)?;
    Some(KeyHolder { key: key.clone(), owner: owner.clone(), tenant: tenant.clone() })
}

#[async_trait]
impl KeyStore for MemoryStore {
    async fn create_key(&self, key: &ApiKey, audit: AuditEvent) -> Result<(), StoreError> {
        let plan = |state: &State| state.keys.check_new(state, key, None);
        self.change(audit, plan, |state, ()| state.keys.insert(key.clone()))
    }

    async fn key(&self, reach: Reach, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        Ok(self.read()?.keys.get(id).filter(|key| reach.holds(key.tenant_id)).cloned())
    }

    async fn key_by_digest(&self, digest: &KeyDigest) -> Result<Option<KeyHolder>, StoreError> {
        Ok(holder(&*self.read()?, digest))
    }

    async fn keys(&self, query: &KeyQuery) -> Result<Page<ApiKey>, StoreError> {
        Ok(self.read()?.keys.page(query))
    }

    async fn expiring_keys(
        &self,
        query: &KeyQuery,
        now: Timestamp,
        by: Timestamp,
    ) -> Result<Page<ApiKey>, StoreError> {
        let state = self.read()?;
        let is_such =
            |key: &&ApiKey| query.matches(key) && key.status(now) == KeyStatus::Active && key.expires_at < by;
        let mut keys: Vec<_> = state.keys.by_id.values().filter(is_such).collect();
        keys.sort_unstable_by_key(|key| (key.expires_at, key.id));
        Ok(page(keys.into_iter(), query.page))
    }

    async fn keys_in_need(
        &self,
        now: Timestamp,
        expires_by: Timestamp,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError> {
        let state = self.read()?;
        let keys = state.keys.by_id.values().filter(|key| after.is_none_or(|after| key.id > after));
        let mut keys: Vec<_> = keys.filter(|key| key.needs_care(now, expires_by)).cloned().collect();
        keys.sort_unstable_by_key(|key| key.id);
        keys.truncate(limit as usize);
        Ok(keys)
    }

    async fn update_key(
        &self,
        key: &ApiKey,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let plan = |state: &State| {
            let old = state.keys.check_update(key, expected)?;
            let alerts = state.alerts.conclude(&after_key_change(old, key, &audit));
            let events: Vec<_> = [audit].into_iter().chain(alert::events(&alerts)).collect();
            Ok((alerts, events))
        };
        let apply = |state: &mut State, alerts: Vec<AlertChange>| {
            state.put_alerts(alerts);
            state.keys.replace(key.clone());
        };
        self.change_with(plan, apply)
    }
}
