//! The audit log.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use uuid::Uuid;

use super::MemoryStore;
use super::page::page;
use crate::access::Reach;
use crate::chain;
use crate::clock::Timestamp;
use crate::model::audit::{AuditEntry, AuditEvent, AuditHead, AuditQuery};
use crate::model::id::TenantId;
use crate::model::page::Page;
use crate::store::{AuditStore, StoreError};

#[derive(Default)]
pub(super) struct Chains {
    by_tenant: BTreeMap<TenantId, Chain>,
    by_time: BTreeSet<(Timestamp, Uuid, Place)>,
}

/// Where an entry is: whose chain, and its number there.
type Place = (TenantId, u64);

/// A chain; entry n is at n - 1.
struct Chain {
    head: AuditHead,
    entries: Vec<AuditEntry>,
    by_time: BTreeSet<(Timestamp, Uuid, Place)>,
}

impl Chains {
    fn head(&self, tenant_id: TenantId) -> AuditHead {
        self.by_tenant.get(&tenant_id).map_or_else(|| AuditHead::empty(tenant_id), |chain| chain.head)
    }

    /// The entries that these events would be.
    pub(super) fn next(
        &self,
        events: impl IntoIterator<Item = AuditEvent>,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut entries: Vec<AuditEntry> = Vec::new();
        for event in events {
            let last = entries.iter().rev().find(|entry| entry.event.tenant_id == event.tenant_id);
            let head = last.map_or_else(|| self.head(event.tenant_id), AuditEntry::head);
            entries.push(chain::next(head, event)?);
        }
        Ok(entries)
    }

    /// Appends what [`next`](Self::next) made, under the same lock.
    pub(super) fn append(&mut self, entry: AuditEntry) {
        let tenant_id = entry.event.tenant_id;
        let place = (entry.event.timestamp, entry.event.id, (tenant_id, entry.seq));
        let chain = self.by_tenant.entry(tenant_id).or_insert_with(|| Chain {
            head: AuditHead::empty(tenant_id),
            entries: Vec::new(),
            by_time: BTreeSet::new(),
        });
        chain.head = entry.head();
        chain.entries.push(entry);
        chain.by_time.insert(place);
        self.by_time.insert(place);
    }

    fn entry(&self, (tenant_id, seq): Place) -> Option<&AuditEntry> {
        let index = usize::try_from(seq.checked_sub(1)?).ok()?;
        self.by_tenant.get(&tenant_id)?.entries.get(index)
    }

    fn after(&self, tenant_id: TenantId, seq: u64, limit: u32) -> Vec<AuditEntry> {
        let skip = usize::try_from(seq).unwrap_or(usize::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let entries = self.by_tenant.get(&tenant_id).and_then(|chain| chain.entries.get(skip..));
        entries.unwrap_or_default().iter().take(limit).cloned().collect()
    }

    fn page(&self, query: &AuditQuery) -> Page<AuditEntry> {
        let from = query.from.unwrap_or(Timestamp::MIN_UTC);
        let to = query.to.unwrap_or(Timestamp::MAX_UTC);
        let first = (TenantId(Uuid::nil()), 0);
        let places = self.places(query).filter(|_| from <= to).into_iter();
        let places = places.flat_map(|places| places.range((from, Uuid::nil(), first)..).rev());
        let places = places.skip_while(|(time, ..)| query.to.is_some() && *time >= to);
        let entries = places.filter_map(|(.., place)| self.entry(*place));
        page(entries.filter(|entry| query.matches(&entry.event)), query.page)
    }

    /// The places that the query is about, oldest first.
    fn places(&self, query: &AuditQuery) -> Option<&BTreeSet<(Timestamp, Uuid, Place)>> {
        let own = if let Reach::Tenant(own) = query.reach { Some(own) } else { query.tenant_id };
        match own {
            Some(tenant_id) => self.by_tenant.get(&tenant_id).map(|chain| &chain.by_time),
            None => Some(&self.by_time),
        }
    }
}

#[async_trait]
impl AuditStore for MemoryStore {
    async fn append_audit(&self, event: AuditEvent) -> Result<(), StoreError> {
        self.change(event, |_| Ok(()), |_, ()| ())
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>, StoreError> {
        Ok(self.read()?.audit.page(query))
    }

    async fn audit_after(
        &self,
        tenant_id: TenantId,
        seq: u64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(self.read()?.audit.after(tenant_id, seq, limit))
    }

    async fn audit_head(&self, tenant_id: TenantId) -> Result<AuditHead, StoreError> {
        Ok(self.read()?.audit.head(tenant_id))
    }

    async fn audit_chains(&self) -> Result<Vec<TenantId>, StoreError> {
        Ok(self.read()?.audit.by_tenant.keys().copied().collect())
    }
}
