//! Usage over time.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::model::id::ServerId;
use registry_core::model::rollup::sum;
use registry_core::model::server::{Server, ServerStatus};
use registry_core::model::usage_ranking::{FiguresQuery, ServerFigures};
use registry_core::model::usage_rollup::{
    UsageEntry, UsagePrune, UsagePruned, UsageRollup, UsageRollupQuery,
};
use registry_core::store::{AnalyticsStore, StoreError};

use crate::SledStore;
use crate::codec;
use crate::core::Core;
use crate::home::Id;
use crate::record::Read;
use crate::table::Table;
use crate::{check_rollup, usage_rollup};

/// The servers that the query names, in the order of their ids, with their figures. Homes are sorted by kind and id.
fn figures(core: &Core, query: &FiguresQuery) -> Result<Vec<ServerFigures>, StoreError> {
    let view = &core.view;
    let nil = ServerId(uuid::Uuid::nil());
    let kind = &Id::Server(nil).key()[..1];
    let mut start = Id::Server(query.only.or(query.after).unwrap_or(nil)).key();
    let end = match query.only {
        Some(id) => codec::after(&Id::Server(id).key()),
        None => codec::after(kind),
    };
    if query.only.is_none() && query.after.is_some() {
        start.push(0);
    }
    let mut found = Vec::new();
    for row in view.scan(Table::Home, start, end, false) {
        let (home, tenant) = row?;
        if let Some(server) = named(core, query, &home, &tenant)? {
            found.push(of_server(core, query, &server)?);
        }
        if found.len() >= query.limit as usize {
            break;
        }
    }
    Ok(found)
}

/// The server with this home, if the query names it.
fn named(
    core: &Core,
    query: &FiguresQuery,
    home: &[u8],
    tenant: &[u8],
) -> Result<Option<Server>, StoreError> {
    let is_reached = match (query.reach, codec::tenant_of(tenant)?) {
        (Reach::Tenant(own), tenant) => tenant == Some(own),
        (Reach::AllTenants, _) => true,
    };
    if !is_reached {
        return Ok(None);
    }
    let server = core.view.record::<Server>(Table::Server, &[tenant, &home[1..]].concat())?;
    Ok(server.filter(|server| !query.active_only || server.status == ServerStatus::Active))
}

fn of_server(core: &Core, query: &FiguresQuery, server: &Server) -> Result<ServerFigures, StoreError> {
    let (resolution, period) = (query.range.resolution, query.range.period());
    let place = codec::pair(codec::owner(server.tenant_id), server.id.0);
    let usage = sum(&usage_rollup::SERVERS.at(&core.view, &place, resolution, period)?);
    let checks = sum(&check_rollup::TREES.at(&core.view, &place, resolution, period)?);
    Ok(ServerFigures {
        server_id: server.id,
        usage,
        checks_up: checks.successes,
        checks_down: checks.failures,
    })
}

#[async_trait]
impl AnalyticsStore for SledStore {
    async fn add_usage_rollups(&self, entries: &[UsageEntry]) -> Result<(), StoreError> {
        let entries = entries.to_vec();
        self.write_unaudited(move |draft| usage_rollup::add(draft, &entries)).await
    }

    async fn usage_rollups(&self, query: &UsageRollupQuery) -> Result<Vec<UsageRollup>, StoreError> {
        let query = *query;
        self.read(move |core| usage_rollup::of(core, &query)).await
    }

    async fn server_figures(&self, query: &FiguresQuery) -> Result<Vec<ServerFigures>, StoreError> {
        let query = *query;
        self.read(move |core| figures(core, &query)).await
    }

    async fn prune_usage(&self, prune: &UsagePrune) -> Result<UsagePruned, StoreError> {
        self.prune_rollups_of_usage(*prune).await
    }
}
