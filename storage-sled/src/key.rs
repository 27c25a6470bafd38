//! API keys.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{ApiKeyId, ServerId};
use registry_core::model::key::{ApiKey, KeyDigest, KeyHolder, KeyQuery, KeyStatus};
use registry_core::model::page::Page;
use registry_core::model::server::Revision;
use registry_core::model::user::User;
use registry_core::store::{KeyStore, StoreError, UniqueField};

use crate::codec;
use crate::core::Core;
use crate::home::{self, Id};
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;
use crate::{SledStore, key_list, tenant};

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
    if draft.has(Table::Home, &Id::Key(key.id).key())? {
        return Err(StoreError::Conflict(UniqueField::Id));
    }
    home::put(draft, Id::Key(key.id), Some(key.tenant_id));
    key_list::count(draft, key)?;
    replace(draft, None, key)
}

fn update(draft: &mut Draft<'_>, key: &ApiKey, expected: Revision) -> Result<(), StoreError> {
    let old: ApiKey = draft.record(Table::Key, &key_of(key))?.ok_or(StoreError::Missing)?;
    if old.revision != expected {
        return Err(StoreError::Stale);
    }
    replace(draft, Some(&old), key)
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
    let mut revoked = Vec::new();
    for key in key_list::linked(draft, server)? {
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

fn holder(core: &Core, digest: &KeyDigest) -> Result<Option<KeyHolder>, StoreError> {
    let view = &core.view;
    let Some(place) = view.get(Table::KeyDigest, &digest.0)? else { return Ok(None) };
    // Between the two reads a rotation may have taken the digest away from the key.
    let key = view.record::<ApiKey>(Table::Key, &place)?;
    let Some(key) = key.filter(|key| digests(key).any(|has| has == *digest)) else { return Ok(None) };
    let missing = || StoreError::Corrupt(format!("the owner of key {} is not there", key.id));
    let owner = home::find(view, Id::User(key.owner_id))?.ok_or_else(missing)?;
    let owner: User = view.indexed(Table::User, &owner)?;
    let tenant = view.indexed(Table::Tenant, owner.tenant_id.0.as_bytes())?;
    Ok(Some(KeyHolder { key, owner, tenant }))
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

    async fn update_key(
        &self,
        key: &ApiKey,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let key = key.clone();
        self.write(audit, move |draft, _| update(draft, &key, expected)).await
    }
}
