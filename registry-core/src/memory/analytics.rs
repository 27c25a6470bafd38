//! Usage over time.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::id::{ServerId, TenantId};
use crate::model::period::{Period, Resolution};
use crate::model::rollup::{Tally, sum};
use crate::model::server::{Server, ServerStatus};
use crate::model::usage_ranking::{FiguresQuery, ServerFigures};
use crate::model::usage_rollup::{
    UsageEntry, UsageOf, UsagePrune, UsagePruned, UsageRollup, UsageRollupQuery, UsageTally,
};
use crate::store::{AnalyticsStore, StoreError};

/// The steps that usage is rolled up by.
const KEPT: &[Resolution] = Resolution::ALL;

/// Whose roll-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Server(ServerId),
    Tenant(TenantId),
    Everybody,
}

#[derive(Default)]
pub(super) struct UsageRollups {
    by_owner: BTreeMap<(Owner, Resolution, Timestamp), UsageTally>,
}

impl UsageRollups {
    fn add(&mut self, server: &Server, entry: &UsageEntry) {
        let tenant = server.tenant_id.map(Owner::Tenant);
        for owner in [Owner::Server(server.id), Owner::Everybody].into_iter().chain(tenant) {
            for resolution in KEPT {
                let key = (owner, *resolution, resolution.start_of(entry.minute));
                self.by_owner.entry(key).or_default().add(&entry.tally);
            }
        }
    }

    fn of(&self, owner: Owner, resolution: Resolution, period: Period) -> Vec<UsageRollup> {
        let range = (owner, resolution, Timestamp::MIN_UTC)..=(owner, resolution, Timestamp::MAX_UTC);
        let within = self.by_owner.range(range).filter(|((.., start), _)| period.contains(*start));
        within.map(|((.., start), tally)| UsageRollup { start: *start, tally: tally.clone() }).collect()
    }

    pub(super) fn remove_server(&mut self, id: ServerId) {
        self.by_owner.retain(|(owner, ..), _| *owner != Owner::Server(id));
    }

    pub(super) fn remove_tenant(&mut self, id: TenantId) {
        self.by_owner.retain(|(owner, ..), _| *owner != Owner::Tenant(id));
    }

    fn prune(&mut self, prune: &UsagePrune) -> UsagePruned {
        let is_old =
            |(_, resolution, start): &&(Owner, Resolution, Timestamp)| *start < prune.before(*resolution);
        let old: Vec<_> = self.by_owner.keys().filter(is_old).take(prune.limit as usize).copied().collect();
        for key in &old {
            self.by_owner.remove(key);
        }
        UsagePruned { rollups: old.len() as u64, more: old.len() == prune.limit as usize }
    }
}

impl State {
    fn figures(&self, id: ServerId, query: &FiguresQuery) -> ServerFigures {
        let (resolution, period) = (query.range.resolution, query.range.period());
        let usage = sum(&self.usage_rollups.of(Owner::Server(id), resolution, period));
        let checks = sum(&self.rollups.of(id, resolution, period));
        ServerFigures { server_id: id, usage, checks_up: checks.successes, checks_down: checks.failures }
    }
}

#[async_trait]
impl AnalyticsStore for MemoryStore {
    async fn add_usage_rollups(&self, entries: &[UsageEntry]) -> Result<(), StoreError> {
        let apply = |state: &mut State, ()| {
            for entry in entries {
                if let Some(server) = state.servers.get(entry.server_id) {
                    state.usage_rollups.add(server, entry);
                }
            }
        };
        self.change_with(|_| Ok(((), None)), apply)
    }

    async fn usage_rollups(&self, query: &UsageRollupQuery) -> Result<Vec<UsageRollup>, StoreError> {
        let state = self.read()?;
        let owner = match (query.of, query.reach) {
            (UsageOf::Server(id), reach) => {
                let server = state.servers.get(id).filter(|server| reach.owns(server));
                server.map(|server| Owner::Server(server.id))
            }
            (UsageOf::Whole, Reach::Tenant(tenant)) => Some(Owner::Tenant(tenant)),
            (UsageOf::Whole, Reach::AllTenants) => Some(Owner::Everybody),
        };
        let of = |owner| state.usage_rollups.of(owner, query.resolution, query.period);
        Ok(owner.map_or_else(Vec::new, of))
    }

    async fn server_figures(&self, query: &FiguresQuery) -> Result<Vec<ServerFigures>, StoreError> {
        let state = self.read()?;
        let servers = state.servers.that(|server| {
            query.reach.owns(server)
                && query.only.is_none_or(|id| server.id == id)
                && query.after.is_none_or(|id| server.id > id)
                && (!query.active_only || server.status == ServerStatus::Active)
        });
        let some = servers.into_iter().take(query.limit as usize);
        Ok(some.map(|server| state.figures(server.id, query)).collect())
    }

    async fn prune_usage(&self, prune: &UsagePrune) -> Result<UsagePruned, StoreError> {
        self.change_with(|_| Ok(((), None)), |state: &mut State, ()| state.usage_rollups.prune(prune))
    }
}
