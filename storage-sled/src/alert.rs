//! Alerts.
//!
//! Records stand in the order of time, so that a list reads them as they come; a list of what is not resolved, which is
//! what is mostly asked for, begins with the tree of those.

use std::collections::HashMap;

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::alert::{Alert, AlertKey, AlertStatus};
use registry_core::model::alert_query::AlertQuery;
use registry_core::model::alert_step::{AlertChange, AlertStep, AlertTarget};
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{AlertId, ServerId, TenantId};
use registry_core::model::page::Page;
use registry_core::model::server::Server;
use registry_core::store::{AlertStore, StoreError};

use crate::SledStore;
use crate::codec;
use crate::core::Core;
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;
use crate::view::View;
use crate::{audit, delivery, server, tenant};

/// How many alerts one write prunes at most, so that no other write waits for long.
const PRUNED_AT_ONCE: usize = 500;
/// The bytes of a row by time before the alert's key.
const TIME: usize = 8;

/// The key of an alert's record.
fn key_of(alert: &Alert) -> Vec<u8> {
    [&codec::time(alert.triggered_at)[..], alert.id.0.as_bytes()].concat()
}

fn end_row(at: Timestamp, key: &[u8]) -> Vec<u8> {
    [&codec::time(at)[..], key].concat()
}

fn find(read: &impl Read, target: &AlertTarget) -> Result<Option<Alert>, StoreError> {
    let key = match target {
        AlertTarget::Id(AlertId(id)) => read.get(Table::AlertId, id.as_bytes())?,
        AlertTarget::Unresolved(key) => read.get(Table::AlertOpen, open_key(key))?,
    };
    key.map_or(Ok(None), |key| read.record(Table::Alert, &key))
}

fn open_key(key: &AlertKey) -> &[u8] {
    key.as_str().as_bytes()
}

/// Plans what follows from steps that are each about another alert: the alerts, what is to be delivered, and what the audit
/// log is told. Answers with the alerts.
pub(crate) fn take(draft: &mut Draft<'_>, steps: &[AlertStep]) -> Result<Vec<Alert>, StoreError> {
    let mut alerts = Vec::new();
    for step in steps {
        let current = find(draft, &step.target())?;
        let Some(change) = step.conclude(current.as_ref()) else { continue };
        put(draft, &change.alert)?;
        delivery::deliver(draft, &change)?;
        let AlertChange { alert, event } = change;
        event.map_or(Ok(()), |event| audit::append(draft, event))?;
        alerts.push(alert);
    }
    Ok(alerts)
}

fn put(draft: &mut Draft<'_>, alert: &Alert) -> Result<(), StoreError> {
    let key = key_of(alert);
    let open = alert.key();
    match alert.resolved_at {
        None => draft.put(Table::AlertOpen, open_key(&open).to_vec(), key.clone()),
        Some(at) => {
            draft.remove(Table::AlertOpen, open_key(&open).to_vec());
            draft.put(Table::AlertEnd, end_row(at, &key), Vec::new());
        }
    }
    draft.put(Table::AlertId, alert.id.0.as_bytes().to_vec(), key.clone());
    draft.put_record(Table::Alert, &key, alert)
}

fn remove(draft: &mut Draft<'_>, alert: &Alert) -> Result<(), StoreError> {
    let key = key_of(alert);
    match alert.resolved_at {
        None => draft.remove(Table::AlertOpen, open_key(&alert.key()).to_vec()),
        Some(at) => draft.remove(Table::AlertEnd, end_row(at, &key)),
    }
    draft.remove(Table::AlertId, alert.id.0.as_bytes().to_vec());
    draft.remove_record(Table::Alert, &key)
}

/// Plans the removal of all alerts of a tenant.
pub(crate) fn remove_all(draft: &mut Draft<'_>, tenant: TenantId) -> Result<(), StoreError> {
    for (key, _) in draft.stored(Table::Alert, &[])? {
        let alert: Alert = draft.indexed(Table::Alert, &key)?;
        if alert.tenant_id == Some(tenant) {
            remove(draft, &alert)?;
        }
    }
    Ok(())
}

fn step(draft: &mut Draft<'_>, step: &AlertStep) -> Result<Option<Alert>, StoreError> {
    step.tenant_id().map_or(Ok(()), |id| tenant::require(draft, id))?;
    if matches!(step, AlertStep::Decide(_)) && find(draft, &step.target())?.is_none() {
        return Err(StoreError::Missing);
    }
    Ok(take(draft, std::slice::from_ref(step))?.pop())
}

fn prune(draft: &mut Draft<'_>, before: Timestamp) -> Result<u64, StoreError> {
    let end = codec::time(before);
    let rows = draft.keys(Table::AlertEnd, Some(&end)).take(PRUNED_AT_ONCE);
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    for row in &rows {
        let alert: Alert = draft.indexed(Table::Alert, &row[TIME..])?;
        remove(draft, &alert)?;
    }
    Ok(rows.len() as u64)
}

/// The servers that were looked up for one list.
struct Servers<'a> {
    view: &'a View,
    known: HashMap<ServerId, Option<Server>>,
}

impl Servers<'_> {
    /// Whether the query asks for the alert, and its viewer sees it.
    fn shows(&mut self, query: &AlertQuery, alert: &Alert) -> Result<bool, StoreError> {
        if !query.matches(alert) {
            return Ok(false);
        }
        // Who sees all tenants' sees it whatever the server is.
        let id = alert.subject.server_id().filter(|_| query.viewer.reach != Reach::AllTenants);
        let server = id.map(|id| self.server(id)).transpose()?.flatten();
        Ok(query.viewer.sees(alert, server))
    }

    fn server(&mut self, id: ServerId) -> Result<Option<&Server>, StoreError> {
        if !self.known.contains_key(&id) {
            let server = server::find(self.view, Reach::AllTenants, id)?;
            self.known.insert(id, server);
        }
        Ok(self.known.get(&id).and_then(Option::as_ref))
    }
}

fn list(core: &Core, query: &AlertQuery) -> Result<Page<Alert>, StoreError> {
    let view = &core.view;
    let mut servers = Servers { view, known: HashMap::new() };
    let mut page = Page::empty(query.page);
    for key in candidates(view, query)? {
        // One that was removed since its key was read is left out.
        let Some(alert) = view.record::<Alert>(Table::Alert, &key?)? else { continue };
        if servers.shows(query, &alert)? {
            page.count(|| alert);
        }
    }
    Ok(page)
}

type Keys<'a> = Box<dyn Iterator<Item = Result<Vec<u8>, StoreError>> + 'a>;

/// The keys of the alerts that may be in the list, newest first.
fn candidates<'a>(view: &'a View, query: &AlertQuery) -> Result<Keys<'a>, StoreError> {
    let unresolved = query.unresolved || query.status.is_some_and(|status| status != AlertStatus::Resolved);
    if let Some(AlertId(id)) = query.only {
        let key = view.get(Table::AlertId, id.as_bytes())?;
        return Ok(Box::new(key.map(|key| Ok(key.to_vec())).into_iter()));
    }
    if unresolved {
        let rows = view.prefix(Table::AlertOpen, &[], false);
        let mut keys = rows.map(|row| Ok(row?.1.to_vec())).collect::<Result<Vec<_>, StoreError>>()?;
        keys.sort_unstable_by(|a, b| b.cmp(a));
        return Ok(Box::new(keys.into_iter().map(Ok)));
    }
    let start = query.from.map_or_else(Vec::new, |from| codec::time(from).to_vec());
    let end = query.to.map(|to| codec::time(to).to_vec());
    Ok(Box::new(view.scan(Table::Alert, start, end, true).map(|row| Ok(row?.0.to_vec()))))
}

/// Plans the entry of the event, then what follows from the steps: for a write that brings both.
pub(crate) fn audited(
    draft: &mut Draft<'_>,
    event: AuditEvent,
    steps: &[AlertStep],
) -> Result<(), StoreError> {
    audit::append(draft, event)?;
    take(draft, steps).map(drop)
}

#[async_trait]
impl AlertStore for SledStore {
    async fn step_alert(&self, step: &AlertStep) -> Result<Option<Alert>, StoreError> {
        let step = step.clone();
        self.write_unaudited(move |draft| self::step(draft, &step)).await
    }

    async fn alerts(&self, query: &AlertQuery) -> Result<Page<Alert>, StoreError> {
        let query = query.clone();
        self.read(move |core| list(core, &query)).await
    }

    async fn prune_alerts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut pruned = 0;
        loop {
            match self.write_unaudited(move |draft| prune(draft, before)).await? {
                0 => return Ok(pruned),
                more => pruned += more,
            }
        }
    }
}
