//! Roll-ups of health checks. They stand by server, to be read; a tree by time says which are old, so that pruning reads no
//! others.

use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::check_rollup::{CheckRollup, CheckTally};
use registry_core::model::health::HealthCheck;
use registry_core::model::id::ServerId;
use registry_core::model::period::{Period, Resolution};
use registry_core::model::rollup::Tally;
use registry_core::store::StoreError;

use crate::codec::{self, ID};
use crate::core::Core;
use crate::plan::Draft;
use crate::record::Read;
use crate::server;
use crate::table::Table;
use crate::view::View;

/// The bytes of a key that say whose it is: tenant and server.
const PLACE: usize = 2 * ID;
/// The steps that checks are rolled up by.
const KEPT: [Resolution; 2] = [Resolution::Hour, Resolution::Day];

/// The letter of a step in keys.
pub(crate) fn letter(resolution: Resolution) -> u8 {
    match resolution {
        Resolution::Minute => b'm',
        Resolution::Hour => b'h',
        Resolution::Day => b'd',
    }
}

/// The part of a key that says when: the step and its beginning.
pub(crate) fn when(resolution: Resolution, start: Timestamp) -> Vec<u8> {
    [&[letter(resolution)][..], &codec::time(start)].concat()
}

/// Plans to add what the check comes to to its hour and its day.
pub(crate) fn add(draft: &mut Draft<'_>, check: &HealthCheck, tally: &CheckTally) -> Result<(), StoreError> {
    let place = codec::pair(codec::owner(check.tenant_id), check.server_id.0);
    for resolution in KEPT {
        let when = when(resolution, resolution.start_of(check.performed_at));
        let key = [&place[..], &when].concat();
        let old = draft.record::<CheckTally>(Table::CheckRollup, &key)?;
        if old.is_none() {
            draft.put(Table::CheckRollupTime, [&when[..], &place].concat(), Vec::new());
        }
        let mut sum = old.unwrap_or_default();
        sum.add(tally);
        draft.put_record(Table::CheckRollup, &key, &sum)?;
    }
    Ok(())
}

/// The server's roll-ups of this period, oldest first, if `reach` sees the server.
pub(crate) fn of(
    core: &Core,
    reach: Reach,
    id: ServerId,
    resolution: Resolution,
    period: Period,
) -> Result<Vec<CheckRollup>, StoreError> {
    let view = &core.view;
    let Some(server) = server::find(view, reach, id)? else { return Ok(Vec::new()) };
    let place = codec::pair(codec::owner(server.tenant_id), id.0);
    at(view, &place, resolution, period)
}

/// The roll-ups of this place and period, oldest first.
pub(crate) fn at(
    view: &View,
    place: &[u8],
    resolution: Resolution,
    period: Period,
) -> Result<Vec<CheckRollup>, StoreError> {
    let prefix = [place, &[letter(resolution)]].concat();
    let (start, end) = codec::range_of(&prefix, period);
    let mut rollups = Vec::new();
    for pair in view.scan(Table::CheckRollup, start, end, false) {
        let (key, _) = pair?;
        // It may have been pruned since.
        if let Some(tally) = view.record(Table::CheckRollup, &key)? {
            rollups.push(CheckRollup { start: codec::time_at(&key, PLACE + 1)?, tally });
        }
    }
    Ok(rollups)
}

/// Plans the removal of all roll-ups of the server whose record has this key.
pub(crate) fn remove_all(draft: &mut Draft<'_>, server: &[u8]) -> Result<(), StoreError> {
    for (key, _) in draft.stored(Table::CheckRollup, server)? {
        remove(draft, &key)?;
    }
    Ok(())
}

fn remove(draft: &mut Draft<'_>, key: &[u8]) -> Result<(), StoreError> {
    let (place, when) = key.split_at(PLACE);
    draft.remove(Table::CheckRollupTime, [when, place].concat());
    draft.remove_record(Table::CheckRollup, key)
}

/// Plans the removal of those that began before this time, at most `limit`. Answers with how many.
pub(crate) fn prune(
    draft: &mut Draft<'_>,
    resolution: Resolution,
    before: Timestamp,
    limit: usize,
) -> Result<u64, StoreError> {
    let (start, end) = (vec![letter(resolution)], when(resolution, before));
    let rows = draft.keys_from(Table::CheckRollupTime, &start, &end).take(limit);
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    for row in &rows {
        let (when, place) = row.split_at(row.len() - PLACE);
        remove(draft, &[place, when].concat())?;
    }
    Ok(rows.len() as u64)
}
