//! Health checks.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::model::check_rollup::{
    CheckRollup, HealthPrune, HealthPruned, StatusChange, StatusChangeQuery,
};
use registry_core::model::health::HealthCheck;
use registry_core::model::health_record::{Conclusion, HealthBefore, HealthRecord, Transition};
use registry_core::model::id::ServerId;
use registry_core::model::overview::{CountQuery, ServerCounts};
use registry_core::model::page::{Page, PageRequest};
use registry_core::model::period::{Period, Resolution};
use registry_core::model::server::{Server, ServerHealth};
use registry_core::store::{HealthStore, StoreError, WatchStore};

use crate::SledStore;
use crate::check_rollup;
use crate::codec::{self, ID};
use crate::core::Core;
use crate::page;
use crate::plan::Draft;
use crate::record::{self, Read};
use crate::row::Row;
use crate::shelf::RowChange;
use crate::status_change;
use crate::table::Table;
use crate::{alert, audit, server, server_count, watch};

fn check_key(check: &HealthCheck) -> Vec<u8> {
    let server = codec::pair(codec::owner(check.tenant_id), check.server_id.0);
    [&server[..], &codec::time(check.performed_at), check.id.0.as_bytes()].concat()
}

/// The noun of the counter of a server's checks.
fn noun(server: &[u8]) -> Vec<u8> {
    [b"check", server].concat()
}

fn record(draft: &mut Draft<'_>, record: &HealthRecord) -> Result<ServerHealth, StoreError> {
    let check = &record.check;
    let owner = codec::owner(check.tenant_id);
    let place = codec::pair(owner, check.server_id.0);
    let Server { health, health_policy, .. } = server::load(draft, &place)?.ok_or(StoreError::Missing)?;
    let Conclusion { health, transition, next_due, tally, events, alerts } =
        record.conclude(&HealthBefore { health, policy: health_policy });
    let key = check_key(check);
    if !draft.has(Table::Check, &key)? {
        draft.count_up(owner, &noun(check.server_id.0.as_bytes()))?;
        check_rollup::add(draft, check, &tally)?;
    }
    if let Some(transition) = transition {
        status_change::put(draft, check.tenant_id, &record.status_change(transition))?;
        tell_lists(draft, &place, transition)?;
    }
    draft.put_record(Table::Check, &key, check)?;
    draft.put_record(Table::ServerHealth, &place, &health)?;
    if let Some(next) = next_due {
        watch::finish(draft, &place, next)?;
    }
    for event in events {
        audit::append(draft, event)?;
    }
    alert::take(draft, &alerts)?;
    Ok(health)
}

/// Tells the lists of servers of a change of health.
fn tell_lists(
    draft: &mut Draft<'_>,
    place: &[u8],
    Transition { from, to }: Transition,
) -> Result<(), StoreError> {
    let Some(value) = draft.get(Table::ServerRow, place)? else { return Ok(()) };
    let row = Row::read(draft, place, &value)?;
    let (old, new) = (row.clone().with_health(from), row.with_health(to));
    draft.row(RowChange { old: Some(old), new: Some(new) });
    Ok(())
}

/// Plans the removal of all checks of the server whose record has this key.
pub(crate) fn remove_all(draft: &mut Draft<'_>, server: &[u8]) -> Result<(), StoreError> {
    for (key, _) in draft.stored(Table::Check, server)? {
        draft.remove_record(Table::Check, &key)?;
    }
    let (owner, id) = server.split_at(ID);
    draft.remove(Table::Total, [owner, &noun(id)].concat());
    Ok(())
}

/// Plans the removal of the checks with these keys, as far as they are still there. Answers with how many.
pub(crate) fn remove_some(draft: &mut Draft<'_>, keys: &[Vec<u8>]) -> Result<u64, StoreError> {
    let mut removed = 0;
    for key in keys {
        if draft.has(Table::Check, key)? {
            draft.remove_record(Table::Check, key)?;
            draft.count_down(*codec::array_at(key, 0)?, &noun(codec::array_at::<ID>(key, ID)?))?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn list(
    core: &Core,
    reach: Reach,
    id: ServerId,
    period: Period,
    request: PageRequest,
) -> Result<Page<HealthCheck>, StoreError> {
    let view = &core.view;
    let Some(server) = server::find(view, reach, id)? else {
        return Ok(Page::empty(request));
    };
    let owner = codec::owner(server.tenant_id);
    let (start, end) = codec::range_of(&codec::pair(owner, id.0), period);
    let scan = view.scan(Table::Check, start, end, true);
    let found = match period {
        Period::EVER => {
            let total = record::total(view, &record::total_key(owner, &noun(id.0.as_bytes())))?;
            page::counted(scan, request, total)?
        }
        _ => page::filtered(scan, request, |_| Ok(true))?,
    };
    let total = found.total;
    let items = found.records(view, Table::Check, |(key, _)| Ok(key))?;
    Ok(Page { items, total, request })
}

#[async_trait]
impl HealthStore for SledStore {
    async fn record_health(&self, record: &HealthRecord) -> Result<ServerHealth, StoreError> {
        let (record, claim) = (record.clone(), record.claim);
        let server = record.check.server_id;
        let health = self.write_unaudited(move |draft| self::record(draft, &record)).await?;
        if let Some(claim) = claim {
            self.release_claims(&[(server, claim)]).await?;
        }
        Ok(health)
    }

    async fn health_checks(
        &self,
        reach: Reach,
        server_id: ServerId,
        period: Period,
        page: PageRequest,
    ) -> Result<Page<HealthCheck>, StoreError> {
        self.read(move |core| list(core, reach, server_id, period, page)).await
    }

    async fn check_rollups(
        &self,
        reach: Reach,
        server_id: ServerId,
        resolution: Resolution,
        period: Period,
    ) -> Result<Vec<CheckRollup>, StoreError> {
        self.read(move |core| check_rollup::of(core, reach, server_id, resolution, period)).await
    }

    async fn status_changes(&self, query: &StatusChangeQuery) -> Result<Vec<StatusChange>, StoreError> {
        let query = *query;
        self.read(move |core| status_change::list(core, &query)).await
    }

    async fn server_counts(&self, query: &CountQuery) -> Result<ServerCounts, StoreError> {
        let query = query.clone();
        self.read(move |core| server_count::counts(core, &query)).await
    }

    async fn prune_health(&self, prune: &HealthPrune) -> Result<HealthPruned, StoreError> {
        self.prune_history(*prune).await
    }
}
