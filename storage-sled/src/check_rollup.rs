//! Roll-ups of health checks, by server.

use registry_core::access::Reach;
use registry_core::model::check_rollup::{CheckRollup, CheckTally};
use registry_core::model::health::HealthCheck;
use registry_core::model::id::ServerId;
use registry_core::model::period::{Period, Resolution};
use registry_core::store::StoreError;

use crate::codec;
use crate::core::Core;
use crate::plan::Draft;
use crate::rollup::{self, Trees};
use crate::server;
use crate::table::Table;

/// Where they stand.
pub(crate) static TREES: Trees<CheckTally> = Trees::new(Table::CheckRollup, Table::CheckRollupTime);
/// The steps that checks are rolled up by.
const KEPT: [Resolution; 2] = [Resolution::Hour, Resolution::Day];

/// Plans to add what the check comes to to its hour and its day.
pub(crate) fn add(draft: &mut Draft<'_>, check: &HealthCheck, tally: &CheckTally) -> Result<(), StoreError> {
    let place = codec::pair(codec::owner(check.tenant_id), check.server_id.0);
    for resolution in KEPT {
        TREES.add(draft, &rollup::key(&place, resolution, check.performed_at), tally)?;
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
    TREES.at(view, &place, resolution, period)
}
