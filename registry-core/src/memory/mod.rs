//! The store in memory: for tests, for trying things out, and as the plainest reading of [`crate::store`].
//!
//! # Why a write is atomic
//! Every write goes through `MemoryStore::change`, in two steps under one write lock. The plan sees the state but
//! cannot change it (it gets a `&State`), and all that can fail is there: the record's rules and the audit entry.
//! What it answers is then applied by a function that cannot fail (it returns no `Result`). So a write happens with
//! its entry or not at all, readers see it whole or not at all, and nothing is copied but what the write touches.

mod alert;
mod analytics;
mod audit;
mod capability;
mod event;
mod health;
mod health_job;
mod key;
mod page;
mod preference;
mod rollup;
mod server;
mod server_index;
mod server_row;
mod server_text;
mod session;
mod tenant;
mod ticket;
mod usage;
mod user;
mod watch;
mod webhook;

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use async_trait::async_trait;

use crate::model::alert_step::AlertChange;
use crate::model::audit::{AuditEntry, AuditEvent};
use crate::store::{EventSignal, Store, StoreError};

/// A store that keeps everything in memory, and nothing when its process ends.
#[derive(Default)]
pub struct MemoryStore {
    state: RwLock<State>,
    signal: EventSignal,
}

#[derive(Default)]
struct State {
    tenants: tenant::Tenants,
    users: user::Users,
    sessions: session::Sessions,
    tickets: ticket::Tickets,
    preferences: preference::Preferences,
    servers: server::Servers,
    keys: key::Keys,
    checks: health::Checks,
    rollups: rollup::Rollups,
    capabilities: capability::Capabilities,
    usage: usage::Counters,
    usage_rollups: analytics::UsageRollups,
    alerts: alert::Alerts,
    webhooks: webhook::Webhooks,
    due: watch::Queue,
    jobs: health_job::Jobs,
    audit: audit::Chains,
    events: event::Events,
}

impl State {
    /// Appends an audit entry, and the live event of it.
    fn append(&mut self, entry: AuditEntry) {
        self.events.append(&entry.event);
        self.audit.append(entry);
    }

    /// Stores alerts that changed, and what is to be delivered of that.
    fn put_alerts(&mut self, changes: Vec<AlertChange>) {
        self.webhooks.deliver(&changes);
        self.alerts.put_all(changes);
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state, to read. A writer that panicked may have left half a change, so nothing is read after that.
    fn read(&self) -> Result<RwLockReadGuard<'_, State>, StoreError> {
        self.state.read().map_err(poisoned)
    }

    /// Makes a change and its audit entry, both or neither: `plan` says what is to be done or why it cannot be,
    /// `apply` does it.
    fn change<P, A>(
        &self,
        audit: AuditEvent,
        plan: impl FnOnce(&State) -> Result<P, StoreError>,
        apply: impl FnOnce(&mut State, P) -> A,
    ) -> Result<A, StoreError> {
        self.change_with(|state| Ok((plan(state)?, Some(audit))), apply)
    }

    /// As [`change`](Self::change), when the audit events depend on the plan.
    fn change_with<P, E: IntoIterator<Item = AuditEvent>, A>(
        &self,
        plan: impl FnOnce(&State) -> Result<(P, E), StoreError>,
        apply: impl FnOnce(&mut State, P) -> A,
    ) -> Result<A, StoreError> {
        let mut state = self.state.write().map_err(poisoned)?;
        let (planned, events) = plan(&state)?;
        let entries = state.audit.next(events)?;
        let answer = apply(&mut state, planned);
        let tells = !entries.is_empty();
        for entry in entries {
            state.append(entry);
        }
        drop(state);
        if tells {
            self.signal.raise();
        }
        Ok(answer)
    }
}

fn poisoned<T>(_: PoisonError<T>) -> StoreError {
    StoreError::Unavailable("a write panicked; what it left cannot be trusted".to_owned())
}

#[async_trait]
impl Store for MemoryStore {
    async fn ping(&self) -> Result<(), StoreError> {
        self.read().map(drop)
    }

    fn is_shared(&self) -> bool {
        false
    }

    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
