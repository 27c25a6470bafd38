//! Alerts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;

use super::page::page;
use super::{MemoryStore, State};
use crate::clock::Timestamp;
use crate::model::alert::{Alert, AlertKey};
use crate::model::alert_query::AlertQuery;
use crate::model::alert_step::{AlertChange, AlertStep, AlertTarget};
use crate::model::audit::AuditEvent;
use crate::model::id::{AlertId, TenantId};
use crate::model::page::Page;
use crate::store::{AlertStore, StoreError};

#[derive(Default)]
pub(super) struct Alerts {
    by_id: HashMap<AlertId, Alert>,
    by_time: BTreeSet<(Timestamp, AlertId)>,
    unresolved: BTreeMap<AlertKey, AlertId>,
}

impl Alerts {
    fn target(&self, target: &AlertTarget) -> Option<&Alert> {
        let id = match target {
            AlertTarget::Id(id) => Some(id),
            AlertTarget::Unresolved(key) => self.unresolved.get(key),
        };
        id.and_then(|id| self.by_id.get(id))
    }

    /// What follows from steps that are each about another alert.
    pub(super) fn conclude<'a>(&self, steps: impl IntoIterator<Item = &'a AlertStep>) -> Vec<AlertChange> {
        let steps = steps.into_iter();
        steps.filter_map(|step| step.conclude(self.target(&step.target()))).collect()
    }

    pub(super) fn put_all(&mut self, changes: Vec<AlertChange>) {
        changes.into_iter().for_each(|change| self.put(change.alert));
    }

    fn put(&mut self, alert: Alert) {
        match alert.resolved_at {
            Some(_) => self.unresolved.remove(&alert.key()),
            None => self.unresolved.insert(alert.key(), alert.id),
        };
        self.by_time.insert((alert.triggered_at, alert.id));
        self.by_id.insert(alert.id, alert);
    }

    pub(super) fn remove_tenant(&mut self, tenant_id: TenantId) {
        self.remove(|alert| alert.tenant_id == Some(tenant_id));
    }

    fn remove(&mut self, goes: impl Fn(&Alert) -> bool) -> u64 {
        let before = self.by_id.len();
        self.by_id.retain(|_, alert| !goes(alert));
        let by_id = &self.by_id;
        self.by_time.retain(|(_, id)| by_id.contains_key(id));
        self.unresolved.retain(|_, id| by_id.contains_key(id));
        (before - self.by_id.len()) as u64
    }
}

/// What the audit log is told of the changes.
pub(super) fn events(changes: &[AlertChange]) -> impl Iterator<Item = AuditEvent> {
    changes.iter().filter_map(|change| change.event.clone())
}

fn plan(state: &State, step: &AlertStep) -> Result<(Vec<AlertChange>, Vec<AuditEvent>), StoreError> {
    if let Some(tenant) = step.tenant_id() {
        state.tenants.require(tenant)?;
    }
    if matches!(step, AlertStep::Decide(_)) && state.alerts.target(&step.target()).is_none() {
        return Err(StoreError::Missing);
    }
    let changes = state.alerts.conclude([step]);
    let events = events(&changes).collect();
    Ok((changes, events))
}

#[async_trait]
impl AlertStore for MemoryStore {
    async fn step_alert(&self, step: &AlertStep) -> Result<Option<Alert>, StoreError> {
        let apply = |state: &mut State, changes: Vec<AlertChange>| {
            let alert = changes.first().map(|change| change.alert.clone());
            state.put_alerts(changes);
            alert
        };
        self.change_with(|state| plan(state, step), apply)
    }

    async fn alerts(&self, query: &AlertQuery) -> Result<Page<Alert>, StoreError> {
        let state = self.read()?;
        let alerts = state.alerts.by_time.iter().rev().filter_map(|(_, id)| state.alerts.by_id.get(id));
        let server = |alert: &Alert| alert.subject.server_id().and_then(|id| state.servers.get(id));
        let is_asked = |alert: &&Alert| query.matches(alert) && query.viewer.sees(alert, server(alert));
        Ok(page(alerts.filter(is_asked), query.page))
    }

    async fn prune_alerts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let is_over = |alert: &Alert| alert.resolved_at.is_some_and(|at| at < before);
        let none: Option<AuditEvent> = None;
        self.change_with(|_| Ok(((), none)), |state, ()| state.alerts.remove(is_over))
    }
}
