//! How many servers there are. Which ones are seen is told by a shelf, what checks said of them by the trees.

use registry_core::access::Reach;
use registry_core::model::overview::{CountQuery, ServerCounts};
use registry_core::model::server::{HealthStatus, ServerHealth, ServerSort, ServerStatus};
use registry_core::store::StoreError;

use crate::core::Core;
use crate::record::Read;
use crate::row::STATUSES;
use crate::server;
use crate::shelf::{Scope, Shelf};
use crate::table::Table;

/// Counts the servers that the query names.
pub(crate) fn counts(core: &Core, query: &CountQuery) -> Result<ServerCounts, StoreError> {
    let mut counts = ServerCounts::default();
    if let Some(id) = query.only {
        let server = server::find(&core.view, query.reach, id)?.filter(|server| query.matches(server));
        server.iter().for_each(|server| counts.add(server.status, server.health.status, 1));
        return Ok(counts);
    }
    let scope = match query.reach {
        Reach::AllTenants => Scope::Everything,
        Reach::Tenant(tenant) => Scope::Visible(tenant),
    };
    let seen = core.shelves.with(&core.view, scope, ServerSort::CreatedAt, |shelf, _| rows(shelf))?;
    for (key, status) in seen {
        if !query.active_only || status == ServerStatus::Active {
            let health = core.view.record::<ServerHealth>(Table::ServerHealth, &key)?;
            counts.add(status, health.map_or(HealthStatus::Unknown, |health| health.status), 1);
        }
    }
    Ok(counts)
}

/// The keys and statuses of the shelf's rows.
fn rows(shelf: &Shelf) -> Vec<(Vec<u8>, ServerStatus)> {
    let used = (0..).zip(shelf.rows()).filter(|(slot, _)| shelf.used().has(*slot));
    used.map(|(_, row)| (row.key(), STATUSES[usize::from(row.status)])).collect()
}
