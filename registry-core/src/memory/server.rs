//! Servers.

use std::collections::HashMap;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::server_index::Index;
use super::{MemoryStore, State, alert};
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::alert_step::{AlertChange, after_removal};
use crate::model::audit::AuditEvent;
use crate::model::dependency::{Dependencies, Walk, walk};
use crate::model::id::{ServerId, TenantId};
use crate::model::key::ApiKey;
use crate::model::page::Page;
use crate::model::server::{HealthStatus, Revision, Server, ServerHealth, ServerQuery};
use crate::model::watch::{DueChange, due_after_change};
use crate::store::{DeletedServer, ServerStore, StoreError, UniqueField};

#[derive(Default)]
pub(super) struct Servers {
    slots: HashMap<ServerId, u32>,
    by_slug: HashMap<(Option<TenantId>, String), ServerId>,
    index: Index,
}

impl Servers {
    pub(super) fn get(&self, id: ServerId) -> Option<&Server> {
        self.slots.get(&id).and_then(|slot| self.index.server(*slot))
    }

    /// Every server.
    pub(super) fn all(&self) -> impl Iterator<Item = &Server> {
        self.slots.values().filter_map(|slot| self.index.server(*slot))
    }

    /// Whether any server is such.
    pub(super) fn any(&self, is_such: impl Fn(&Server) -> bool) -> bool {
        self.all().any(is_such)
    }

    /// Fails unless the server is there, in this tenant.
    pub(super) fn require(&self, tenant_id: Option<TenantId>, id: ServerId) -> Result<&Server, StoreError> {
        self.get(id).filter(|server| server.tenant_id == tenant_id).ok_or(StoreError::Missing)
    }

    /// Fails unless the server is there, in this tenant, with this revision.
    fn require_fresh(
        &self,
        tenant_id: Option<TenantId>,
        id: ServerId,
        expected: Revision,
    ) -> Result<&Server, StoreError> {
        let server = self.require(tenant_id, id)?;
        if server.revision == expected { Ok(server) } else { Err(StoreError::Stale) }
    }

    fn check_new_id(&self, id: ServerId) -> Result<(), StoreError> {
        if self.slots.contains_key(&id) { Err(StoreError::Conflict(UniqueField::Id)) } else { Ok(()) }
    }

    /// Fails if another server of the tenant has the slug.
    fn check_slug(&self, server: &Server) -> Result<(), StoreError> {
        match self.by_slug.get(&slug_of(server)) {
            Some(holder) if *holder != server.id => Err(StoreError::Conflict(UniqueField::ServerName)),
            _ => Ok(()),
        }
    }

    /// Fails if the change makes the server depend on itself.
    fn check_dependencies(&self, old: &Server, new: &Server) -> Result<(), StoreError> {
        if old.depends_on == new.depends_on {
            return Ok(());
        }
        match walk(&new.depends_on, |id| Ok(id == new.id), |id| Ok::<_, StoreError>(self.on(id)))? {
            Walk::Nothing => Ok(()),
            Walk::Found(_) | Walk::TooFar => Err(StoreError::DependsOnItself),
        }
    }

    /// What the server depends on.
    fn on(&self, id: ServerId) -> Dependencies {
        self.get(id).map(|server| server.depends_on.clone()).unwrap_or_default()
    }

    fn is_unhealthy(&self, id: ServerId) -> bool {
        self.get(id).is_some_and(|server| server.health.status == HealthStatus::Unhealthy)
    }

    /// The first unhealthy server along what this one depends on.
    fn failing(&self, id: ServerId) -> Result<Option<ServerId>, StoreError> {
        let is_unhealthy = |id| Ok(self.is_unhealthy(id));
        match walk(&self.on(id), is_unhealthy, |id| Ok::<_, StoreError>(self.on(id)))? {
            Walk::Found(by) => Ok(Some(by)),
            Walk::Nothing | Walk::TooFar => Ok(None),
        }
    }

    /// Those that are such, by id.
    pub(super) fn that(&self, is_such: impl Fn(&Server) -> bool) -> Vec<&Server> {
        let servers = self.slots.values().filter_map(|slot| self.index.server(*slot));
        let mut found: Vec<_> = servers.filter(|server| is_such(server)).collect();
        found.sort_by_key(|server| server.id);
        found
    }

    /// Takes the server out of what others depend on.
    fn forget_dependency(&mut self, id: ServerId) {
        let dependents = self.that(|server| server.depends_on.as_slice().contains(&id));
        let dependents: Vec<_> = dependents.into_iter().map(|server| server.id).collect();
        for dependent in dependents {
            if let Some(server) = self.remove(dependent) {
                let depends_on = server.depends_on.clone().without(id);
                self.insert(Server { depends_on, ..server });
            }
        }
    }

    fn insert(&mut self, server: Server) {
        self.by_slug.insert(slug_of(&server), server.id);
        self.slots.insert(server.id, self.index.free_slot());
        self.index.insert(server);
    }

    pub(super) fn remove(&mut self, id: ServerId) -> Option<Server> {
        let server = self.slots.remove(&id).and_then(|slot| self.index.remove(slot))?;
        self.by_slug.remove(&slug_of(&server));
        Some(server)
    }

    pub(super) fn set_health(&mut self, id: ServerId, health: ServerHealth) {
        if let Some(slot) = self.slots.get(&id) {
            self.index.set_health(*slot, health);
        }
    }
}

fn slug_of(server: &Server) -> (Option<TenantId>, String) {
    (server.tenant_id, server.name.slug())
}

fn check_new(state: &State, server: &Server, key: Option<&ApiKey>) -> Result<(), StoreError> {
    if let Some(tenant_id) = server.tenant_id {
        state.tenants.require(tenant_id)?;
    }
    state.users.require(server.owner_id)?;
    state.servers.check_new_id(server.id)?;
    state.servers.check_slug(server)?;
    key.map_or(Ok(()), |key| state.keys.check_new(state, key, Some(server.id)))
}

#[async_trait]
impl ServerStore for MemoryStore {
    async fn create_server(
        &self,
        server: &Server,
        key: Option<&ApiKey>,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let apply = |state: &mut State, ()| {
            state.due.change(server.id, due_after_change(None, server));
            state.servers.insert(server.clone());
            if let Some(key) = key {
                state.keys.insert(key.clone());
            }
        };
        self.change(audit, |state| check_new(state, server, key), apply)
    }

    async fn server(&self, reach: Reach, id: ServerId) -> Result<Option<Server>, StoreError> {
        Ok(self.read()?.servers.get(id).filter(|server| reach.sees(server)).cloned())
    }

    async fn server_by_slug(
        &self,
        tenant_id: Option<TenantId>,
        slug: &str,
    ) -> Result<Option<Server>, StoreError> {
        let servers = &self.read()?.servers;
        let id = servers.by_slug.get(&(tenant_id, slug.to_owned()));
        Ok(id.and_then(|id| servers.get(*id)).cloned())
    }

    async fn servers(&self, query: &ServerQuery) -> Result<Page<Server>, StoreError> {
        let servers = &self.read()?.servers;
        let slot = |id: &ServerId| servers.slots.get(id).copied();
        let without = query.without.iter().filter_map(slot).collect();
        Ok(servers.index.page(query, query.only.as_ref().map(slot), &without))
    }

    async fn update_server(
        &self,
        server: &Server,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let plan = |state: &State| {
            let current = state.servers.require_fresh(server.tenant_id, server.id, expected)?;
            state.servers.check_slug(server)?;
            state.servers.check_dependencies(current, server)?;
            let due = due_after_change(Some(current), server);
            Ok((Server { health: current.health.clone(), ..server.clone() }, due))
        };
        let apply = |state: &mut State, (server, due): (Server, DueChange)| {
            state.due.change(server.id, due);
            state.servers.remove(server.id);
            state.servers.insert(server);
        };
        self.change(audit, plan, apply)
    }

    async fn delete_server(
        &self,
        tenant_id: Option<TenantId>,
        id: ServerId,
        expected: Revision,
        now: Timestamp,
        mut audit: AuditEvent,
    ) -> Result<DeletedServer, StoreError> {
        let plan = |state: &State| {
            state.servers.require_fresh(tenant_id, id, expected)?;
            let revoked_keys = state.keys.active_of_server(id, now);
            let listed: Value = revoked_keys.iter().map(|id| json!(id)).collect();
            audit.metadata.insert("revokedKeys".to_owned(), listed);
            let alerts = state.alerts.conclude(&after_removal(id, tenant_id, &audit));
            let events: Vec<_> = [audit].into_iter().chain(alert::events(&alerts)).collect();
            Ok(((DeletedServer { revoked_keys }, alerts), events))
        };
        let apply = |state: &mut State, (deleted, alerts): (DeletedServer, Vec<AlertChange>)| {
            state.put_alerts(alerts);
            state.servers.remove(id);
            state.servers.forget_dependency(id);
            state.checks.remove(id);
            state.capabilities.remove(id);
            state.due.change(id, DueChange::Never);
            state.rollups.remove(id);
            state.usage.remove_server(id);
            state.usage_rollups.remove_server(id);
            state.preferences.remove_server(id);
            state.keys.revoke(&deleted.revoked_keys, now);
            deleted
        };
        self.change_with(plan, apply)
    }

    async fn dependents(&self, reach: Reach, id: ServerId, limit: u32) -> Result<Vec<Server>, StoreError> {
        let state = self.read()?;
        let mut found = state.servers.that(|server| server.depends_on.as_slice().contains(&id));
        found.retain(|server| reach.sees(server));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().cloned().collect())
    }

    async fn failing_dependencies(&self, ids: &[ServerId]) -> Result<Vec<(ServerId, ServerId)>, StoreError> {
        let servers = &self.read()?.servers;
        let mut failing = Vec::new();
        for id in ids {
            failing.extend(servers.failing(*id)?.map(|by| (*id, by)));
        }
        Ok(failing)
    }

    async fn impaired_servers(&self, limit: u32) -> Result<Vec<ServerId>, StoreError> {
        let servers = &self.read()?.servers;
        let mut impaired = Vec::new();
        for server in servers.that(|server| server.health.status == HealthStatus::Healthy) {
            if impaired.len() < limit as usize && servers.failing(server.id)?.is_some() {
                impaired.push(server.id);
            }
        }
        Ok(impaired)
    }
}
