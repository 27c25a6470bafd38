//! Health checks.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;

use super::page::page;
use super::{MemoryStore, State, alert};
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::check_rollup::{CheckRollup, HealthPrune, HealthPruned, StatusChange, StatusChangeQuery};
use crate::model::health::HealthCheck;
use crate::model::health_record::{Conclusion, HealthBefore, HealthRecord};
use crate::model::id::{HealthCheckId, ServerId};
use crate::model::overview::{CountQuery, ServerCounts};
use crate::model::page::{Page, PageRequest};
use crate::model::period::{Period, Resolution};
use crate::model::server::{Server, ServerHealth, ServerStatus};
use crate::store::{HealthStore, StoreError};

/// The checks of each server, oldest first.
#[derive(Default)]
pub(super) struct Checks {
    by_server: HashMap<ServerId, BTreeMap<(Timestamp, HealthCheckId), HealthCheck>>,
}

impl Checks {
    fn insert(&mut self, check: HealthCheck) {
        self.by_server.entry(check.server_id).or_default().insert((check.performed_at, check.id), check);
    }

    pub(super) fn remove(&mut self, server_id: ServerId) {
        self.by_server.remove(&server_id);
    }

    fn has(&self, check: &HealthCheck) -> bool {
        let checks = self.by_server.get(&check.server_id);
        checks.is_some_and(|checks| checks.contains_key(&(check.performed_at, check.id)))
    }

    /// Forgets checks before this time, at most `limit`. Answers with how many.
    fn prune(&mut self, before: Timestamp, limit: u64) -> u64 {
        let mut pruned = 0;
        for checks in self.by_server.values_mut() {
            while pruned < limit {
                let Some(first) = checks.first_entry().filter(|first| first.key().0 < before) else { break };
                first.remove();
                pruned += 1;
            }
        }
        pruned
    }
}

/// The server, if it is there and within reach.
fn seen(state: &State, reach: Reach, id: ServerId) -> Option<&Server> {
    state.servers.get(id).filter(|server| reach.sees(server))
}

fn apply(state: &mut State, record: &HealthRecord, concluded: Conclusion) -> ServerHealth {
    let Conclusion { health, transition, next_due, tally, .. } = concluded;
    let check = &record.check;
    if !state.checks.has(check) {
        state.rollups.add(check.server_id, check.performed_at, &tally);
    }
    state.rollups.note(transition.map(|transition| record.status_change(transition)));
    state.servers.set_health(check.server_id, health.clone());
    state.checks.insert(check.clone());
    if let Some(next) = next_due {
        state.due.finish(check.server_id, next.claim, next.at);
    }
    health
}

#[async_trait]
impl HealthStore for MemoryStore {
    async fn record_health(&self, record: &HealthRecord) -> Result<ServerHealth, StoreError> {
        let check = &record.check;
        let plan = |state: &State| {
            let server = state.servers.require(check.tenant_id, check.server_id)?;
            let (health, policy) = (server.health.clone(), server.health_policy.clone());
            let mut concluded = record.conclude(&HealthBefore { health, policy });
            let alerts = state.alerts.conclude(&concluded.alerts);
            let mut events = std::mem::take(&mut concluded.events);
            events.extend(alert::events(&alerts));
            Ok(((concluded, alerts), events))
        };
        let apply = |state: &mut State, (concluded, alerts)| {
            state.put_alerts(alerts);
            apply(state, record, concluded)
        };
        self.change_with(plan, apply)
    }

    async fn health_checks(
        &self,
        reach: Reach,
        server_id: ServerId,
        period: Period,
        request: PageRequest,
    ) -> Result<Page<HealthCheck>, StoreError> {
        let state = self.read()?;
        let checks = seen(&state, reach, server_id).and_then(|server| state.checks.by_server.get(&server.id));
        let all = checks.into_iter().flat_map(|checks| checks.values().rev());
        Ok(page(all.filter(|check| period.contains(check.performed_at)), request))
    }

    async fn check_rollups(
        &self,
        reach: Reach,
        server_id: ServerId,
        resolution: Resolution,
        period: Period,
    ) -> Result<Vec<CheckRollup>, StoreError> {
        let state = self.read()?;
        let server = seen(&state, reach, server_id);
        Ok(server.map_or_else(Vec::new, |server| state.rollups.of(server.id, resolution, period)))
    }

    async fn status_changes(&self, query: &StatusChangeQuery) -> Result<Vec<StatusChange>, StoreError> {
        let state = self.read()?;
        let is_seen = |change: &&StatusChange| {
            query.server_id.is_none_or(|id| id == change.server_id)
                && seen(&state, query.reach, change.server_id)
                    .is_some_and(|server| !query.active_only || server.status == ServerStatus::Active)
        };
        let changes = state.rollups.changes(query.period).filter(is_seen);
        Ok(changes.take(query.limit as usize).copied().collect())
    }

    async fn server_counts(&self, query: &CountQuery) -> Result<ServerCounts, StoreError> {
        let state = self.read()?;
        let mut counts = ServerCounts::default();
        for server in state.servers.all().filter(|server| query.matches(server)) {
            counts.add(server.status, query.impaired.shown(server.id, server.health.status), 1);
        }
        Ok(counts)
    }

    async fn prune_health(&self, prune: &HealthPrune) -> Result<HealthPruned, StoreError> {
        let plan = |_: &State| Ok(((), None));
        let apply = |state: &mut State, ()| {
            let limit = u64::from(prune.limit);
            let checks = state.checks.prune(prune.checks_before, limit);
            let (rollups, changes) = state.rollups.prune(prune, limit - checks);
            HealthPruned { checks, rollups, changes, more: checks + rollups + changes == limit }
        };
        self.change_with(plan, apply)
    }
}
