//! What servers list.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use uuid::Uuid;

use super::page::page;
use super::{MemoryStore, State, alert};
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::alert_step::{AlertChange, after_approval};
use crate::model::audit::AuditEvent;
use crate::model::capability::{
    Capability, CapabilityChange, CapabilityKind, CapabilityList, CapabilityPage, DefinitionDigest,
    FoundTool, ToolQuery,
};
use crate::model::id::{ServerId, TenantId};
use crate::model::inventory::{Conclusion, Inventory, MAX_CHANGES};
use crate::model::page::{Page, PageRequest};
use crate::model::server::Server;
use crate::store::{CapabilityStore, StoreError};

/// What each server lists.
#[derive(Default)]
pub(super) struct Capabilities(HashMap<ServerId, Listed>);

#[derive(Default)]
struct Listed {
    lists: BTreeMap<CapabilityKind, CapabilityList>,
    changes: BTreeMap<(Timestamp, Uuid, u32), CapabilityChange>,
    /// What searches look in, of each tool.
    texts: Vec<String>,
}

impl Listed {
    fn apply(&mut self, conclusion: &Conclusion) {
        for list in &conclusion.lists {
            if list.kind == CapabilityKind::Tool {
                self.texts = list.items.iter().map(Capability::search_text).collect();
            }
            self.lists.insert(list.kind, list.clone());
        }
        for change in conclusion.kept_changes() {
            self.changes.insert((change.at, change.id, change.number), change.clone());
        }
        while self.changes.len() > MAX_CHANGES {
            self.changes.pop_first();
        }
    }

    fn tools(&self) -> &[Capability] {
        self.lists.get(&CapabilityKind::Tool).map_or(&[], |list| &list.items)
    }

    /// The place of a tool that has this digest.
    fn place(&self, name: &str, digest: DefinitionDigest) -> Result<usize, StoreError> {
        let place = self.tools().iter().position(|tool| tool.name == name).ok_or(StoreError::Missing)?;
        if self.tools()[place].digest == digest { Ok(place) } else { Err(StoreError::Stale) }
    }

    /// Whether no other tool waits to be approved.
    fn is_last(&self, place: usize) -> bool {
        !self.tools().iter().enumerate().any(|(other, tool)| other != place && tool.is_held())
    }

    fn approve(&mut self, place: usize) -> Option<Capability> {
        let tool = self.lists.get_mut(&CapabilityKind::Tool)?.items.get_mut(place)?;
        tool.approved = Some(tool.digest);
        Some(tool.clone())
    }

    /// The tools of this server that match.
    fn matching<'a>(&'a self, server: &'a Server, query: &ToolQuery) -> Vec<(&'a Capability, &'a Server)> {
        let tools = self.tools().iter().zip(&self.texts).filter(|(_, text)| query.matches_text(text));
        tools.map(|(tool, _)| (tool, server)).collect()
    }
}

impl Capabilities {
    pub(super) fn remove(&mut self, id: ServerId) {
        self.0.remove(&id);
    }

    fn seen(&self, state: &State, reach: Reach, id: ServerId) -> Option<&Listed> {
        state.servers.get(id).filter(|server| reach.sees(server))?;
        self.0.get(&id)
    }
}

/// What follows from the inventory, if anything does.
fn conclude(state: &State, inventory: &Inventory) -> Result<Option<Conclusion>, StoreError> {
    let server = state.servers.require(inventory.tenant_id, inventory.server_id)?;
    let listed = state.capabilities.0.get(&server.id);
    let kept = listed.map(|listed| listed.lists.values().cloned().collect()).unwrap_or_default();
    Ok(inventory.conclude(server.settings.tool_changes, kept))
}

fn found((tool, server): (&Capability, &Server)) -> FoundTool {
    FoundTool { server_id: server.id, server_name: server.name.clone(), tool: tool.clone() }
}

#[async_trait]
impl CapabilityStore for MemoryStore {
    async fn put_capabilities(
        &self,
        inventory: &Inventory,
        mut audit: AuditEvent,
    ) -> Result<bool, StoreError> {
        let plan = |state: &State| {
            let Some(conclusion) = conclude(state, inventory)? else { return Ok((None, Vec::new())) };
            let alerts = state.alerts.conclude(&conclusion.alerts);
            conclusion.describe(&mut audit);
            let events = std::iter::once(audit).chain(alert::events(&alerts)).collect();
            Ok((Some((conclusion, alerts)), events))
        };
        let apply = |state: &mut State, concluded: Option<(Conclusion, Vec<AlertChange>)>| {
            let Some((conclusion, alerts)) = concluded else { return false };
            state.capabilities.0.entry(inventory.server_id).or_default().apply(&conclusion);
            state.put_alerts(alerts);
            true
        };
        self.change_with(plan, apply)
    }

    async fn capabilities(
        &self,
        reach: Reach,
        server_id: ServerId,
        kind: CapabilityKind,
        request: PageRequest,
    ) -> Result<CapabilityPage, StoreError> {
        let state = self.read()?;
        let listed = state.capabilities.seen(&state, reach, server_id);
        let list = listed.and_then(|listed| listed.lists.get(&kind));
        let items = page(list.into_iter().flat_map(|list| &list.items), request);
        Ok(CapabilityPage { items, left_out: list.map(|list| list.left_out) })
    }

    async fn held_tools(&self, reach: Reach, server_id: ServerId) -> Result<Vec<String>, StoreError> {
        let state = self.read()?;
        let listed = state.capabilities.seen(&state, reach, server_id);
        let held = listed.into_iter().flat_map(Listed::tools).filter(|tool| tool.is_held());
        Ok(held.map(|tool| tool.name.clone()).collect())
    }

    async fn approve_tool(
        &self,
        tenant_id: Option<TenantId>,
        server_id: ServerId,
        name: &str,
        digest: DefinitionDigest,
        audit: AuditEvent,
    ) -> Result<Capability, StoreError> {
        let plan = |state: &State| {
            state.servers.require(tenant_id, server_id)?;
            let listed = state.capabilities.0.get(&server_id).ok_or(StoreError::Missing)?;
            let place = listed.place(name, digest)?;
            let over = listed.is_last(place).then(|| after_approval(server_id, tenant_id, &audit));
            let alerts = state.alerts.conclude(&over);
            let events: Vec<_> = std::iter::once(audit).chain(alert::events(&alerts)).collect();
            Ok(((place, alerts), events))
        };
        let apply = |state: &mut State, (place, alerts): (usize, Vec<AlertChange>)| {
            state.put_alerts(alerts);
            state.capabilities.0.get_mut(&server_id).and_then(|listed| listed.approve(place))
        };
        self.change_with(plan, apply)?.ok_or(StoreError::Missing)
    }

    async fn capability_changes(
        &self,
        reach: Reach,
        server_id: ServerId,
        request: PageRequest,
    ) -> Result<Page<CapabilityChange>, StoreError> {
        let state = self.read()?;
        let listed = state.capabilities.seen(&state, reach, server_id);
        Ok(page(listed.into_iter().flat_map(|listed| listed.changes.values().rev()), request))
    }

    async fn tools(&self, query: &ToolQuery) -> Result<Page<FoundTool>, StoreError> {
        let state = self.read()?;
        let servers = state.capabilities.0.iter().filter_map(|(id, listed)| {
            let server = state.servers.get(*id).filter(|server| query.matches_server(server))?;
            Some(listed.matching(server, query))
        });
        let mut tools: Vec<_> = servers.flatten().collect();
        tools.sort_unstable_by_key(|(tool, server)| (&tool.name, server.id));
        Ok(Page::of(tools, query.page).map(found))
    }
}
