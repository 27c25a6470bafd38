//! How many servers there are, told by a shelf.

use registry_core::access::Reach;
use registry_core::model::overview::{CountQuery, ServerCounts};
use registry_core::model::server::{ServerSort, ServerStatus};
use registry_core::store::StoreError;

use crate::core::Core;
use crate::row::STATUSES;
use crate::server;
use crate::shelf::{Scope, Shelf};

/// Counts the servers that the query names.
pub(crate) fn counts(core: &Core, query: &CountQuery) -> Result<ServerCounts, StoreError> {
    if let Some(id) = query.only {
        let mut counts = ServerCounts::default();
        let server = server::find(&core.view, query.reach, id)?.filter(|server| query.matches(server));
        if let Some(server) = server {
            counts.add(server.status, query.impaired.shown(id, server.health.status), 1);
        }
        return Ok(counts);
    }
    let scope = match query.reach {
        Reach::AllTenants => Scope::Everything,
        Reach::Tenant(tenant) => Scope::Visible(tenant),
    };
    core.shelves.with(&core.view, scope, ServerSort::CreatedAt, |shelf, _| count(shelf, query))
}

fn count(shelf: &Shelf, query: &CountQuery) -> ServerCounts {
    let mut counts = ServerCounts::default();
    let used = (0..).zip(shelf.rows()).filter(|(slot, _)| shelf.used().has(*slot));
    for (_, row) in used {
        let status = STATUSES[usize::from(row.status)];
        if !query.active_only || status == ServerStatus::Active {
            counts.add(status, query.impaired.shown(row.id, row.health), 1);
        }
    }
    counts
}
