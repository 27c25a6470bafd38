//! API keys.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::alert_step::after_key_change;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{ApiKeyId, ServerId, TenantId, UserId};
use registry_core::model::key::{ApiKey, KeyDigest, KeyHolder, KeyQuery, KeyStatus};
use registry_core::model::page::Page;
use registry_core::model::server::Revision;
use registry_core::model::usage::UsageSubject;
use registry_core::store::{KeyStore, StoreError, UniqueField};
use serde_json::Value;

use crate::codec;
use crate::core::Core;
use crate::home::{self, Id};
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;
use crate::{SledStore, alert, key_list, tenant, usage, usage_rollup};

fn key_of(key: &ApiKey) -> Vec<u8> {
    codec::pair(codec::owner(Some(key.tenant_id)), key.id.0)
}

fn digests(key: &ApiKey) -> impl Iterator<Item = KeyDigest> {
    [key.digest].into_iter().chain(key.previous.as_ref().map(|previous| previous.digest))
}

/// Plans a new key. The server that it is linked to may be new in the same draft.
pub(crate) fn create(draft: &mut Draft<'_>, key: &ApiKey) -> Result<(), StoreError> {
    tenant::require(draft, key.tenant_id)?;
    if !draft.has(Table::User, &codec::pair(codec::owner(Some(key.tenant_id)), key.owner_id.0))? {
        return Err(StoreError::Missing);
    }
    if let Some(server) = key.server_id
        && !draft.has(Table::Home, &Id::Server(server).key())?
    {
        return Err(StoreError::Missing);
    }
    home::require_new(draft, Id::Key(key.id))?;
    home::put(draft, Id::Key(key.id), Some(key.tenant_id));
    key_list::count(draft, key)?;
    replace(draft, None, key)
}

fn update(
    draft: &mut Draft<'_>,
    key: &ApiKey,
    expected: Revision,
    event: AuditEvent,
) -> Result<(), StoreError> {
    let old: ApiKey = draft.record(Table::Key, &key_of(key))?.ok_or(StoreError::Missing)?;
    if old.revision != expected {
        return Err(StoreError::Stale);
    }
    replace(draft, Some(&old), key)?;
    let steps = after_key_change(&old, key, &event);
    alert::audited(draft, event, &steps)
}

/// Stores a key in the place of the old one.
fn replace(draft: &mut Draft<'_>, old: Option<&ApiKey>, key: &ApiKey) -> Result<(), StoreError> {
    let owner = key_of(key);
    for digest in digests(key) {
        let holder = draft.get(Table::KeyDigest, &digest.0)?;
        if holder.is_some_and(|holder| holder.as_ref() != owner) {
            return Err(StoreError::Conflict(UniqueField::KeyDigest));
        }
    }
    for digest in old.into_iter().flat_map(digests) {
        draft.remove(Table::KeyDigest, digest.0.to_vec());
    }
    for digest in digests(key) {
        draft.put(Table::KeyDigest, digest.0.to_vec(), owner.clone());
    }
    key_list::replace(draft, old, key);
    draft.put_record(Table::Key, &owner, key)
}

/// Revokes the active keys that are linked to the server, in whatever tenant. Answers with their ids, sorted.
pub(crate) fn revoke_linked(
    draft: &mut Draft<'_>,
    server: ServerId,
    now: Timestamp,
) -> Result<Vec<ApiKeyId>, StoreError> {
    let linked = key_list::linked(draft, server)?;
    revoke(draft, linked, now)
}

/// Revokes the active keys that the user owns. Answers with their ids, sorted.
pub(crate) fn revoke_owned(
    draft: &mut Draft<'_>,
    owner: UserId,
    now: Timestamp,
) -> Result<Vec<ApiKeyId>, StoreError> {
    let owned = key_list::owned(draft, owner)?;
    revoke(draft, owned, now)
}

/// Tells the event which keys a removal revoked.
pub(crate) fn note_revoked(event: &mut AuditEvent, revoked: &[ApiKeyId]) {
    let ids = revoked.iter().map(|id| Value::String(id.to_string())).collect();
    event.metadata.insert("revokedKeys".to_owned(), Value::Array(ids));
}

fn revoke(draft: &mut Draft<'_>, keys: Vec<Vec<u8>>, now: Timestamp) -> Result<Vec<ApiKeyId>, StoreError> {
    let mut revoked = Vec::new();
    for key in keys {
        let old: ApiKey = draft.indexed(Table::Key, &key)?;
        if old.status(now) == KeyStatus::Active {
            let mut key = old.clone();
            key.revoked_at = Some(now);
            key.updated_at = now;
            key.revision += 1;
            replace(draft, Some(&old), &key)?;
            revoked.push(key.id);
        }
    }
    revoked.sort_unstable();
    Ok(revoked)
}

/// Plans the removal of all keys of a tenant, with their usage.
pub(crate) fn remove_all(draft: &mut Draft<'_>, tenant: TenantId) -> Result<(), StoreError> {
    for place in key_list::of_tenant(draft, tenant)? {
        let key: ApiKey = draft.indexed(Table::Key, &place)?;
        for digest in digests(&key) {
            draft.remove(Table::KeyDigest, digest.0.to_vec());
        }
        key_list::remove(draft, &key)?;
        usage::remove(draft, Some(tenant), UsageSubject::Key(key.id))?;
        usage_rollup::KEYS.remove_all(draft, &place)?;
        home::remove(draft, Id::Key(key.id));
        draft.remove_record(Table::Key, &place)?;
    }
    Ok(())
}

fn holder(core: &Core, digest: &KeyDigest) -> Result<Option<KeyHolder>, StoreError> {
    let view = &core.view;
    let Some(place) = view.get(Table::KeyDigest, &digest.0)? else { return Ok(None) };
    // Between the two reads a rotation may have taken the digest away from the key.
    let key = view.record::<ApiKey>(Table::Key, &place)?;
    let Some(key) = key.filter(|key| digests(key).any(|has| has == *digest)) else { return Ok(None) };
    let owner = codec::pair(codec::owner(Some(key.tenant_id)), key.owner_id.0);
    let Some(owner) = view.record(Table::User, &owner)? else { return Ok(None) };
    let tenant = view.record(Table::Tenant, key.tenant_id.0.as_bytes())?;
    Ok(tenant.map(|tenant| KeyHolder { key, owner, tenant }))
}

/// Homes are sorted by kind and id, so they are gone through in the order of ids.
fn in_need(
    core: &Core,
    now: Timestamp,
    expires_by: Timestamp,
    after: Option<ApiKeyId>,
    limit: u32,
) -> Result<Vec<ApiKey>, StoreError> {
    let view = &core.view;
    let nil = ApiKeyId(uuid::Uuid::nil());
    let kind = &Id::Key(nil).key()[..1];
    let mut start = Id::Key(after.unwrap_or(nil)).key();
    start.extend(after.map(|_| 0));
    let mut keys = Vec::new();
    for row in view.scan(Table::Home, start, codec::after(kind), false) {
        let (home, tenant) = row?;
        let place = [&tenant[..], &home[1..]].concat();
        let key = view.record::<ApiKey>(Table::Key, &place)?;
        keys.extend(key.filter(|key| key.needs_care(now, expires_by)));
        if keys.len() >= limit as usize {
            break;
        }
    }
    Ok(keys)
}

#[async_trait]
impl KeyStore for SledStore {
    async fn create_key(&self, key: &ApiKey, audit: AuditEvent) -> Result<(), StoreError> {
        let key = key.clone();
        self.write(audit, move |draft, _| create(draft, &key)).await
    }

    async fn key(&self, reach: Reach, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let core = self.core()?;
        let Some(key) = home::find_within(&core.view, reach, Id::Key(id))? else { return Ok(None) };
        core.view.record(Table::Key, &key)
    }

    async fn key_by_digest(&self, digest: &KeyDigest) -> Result<Option<KeyHolder>, StoreError> {
        let core = self.core()?;
        holder(&core, digest)
    }

    async fn keys(&self, query: &KeyQuery) -> Result<Page<ApiKey>, StoreError> {
        let query = query.clone();
        self.read(move |core| key_list::list(core, &query)).await
    }

    async fn expiring_keys(
        &self,
        query: &KeyQuery,
        now: Timestamp,
        by: Timestamp,
    ) -> Result<Page<ApiKey>, StoreError> {
        let query = query.clone();
        self.read(move |core| key_list::expiring(core, &query, now, by)).await
    }

    async fn keys_in_need(
        &self,
        now: Timestamp,
        expires_by: Timestamp,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError> {
        self.read(move |core| in_need(core, now, expires_by, after, limit)).await
    }

    async fn update_key(
        &self,
        key: &ApiKey,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let key = key.clone();
        self.write_unaudited(move |draft| update(draft, &key, expected, audit)).await
    }
}
