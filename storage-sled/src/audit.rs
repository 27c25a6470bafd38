//! The audit log.
//!
//! An entry is stored once, by its number; two indexes by time (the tenant's and everybody's) have its outline,
//! so that a filtered list looks at no entry that it does not show ([`crate::outline`]).

use std::collections::BTreeSet;

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::chain;
use registry_core::model::audit::{AuditEntry, AuditEvent, AuditHead, AuditQuery};
use registry_core::model::id::TenantId;
use registry_core::model::page::Page;
use registry_core::store::{AuditStore, StoreError};

use crate::SledStore;
use crate::codec;
use crate::core::Core;
use crate::event;
use crate::outline::Outline;
use crate::page::{self, Rows};
use crate::plan::Draft;
use crate::record::{self, Read};
use crate::table::Table;
use crate::view::Scan;

/// The noun of the counter of all entries; it stands under the nil id.
const NOUN: &[u8] = b"audit";

fn entry_key(tenant: TenantId, seq: u64) -> Vec<u8> {
    [tenant.0.as_bytes(), &seq.to_be_bytes()[..]].concat()
}

fn head(read: &impl Read, tenant_id: TenantId) -> Result<AuditHead, StoreError> {
    let Some(value) = read.get(Table::AuditHead, tenant_id.0.as_bytes())? else {
        return Ok(AuditHead::empty(tenant_id));
    };
    Ok(AuditHead { tenant_id, seq: codec::u64_at(&value, 0)?, hash: *codec::array_at(&value, 8)? })
}

/// Plans the entry of an event: numbers it, links it to the tenant's chain, moves the head.
pub(crate) fn append(draft: &mut Draft<'_>, event: AuditEvent) -> Result<(), StoreError> {
    let entry = chain::next(head(draft, event.tenant_id)?, event)?;
    let tenant = entry.event.tenant_id;
    let owner = tenant.0.as_bytes();
    let (time, id, seq) =
        (codec::time(entry.event.timestamp), entry.event.id.as_bytes(), entry.seq.to_be_bytes());
    let outline = Outline::encode(&entry);
    draft.put_record(Table::Audit, &entry_key(tenant, entry.seq), &entry)?;
    draft.put(Table::AuditHead, owner.to_vec(), [&seq[..], &entry.hash].concat());
    draft.put(Table::AuditTime, [owner, &time[..], id, &seq].concat(), outline.clone());
    draft.put(Table::AuditAll, [&time[..], id, owner, &seq].concat(), outline);
    draft.count_up(codec::owner(None), NOUN)?;
    event::append(draft, total(draft)?, &entry.event)
}

/// How many entries there are: none is ever removed, so it numbers them all.
pub(crate) fn total(read: &impl Read) -> Result<u64, StoreError> {
    record::total(read, &record::total_key(codec::owner(None), NOUN))
}

/// The page that `query` asks for.
fn list(core: &Core, query: &AuditQuery) -> Result<Page<AuditEntry>, StoreError> {
    let view = &core.view;
    let tenant = match (query.reach, query.tenant_id) {
        (Reach::Tenant(own), Some(other)) if own != other => {
            return Ok(Page::empty(query.page));
        }
        (Reach::Tenant(tenant), _) | (Reach::AllTenants, Some(tenant)) => Some(tenant),
        (Reach::AllTenants, None) => None,
    };
    let scan = scan(core, query, tenant);
    let found = if is_filtered(query) {
        filtered(core, query, scan)?
    } else {
        let total = match tenant {
            Some(tenant) => head(view, tenant)?.seq,
            None => total(view)?,
        };
        page::counted(scan, query.page, total)?
    };
    let items = found.rows.iter().map(|(_, value)| entry(core, value)).collect::<Result<_, _>>()?;
    Ok(Page { items, total: found.total, request: query.page })
}

/// The index rows within the query's times, newest first.
fn scan<'a>(core: &'a Core, query: &AuditQuery, tenant: Option<TenantId>) -> Scan<'a> {
    let (table, prefix) = match tenant {
        Some(tenant) => (Table::AuditTime, tenant.0.as_bytes().to_vec()),
        None => (Table::AuditAll, Vec::new()),
    };
    let bound = |at| [&prefix[..], &codec::time(at)].concat();
    let start = query.from.map_or_else(|| prefix.clone(), bound);
    let end = query.to.map_or_else(|| codec::after(&prefix), |to| Some(bound(to)));
    core.view.scan(table, start, end, true)
}

fn is_filtered(query: &AuditQuery) -> bool {
    query.event_type.is_some()
        || query.actor_id.is_some()
        || query.resource_type.is_some()
        || query.resource_id.is_some()
        || query.request_id.is_some()
        || query.from.is_some()
        || query.to.is_some()
}

fn filtered(core: &Core, query: &AuditQuery, scan: Scan<'_>) -> Result<Rows, StoreError> {
    page::filtered(scan, query.page, |(_, value)| {
        Ok(match Outline::decode(value)?.matches(query) {
            Some(known) => known,
            None => query.matches(&entry(core, value)?.event),
        })
    })
}

/// The entry that an index row names.
fn entry(core: &Core, value: &[u8]) -> Result<AuditEntry, StoreError> {
    let outline = Outline::decode(value)?;
    core.view.indexed(Table::Audit, &entry_key(outline.tenant, outline.seq))
}

/// The entries after `seq`, up to the first that cannot be decoded, if that is not the very first. What comes after
/// the head is left out: it became visible while the scan went on, and what is before it may not have been then. Unless
/// the head was set back or removed: verification is to see what it hides.
fn after(core: &Core, tenant: TenantId, seq: u64, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
    let view = &core.view;
    let last = head(view, tenant)?.seq;
    let start = entry_key(tenant, seq.saturating_add(1));
    let end = match seq < last {
        true => Some(entry_key(tenant, last.saturating_add(1))),
        false if hides_entries(core, tenant, last)? => codec::after(tenant.0.as_bytes()),
        false => return Ok(Vec::new()),
    };
    let mut entries = Vec::new();
    for pair in view.scan(Table::Audit, start, end, false).take(limit as usize) {
        let (key, _) = pair?;
        match view.indexed(Table::Audit, &key) {
            Ok(entry) => entries.push(entry),
            Err(StoreError::Corrupt(_)) if !entries.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    Ok(entries)
}

/// Whether there are entries after `last`, although the head still says that it is the last. An entry and its head
/// become visible at once.
fn hides_entries(core: &Core, tenant: TenantId, last: u64) -> Result<bool, StoreError> {
    let view = &core.view;
    let start = entry_key(tenant, last.saturating_add(1));
    let beyond =
        view.scan(Table::Audit, start, codec::after(tenant.0.as_bytes()), false).next().transpose()?;
    Ok(beyond.is_some() && head(view, tenant)?.seq == last)
}

#[async_trait]
impl AuditStore for SledStore {
    async fn append_audit(&self, event: AuditEvent) -> Result<(), StoreError> {
        self.write(event, |_, _| Ok(())).await
    }

    async fn audit(&self, query: &AuditQuery) -> Result<Page<AuditEntry>, StoreError> {
        let query = query.clone();
        self.read(move |core| list(core, &query)).await
    }

    async fn audit_after(
        &self,
        tenant_id: TenantId,
        seq: u64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.read(move |core| after(core, tenant_id, seq, limit)).await
    }

    async fn audit_head(&self, tenant_id: TenantId) -> Result<AuditHead, StoreError> {
        head(&self.core()?.view, tenant_id)
    }

    async fn audit_chains(&self) -> Result<Vec<TenantId>, StoreError> {
        let chains = |core: &Core| {
            let mut chains = BTreeSet::new();
            for table in [Table::AuditHead, Table::Audit] {
                let mut from = Vec::new();
                // One key of each tenant, not every entry.
                while let Some(pair) = core.view.scan(table, from, None, false).next() {
                    let id = codec::uuid_at(&pair?.0, 0)?;
                    chains.insert(TenantId(id));
                    let Some(next) = codec::after(id.as_bytes()) else { break };
                    from = next;
                }
            }
            Ok(chains.into_iter().collect())
        };
        self.read(chains).await
    }
}
