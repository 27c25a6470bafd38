//! Roll-ups of usage, by server and by key. Those of a tenant, and of all servers, stand under the nil id, which no server
//! has.

use std::collections::BTreeMap;

use registry_core::access::Reach;
use registry_core::model::id::TenantId;
use registry_core::model::rollup::Tally;
use registry_core::model::usage::UsageSubject;
use registry_core::model::usage_rollup::{UsageEntry, UsageOf, UsageRollup, UsageRollupQuery, UsageTally};
use registry_core::store::StoreError;
use uuid::Uuid;

use crate::codec;
use crate::core::Core;
use crate::home::{self, Id};
use crate::plan::Draft;
use crate::rollup::{self, Trees};
use crate::server;
use crate::table::Table;

/// Where those of servers stand.
pub(crate) static SERVERS: Trees<UsageTally> = Trees::new(Table::UsageRollup, Table::UsageRollupTime);
/// Where those of keys do.
pub(crate) static KEYS: Trees<UsageTally> = Trees::new(Table::KeyRollup, Table::KeyRollupTime);

/// What is added to each roll-up, so that each is written once.
type Sums = BTreeMap<Vec<u8>, UsageTally>;

/// The place of what all servers of a tenant, or all servers, come to together.
fn whole(tenant: Option<TenantId>) -> Vec<u8> {
    codec::pair(codec::owner(tenant), Uuid::nil())
}

/// Plans to add what calls came to to all roll-ups.
pub(crate) fn add(draft: &mut Draft<'_>, entries: &[UsageEntry]) -> Result<(), StoreError> {
    let (mut servers, mut keys) = (Sums::new(), Sums::new());
    for entry in entries {
        match entry.subject {
            UsageSubject::Server(id) => {
                let Some(place) = home::find(draft, Id::Server(id))? else { continue };
                let tenant = codec::tenant_of(&place)?;
                let totals = [None].into_iter().chain(tenant.map(Some)).map(whole);
                totals.chain([place]).for_each(|place| count(&mut servers, &place, entry));
            }
            UsageSubject::Key(id) => {
                let place = home::find(draft, Id::Key(id))?;
                place.into_iter().for_each(|place| count(&mut keys, &place, entry));
            }
        }
    }
    for (trees, sums) in [(&SERVERS, servers), (&KEYS, keys)] {
        for (key, tally) in sums {
            trees.add(draft, &key, &tally)?;
        }
    }
    Ok(())
}

/// Adds the entry to the sums of this place.
fn count(sums: &mut Sums, place: &[u8], entry: &UsageEntry) {
    for resolution in entry.subject.steps() {
        sums.entry(rollup::key(place, *resolution, entry.start)).or_default().add(&entry.tally);
    }
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
        (UsageOf::Key(id), reach) => {
            let Some(place) = home::find_within(view, reach, Id::Key(id))? else { return Ok(Vec::new()) };
            return KEYS.at(view, &place, query.resolution, query.period);
        }
        (UsageOf::Whole, Reach::Tenant(tenant)) => whole(Some(tenant)),
        (UsageOf::Whole, Reach::AllTenants) => whole(None),
    };
    SERVERS.at(view, &place, query.resolution, query.period)
}

/// Plans the removal of what all servers of a tenant came to.
pub(crate) fn remove_tenant(draft: &mut Draft<'_>, tenant: TenantId) -> Result<(), StoreError> {
    SERVERS.remove_all(draft, &whole(Some(tenant)))
}
