//! Usage counters.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::id::{ApiKeyId, ServerId, TenantId};
use crate::model::usage::{Usage, UsageSubject};
use crate::store::{StoreError, UsageStore};

#[derive(Default)]
pub(super) struct Counters {
    by_subject: HashMap<UsageSubject, Usage>,
}

impl Counters {
    pub(super) fn remove_key(&mut self, id: ApiKeyId) {
        self.by_subject.remove(&UsageSubject::Key(id));
    }

    pub(super) fn remove_server(&mut self, id: ServerId) {
        self.by_subject.remove(&UsageSubject::Server(id));
    }
}

/// Whose the subject is; `None` if it is gone.
fn tenant_of(state: &State, subject: UsageSubject) -> Option<Option<TenantId>> {
    match subject {
        UsageSubject::Key(id) => state.keys.get(id).map(|key| Some(key.tenant_id)),
        UsageSubject::Server(id) => state.servers.get(id).map(|server| server.tenant_id),
    }
}

#[async_trait]
impl UsageStore for MemoryStore {
    async fn add_usage(&self, batch: &[(UsageSubject, Usage)]) -> Result<(), StoreError> {
        let plan = |state: &State| {
            let is_there = |(subject, _): &&(UsageSubject, Usage)| tenant_of(state, *subject).is_some();
            Ok((batch.iter().filter(is_there).collect::<Vec<_>>(), None))
        };
        let apply = |state: &mut State, batch: Vec<&(UsageSubject, Usage)>| {
            for (subject, since) in batch {
                state.usage.by_subject.entry(*subject).or_default().add(since);
            }
        };
        self.change_with(plan, apply)
    }

    async fn usage(&self, tenant_id: Option<TenantId>, subject: UsageSubject) -> Result<Usage, StoreError> {
        let state = self.read()?;
        let own = tenant_of(&state, subject) == Some(tenant_id);
        Ok(state.usage.by_subject.get(&subject).filter(|_| own).cloned().unwrap_or_default())
    }

    async fn last_uses(
        &self,
        reach: Reach,
        keys: &[ApiKeyId],
    ) -> Result<Vec<(ApiKeyId, Timestamp)>, StoreError> {
        let state = self.read()?;
        let last = |id: &ApiKeyId| {
            state.keys.get(*id).filter(|key| reach.holds(key.tenant_id))?;
            let usage = state.usage.by_subject.get(&UsageSubject::Key(*id))?;
            Some((*id, usage.last_used_at?))
        };
        Ok(keys.iter().filter_map(last).collect())
    }
}
