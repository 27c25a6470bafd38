//! Changes of status. They stand by server; a tree by time has those of all servers, newest last.

use std::collections::HashMap;

use registry_core::clock::Timestamp;
use registry_core::model::check_rollup::{StatusChange, StatusChangeQuery};
use registry_core::model::id::TenantId;
use registry_core::model::server::ServerStatus;
use registry_core::store::StoreError;

use crate::codec::{self, ID};
use crate::core::Core;
use crate::plan::Draft;
use crate::record::Read;
use crate::server;
use crate::table::Table;

/// The bytes of a key that say whose it is: tenant and server.
const PLACE: usize = 2 * ID;
/// The bytes of a time.
const TIME: usize = 8;

/// Plans to keep a change of the status of this tenant's server.
pub(crate) fn put(
    draft: &mut Draft<'_>,
    tenant: Option<TenantId>,
    change: &StatusChange,
) -> Result<(), StoreError> {
    let place = codec::pair(codec::owner(tenant), change.server_id.0);
    let key = [&place[..], &codec::time(change.at), change.check_id.0.as_bytes()].concat();
    draft.put(Table::StatusChangeTime, time_row(&key), Vec::new());
    draft.put_record(Table::StatusChange, &key, change)
}

/// The key of the row by time of the change with this key.
fn time_row(key: &[u8]) -> Vec<u8> {
    let (place, rest) = key.split_at(PLACE);
    let (time, check) = rest.split_at(TIME);
    [time, place, check].concat()
}

/// The changes that the query names, newest first.
pub(crate) fn list(core: &Core, query: &StatusChangeQuery) -> Result<Vec<StatusChange>, StoreError> {
    match query.server_id {
        Some(id) => {
            let Some(server) = server::find(&core.view, query.reach, id)? else { return Ok(Vec::new()) };
            let is_shown = !query.active_only || server.status == ServerStatus::Active;
            let place = codec::pair(codec::owner(server.tenant_id), id.0);
            if is_shown { of_server(core, query, &place) } else { Ok(Vec::new()) }
        }
        None => of_all(core, query),
    }
}

fn of_server(core: &Core, query: &StatusChangeQuery, place: &[u8]) -> Result<Vec<StatusChange>, StoreError> {
    let (start, end) = codec::range_of(place, query.period);
    let mut changes = Vec::new();
    for pair in core.view.scan(Table::StatusChange, start, end, true).take(query.limit as usize) {
        let (key, _) = pair?;
        changes.extend(core.view.record::<StatusChange>(Table::StatusChange, &key)?);
    }
    Ok(changes)
}

fn of_all(core: &Core, query: &StatusChangeQuery) -> Result<Vec<StatusChange>, StoreError> {
    let view = &core.view;
    let (start, end) = codec::range_of(&[], query.period);
    let mut changes = Vec::new();
    let mut seen: HashMap<Vec<u8>, bool> = HashMap::new();
    for pair in view.scan(Table::StatusChangeTime, start, end, true) {
        if changes.len() == query.limit as usize {
            break;
        }
        let (row, _) = pair?;
        let (time, rest) = row.split_at(TIME);
        let (place, check) = rest.split_at(PLACE);
        let is_seen = match seen.get(place) {
            Some(is_seen) => *is_seen,
            None => *seen.entry(place.to_vec()).or_insert(sees(core, query, place)?),
        };
        if is_seen {
            changes.extend(view.record::<StatusChange>(Table::StatusChange, &[place, time, check].concat())?);
        }
    }
    Ok(changes)
}

/// Whether the query sees the server whose record has this key.
fn sees(core: &Core, query: &StatusChangeQuery, place: &[u8]) -> Result<bool, StoreError> {
    let server = server::load(&core.view, place)?;
    Ok(server.is_some_and(|server| {
        query.reach.sees(&server) && (!query.active_only || server.status == ServerStatus::Active)
    }))
}

/// Plans the removal of all changes of the server whose record has this key.
pub(crate) fn remove_all(draft: &mut Draft<'_>, server: &[u8]) -> Result<(), StoreError> {
    for (key, _) in draft.stored(Table::StatusChange, server)? {
        draft.remove(Table::StatusChangeTime, time_row(&key));
        draft.remove_record(Table::StatusChange, &key)?;
    }
    Ok(())
}

/// Plans the removal of those before this time, at most `limit`. Answers with how many.
pub(crate) fn prune(draft: &mut Draft<'_>, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
    let end = codec::time(before);
    let rows = draft.keys(Table::StatusChangeTime, Some(&end)).take(limit);
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    for row in &rows {
        let (time, rest) = row.split_at(TIME);
        let (place, check) = rest.split_at(PLACE);
        draft.remove_record(Table::StatusChange, &[place, time, check].concat())?;
        draft.remove(Table::StatusChangeTime, row.to_vec());
    }
    Ok(rows.len() as u64)
}
