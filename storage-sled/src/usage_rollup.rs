//! Roll-ups of usage, by server. Those of a tenant, and of all servers, stand under the nil id, which no server has.

use std::collections::BTreeMap;

use registry_core::access::Reach;
use registry_core::model::id::TenantId;
use registry_core::model::period::Resolution;
use registry_core::model::rollup::Tally;
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

/// Where they stand.
pub(crate) static TREES: Trees<UsageTally> = Trees::new(Table::UsageRollup, Table::UsageRollupTime);

/// The place of what all servers of a tenant, or all servers, come to together.
fn whole(tenant: Option<TenantId>) -> Vec<u8> {
    codec::pair(codec::owner(tenant), Uuid::nil())
}

/// Plans to add what calls came to to all roll-ups.
pub(crate) fn add(draft: &mut Draft<'_>, entries: &[UsageEntry]) -> Result<(), StoreError> {
    for (key, tally) in sums(draft, entries)? {
        TREES.add(draft, &key, &tally)?;
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
                sums.entry(rollup::key(&place, *resolution, *minute)).or_default().add(tally);
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
    TREES.at(view, &place, query.resolution, query.period)
}

/// Plans the removal of what all servers of a tenant came to.
pub(crate) fn remove_tenant(draft: &mut Draft<'_>, tenant: TenantId) -> Result<(), StoreError> {
    TREES.remove_all(draft, &whole(Some(tenant)))
}
