//! Health checks.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;

use super::page::page;
use super::{MemoryStore, State, alert};
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::alert_step::AlertChange;
use crate::model::health::HealthCheck;
use crate::model::health_record::{Conclusion, HealthBefore, HealthRecord};
use crate::model::id::{HealthCheckId, ServerId};
use crate::model::page::{Page, PageRequest};
use crate::model::server::ServerHealth;
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
}

#[async_trait]
impl HealthStore for MemoryStore {
    async fn record_health(&self, record: &HealthRecord) -> Result<ServerHealth, StoreError> {
        let check = &record.check;
        let plan = |state: &State| {
            let server = state.servers.require(check.tenant_id, check.server_id)?;
            let (health, policy) = (server.health.clone(), server.health_policy.clone());
            let Conclusion { health, mut events, alerts, .. } =
                record.conclude(&HealthBefore { health, policy });
            let alerts = state.alerts.conclude(&alerts);
            events.extend(alert::events(&alerts));
            Ok(((health, alerts), events))
        };
        let apply = |state: &mut State, (health, alerts): (ServerHealth, Vec<AlertChange>)| {
            state.put_alerts(alerts);
            state.servers.set_health(check.server_id, health.clone());
            state.checks.insert(check.clone());
            health
        };
        self.change_with(plan, apply)
    }

    async fn health_checks(
        &self,
        reach: Reach,
        server_id: ServerId,
        request: PageRequest,
    ) -> Result<Page<HealthCheck>, StoreError> {
        let state = self.read()?;
        let seen = state.servers.get(server_id).filter(|server| reach.sees(server));
        let checks = seen.and_then(|server| state.checks.by_server.get(&server.id));
        Ok(page(checks.into_iter().flat_map(|checks| checks.values().rev()), request))
    }
}
