//! Roll-ups of usage. They stand by server, to be read; a tree by time says which are old, so that pruning reads no others.
//! Those of a tenant, and of all servers, stand under the nil id, which no server has.

use std::collections::BTreeMap;

use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::id::TenantId;
use registry_core::model::period::{Period, Resolution};
use registry_core::model::rollup::Tally;
use registry_core::model::usage_rollup::{UsageEntry, UsageOf, UsageRollup, UsageRollupQuery, UsageTally};
use registry_core::store::StoreError;
use uuid::Uuid;

use crate::codec::{self, ID};
use crate::core::Core;
use crate::home::{self, Id};
use crate::plan::Draft;
use crate::record::Read;
use crate::rollup::{letter, when};
use crate::server;
use crate::table::Table;
use crate::view::View;

/// The bytes of a key that say whose it is: tenant and server.
const PLACE: usize = 2 * ID;

/// The place of what all servers of a tenant, or all servers, come to together.
fn whole(tenant: Option<TenantId>) -> Vec<u8> {
    codec::pair(codec::owner(tenant), Uuid::nil())
}

/// Plans to add what calls came to to all roll-ups.
pub(crate) fn add(draft: &mut Draft<'_>, entries: &[UsageEntry]) -> Result<(), StoreError> {
    for (key, tally) in sums(draft, entries)? {
        let old = draft.record::<UsageTally>(Table::UsageRollup, &key)?;
        if old.is_none() {
            let (place, when) = key.split_at(PLACE);
            draft.put(Table::UsageRollupTime, [when, place].concat(), Vec::new());
        }
        let mut sum = old.unwrap_or_default();
        sum.add(&tally);
        draft.put_record(Table::UsageRollup, &key, &sum)?;
    }
    Ok(())
}

/// What is added to each roll-up, so that each is written once.
fn sums(draft: &Draft<'_>, entries: &[UsageEntry]) -> Result<BTreeMap<Vec<u8>, UsageTally>, StoreError> {
    let mut sums = BTreeMap::<Vec<u8>, UsageTally>::new();
    for UsageEntry { server_id, minute, tally } in entries {
        let Some(place) = home::find(draft, Id::Server(*server_id))? else { continue };
        let tenant = codec::tenant_of(&place)?;
        let places = [place, whole(None)].into_iter().chain(tenant.map(|tenant| whole(Some(tenant))));
        for place in places {
            for resolution in Resolution::ALL {
                let when = when(*resolution, resolution.start_of(*minute));
                sums.entry([&place[..], &when].concat()).or_default().add(tally);
            }
        }
    }
    Ok(sums)
}

/// The roll-ups that the query names.
pub(crate) fn of(core: &Core, query: &UsageRollupQuery) -> Result<Vec<UsageRollup>, StoreError> {
    let view = &core.view;
    let place = match (query.of, query.reach) {
        (UsageOf::Server(id), reach) => {
            let server = server::find(view, reach, id)?.filter(|server| reach.owns(server));
            let Some(server) = server else { return Ok(Vec::new()) };
            codec::pair(codec::owner(server.tenant_id), id.0)
        }
        (UsageOf::Whole, Reach::Tenant(tenant)) => whole(Some(tenant)),
        (UsageOf::Whole, Reach::AllTenants) => whole(None),
    };
    at(view, &place, query.resolution, query.period)
}

/// The roll-ups of this place and period, oldest first.
pub(crate) fn at(
    view: &View,
    place: &[u8],
    resolution: Resolution,
    period: Period,
) -> Result<Vec<UsageRollup>, StoreError> {
    let prefix = [place, &[letter(resolution)]].concat();
    let (start, end) = codec::range_of(&prefix, period);
    let mut rollups = Vec::new();
    for pair in view.scan(Table::UsageRollup, start, end, false) {
        let (key, _) = pair?;
        // It may have been pruned since.
        if let Some(tally) = view.record(Table::UsageRollup, &key)? {
            rollups.push(UsageRollup { start: codec::time_at(&key, PLACE + 1)?, tally });
        }
    }
    Ok(rollups)
}

/// Plans the removal of all roll-ups of the server whose record has this key.
pub(crate) fn remove_all(draft: &mut Draft<'_>, server: &[u8]) -> Result<(), StoreError> {
    for (key, _) in draft.stored(Table::UsageRollup, server)? {
        remove(draft, &key)?;
    }
    Ok(())
}

/// Plans the removal of what all servers of a tenant came to.
pub(crate) fn remove_tenant(draft: &mut Draft<'_>, tenant: TenantId) -> Result<(), StoreError> {
    remove_all(draft, &whole(Some(tenant)))
}

fn remove(draft: &mut Draft<'_>, key: &[u8]) -> Result<(), StoreError> {
    let (place, when) = key.split_at(PLACE);
    draft.remove(Table::UsageRollupTime, [when, place].concat());
    draft.remove_record(Table::UsageRollup, key)
}

/// Plans the removal of those that began before this time, at most `limit`. Answers with how many.
pub(crate) fn prune(
    draft: &mut Draft<'_>,
    resolution: Resolution,
    before: Timestamp,
    limit: usize,
) -> Result<u64, StoreError> {
    let (start, end) = (vec![letter(resolution)], when(resolution, before));
    let rows = draft.keys_from(Table::UsageRollupTime, &start, &end).take(limit);
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    for row in &rows {
        let (when, place) = row.split_at(row.len() - PLACE);
        remove(draft, &[place, when].concat())?;
    }
    Ok(rows.len() as u64)
}
