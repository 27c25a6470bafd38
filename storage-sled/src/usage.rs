//! Usage counters.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::id::{ApiKeyId, TenantId};
use registry_core::model::usage::{Usage, UsageSubject};
use registry_core::store::{StoreError, UsageStore};
use serde::Deserialize;

use crate::SledStore;
use crate::codec::{self, ID};
use crate::core::Core;
use crate::home::{self, Id};
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;

fn id(subject: UsageSubject) -> Id {
    match subject {
        UsageSubject::Key(id) => Id::Key(id),
        UsageSubject::Server(id) => Id::Server(id),
    }
}

fn usage_key(owner: &[u8], subject: UsageSubject) -> Vec<u8> {
    [owner, &id(subject).key()].concat()
}

fn add(draft: &mut Draft<'_>, batch: &[(UsageSubject, Usage)]) -> Result<(), StoreError> {
    for (subject, since) in batch {
        let Some(home) = draft.get(Table::Home, &id(*subject).key())? else { continue };
        let owner: &[u8; ID] = codec::array_at(&home, 0)?;
        let key = usage_key(owner, *subject);
        let mut usage: Usage = draft.record(Table::Usage, &key)?.unwrap_or_default();
        usage.add(since);
        draft.put_record(Table::Usage, &key, &usage)?;
    }
    Ok(())
}

/// What [`last_uses`] reads of counters.
#[derive(Deserialize)]
struct LastUse {
    last_used_at: Option<Timestamp>,
}

/// When these keys were last used.
fn last_uses(core: &Core, reach: Reach, keys: &[ApiKeyId]) -> Result<Vec<(ApiKeyId, Timestamp)>, StoreError> {
    let view = &core.view;
    let mut uses = Vec::new();
    for id in keys {
        let Some(place) = home::find_within(view, reach, Id::Key(*id))? else { continue };
        let key = usage_key(&place[..ID], UsageSubject::Key(*id));
        let usage: Option<LastUse> = view.record(Table::Usage, &key)?;
        uses.extend(usage.and_then(|usage| usage.last_used_at).map(|at| (*id, at)));
    }
    Ok(uses)
}

/// Plans the removal of a subject's counters.
pub(crate) fn remove(
    draft: &mut Draft<'_>,
    tenant: Option<TenantId>,
    subject: UsageSubject,
) -> Result<(), StoreError> {
    draft.remove_record(Table::Usage, &usage_key(&codec::owner(tenant), subject))
}

#[async_trait]
impl UsageStore for SledStore {
    async fn add_usage(&self, batch: &[(UsageSubject, Usage)]) -> Result<(), StoreError> {
        let batch = batch.to_vec();
        self.write_unaudited(move |draft| add(draft, &batch)).await
    }

    async fn usage(&self, tenant_id: Option<TenantId>, subject: UsageSubject) -> Result<Usage, StoreError> {
        let key = usage_key(&codec::owner(tenant_id), subject);
        Ok(self.core()?.view.record(Table::Usage, &key)?.unwrap_or_default())
    }

    async fn last_uses(
        &self,
        reach: Reach,
        keys: &[ApiKeyId],
    ) -> Result<Vec<(ApiKeyId, Timestamp)>, StoreError> {
        let keys = keys.to_vec();
        self.read(move |core| last_uses(core, reach, &keys)).await
    }
}
