//! Usage over time.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::id::{ApiKeyId, ServerId, TenantId};
use crate::model::period::{Period, Resolution};
use crate::model::rollup::{Tally, sum};
use crate::model::server::ServerStatus;
use crate::model::usage::UsageSubject;
use crate::model::usage_ranking::{FiguresQuery, ServerFigures};
use crate::model::usage_rollup::{
    UsageEntry, UsageOf, UsagePrune, UsagePruned, UsageRollup, UsageRollupQuery, UsageTally,
};
use crate::store::{AnalyticsStore, StoreError};

/// Whose roll-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Server(ServerId),
    Key(ApiKeyId),
    Tenant(TenantId),
    Everybody,
}

#[derive(Default)]
pub(super) struct UsageRollups {
    by_owner: BTreeMap<(Owner, Resolution, Timestamp), UsageTally>,
}

impl UsageRollups {
    fn add(&mut self, owner: Owner, entry: &UsageEntry) {
        for resolution in entry.subject.steps() {
            let key = (owner, *resolution, resolution.start_of(entry.start));
            self.by_owner.entry(key).or_default().add(&entry.tally);
        }
    }

    fn of(&self, owner: Owner, resolution: Resolution, period: Period) -> Vec<UsageRollup> {
        let range = (owner, resolution, Timestamp::MIN_UTC)..=(owner, resolution, Timestamp::MAX_UTC);
        let within = self.by_owner.range(range).filter(|((.., start), _)| period.contains(*start));
        within.map(|((.., start), tally)| UsageRollup { start: *start, tally: tally.clone() }).collect()
    }

    pub(super) fn remove_server(&mut self, id: ServerId) {
        self.remove(Owner::Server(id));
    }

    pub(super) fn remove_key(&mut self, id: ApiKeyId) {
        self.remove(Owner::Key(id));
    }

    pub(super) fn remove_tenant(&mut self, id: TenantId) {
        self.remove(Owner::Tenant(id));
    }

    fn remove(&mut self, owner: Owner) {
        let (first, last) = (Resolution::Minute, Resolution::Day);
        let range = (owner, first, Timestamp::MIN_UTC)..=(owner, last, Timestamp::MAX_UTC);
        let keys: Vec<_> = self.by_owner.range(range).map(|(key, _)| *key).collect();
        for key in &keys {
            self.by_owner.remove(key);
        }
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
    /// Whose roll-ups the subject's usage belongs to; nobody's if it is gone.
    fn owners(&self, subject: UsageSubject) -> Vec<Owner> {
        match subject {
            UsageSubject::Key(id) => self.keys.get(id).map(|key| Owner::Key(key.id)).into_iter().collect(),
            UsageSubject::Server(id) => {
                let Some(server) = self.servers.get(id) else { return Vec::new() };
                let tenant = server.tenant_id.map(Owner::Tenant);
                [Owner::Server(id), Owner::Everybody].into_iter().chain(tenant).collect()
            }
        }
    }

    /// Whose roll-ups the query names, if they can be seen.
    fn owner(&self, query: &UsageRollupQuery) -> Option<Owner> {
        match (query.of, query.reach) {
            (UsageOf::Server(id), reach) => {
                let server = self.servers.get(id).filter(|server| reach.owns(server));
                server.map(|server| Owner::Server(server.id))
            }
            (UsageOf::Key(id), reach) => {
                let key = self.keys.get(id).filter(|key| reach.holds(key.tenant_id));
                key.map(|key| Owner::Key(key.id))
            }
            (UsageOf::Whole, Reach::Tenant(tenant)) => Some(Owner::Tenant(tenant)),
            (UsageOf::Whole, Reach::AllTenants) => Some(Owner::Everybody),
        }
    }

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
                for owner in state.owners(entry.subject) {
                    state.usage_rollups.add(owner, entry);
                }
            }
        };
        self.change_with(|_| Ok(((), None)), apply)
    }

    async fn usage_rollups(&self, query: &UsageRollupQuery) -> Result<Vec<UsageRollup>, StoreError> {
        let state = self.read()?;
        let of = |owner| state.usage_rollups.of(owner, query.resolution, query.period);
        Ok(state.owner(query).map_or_else(Vec::new, of))
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
