//! What servers list: tools, resources, templates and prompts, how that changed, and which tools may be called.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::context::Context;
use super::event::What;
use crate::access::{Caller, Permission, Reach};
use crate::error::Error;
use crate::model::audit::{AuditEvent, EventType};
use crate::model::capability::{
    Capability, CapabilityChange, CapabilityKind, CapabilityPage, DefinitionDigest, FoundTool, ToolChanges,
    ToolQuery,
};
use crate::model::id::ServerId;
use crate::model::inventory::{FoundList, Inventory};
use crate::model::page::{Page, PageRequest};
use crate::model::server::Server;
use crate::store::StoreError;

/// A server with a page of what it lists.
#[derive(Debug, Clone)]
pub struct ServerCapabilities {
    /// The server.
    pub server: Server,
    /// What it lists of one kind.
    pub page: CapabilityPage,
}

impl ServerCapabilities {
    /// Whether calls of a tool are refused until somebody approves it.
    pub fn withholds(&self, tool: &Capability) -> bool {
        withholds(&self.server) && tool.is_held()
    }
}

/// Which tools to look for.
#[derive(Debug, Clone, Default)]
pub struct SearchTools {
    /// Only those with this text in name, title or description, in any case.
    pub search: Option<String>,
    /// Also those of servers that the caller's preferences hide.
    pub with_hidden: bool,
    /// Which page.
    pub page: PageRequest,
}

/// What servers list.
pub struct CapabilityService {
    context: Arc<Context>,
}

impl CapabilityService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// What a server lists of one kind, as it was when it was last looked at in depth.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn list(
        &self,
        caller: &Caller,
        id: ServerId,
        kind: CapabilityKind,
        page: PageRequest,
    ) -> Result<ServerCapabilities, Error> {
        let server = self.context.permitted_server(caller, Permission::ServerRead, id).await?;
        let page = self.context.store.capabilities(caller.reach(), id, kind, page).await?;
        Ok(ServerCapabilities { server, page })
    }

    /// How that changed, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn changes(
        &self,
        caller: &Caller,
        id: ServerId,
        page: PageRequest,
    ) -> Result<Page<CapabilityChange>, Error> {
        self.context.permitted_server(caller, Permission::ServerRead, id).await?;
        Ok(self.context.store.capability_changes(caller.reach(), id, page).await?)
    }

    /// Tools of all servers that the caller sees.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn search(&self, caller: &Caller, search: SearchTools) -> Result<Page<FoundTool>, Error> {
        caller.require(Permission::ServerRead)?;
        let query = ToolQuery {
            reach: caller.reach(),
            only: caller.linked_server(),
            without: if search.with_hidden {
                Vec::new()
            } else {
                self.context.hidden_servers(caller).await?
            },
            active_only: caller.sees_active_only(),
            search: search.search.map(|text| text.to_lowercase()).filter(|text| !text.is_empty()),
            page: search.page,
        };
        Ok(self.context.store.tools(&query).await?)
    }

    /// Approves the definition of a tool that the caller looked at: the one that has this digest. From then on the tool
    /// can be called, until its definition changes again.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]; [`Error::Conflict`] if the definition has changed since.
    pub async fn approve(
        &self,
        caller: &Caller,
        id: ServerId,
        name: &str,
        digest: DefinitionDigest,
    ) -> Result<Capability, Error> {
        let context = &self.context;
        let server = context.permitted_server(caller, Permission::ServerUpdate, id).await?;
        let metadata = json!({ "name": server.name, "tool": name, "digest": digest });
        let event = context.event(caller, what(&server, EventType::ToolApproved), metadata);
        let approved = context.store.approve_tool(server.tenant_id, id, name, digest, event).await;
        context.servers_epoch.fetch_add(1, Ordering::SeqCst);
        approved.map_err(|error| match error {
            StoreError::Stale => Error::Conflict {
                field: "digest",
                message: "the tool's definition has changed since; look at it again".to_owned(),
            },
            error => error.into(),
        })
    }
}

impl Context {
    /// Keeps what a look at a server found it to list. What changed is told to the audit log.
    pub(super) async fn keep_capabilities(
        &self,
        server: &Server,
        lists: Vec<FoundList>,
    ) -> Result<(), Error> {
        if lists.is_empty() {
            return Ok(());
        }
        let inventory = Inventory {
            id: self.clock.new_id(),
            tenant_id: server.tenant_id,
            server_id: server.id,
            at: self.clock.now(),
            lists,
        };
        let changed = self.store.put_capabilities(&inventory, self.changed_event(server)).await?;
        if changed && withholds(server) {
            self.servers_epoch.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }

    /// The tools of the server that may not be called until somebody approves them.
    pub(super) async fn withheld_tools(&self, reach: Reach, server: &Server) -> Result<Vec<String>, Error> {
        match withholds(server) {
            true => Ok(self.store.held_tools(reach, server.id).await?),
            false => Ok(Vec::new()),
        }
    }

    fn changed_event(&self, server: &Server) -> AuditEvent {
        self.own_event(what(server, EventType::CapabilitiesChanged), json!({ "name": server.name }))
    }
}

fn withholds(server: &Server) -> bool {
    server.settings.tool_changes == ToolChanges::Hold
}

fn what(server: &Server, event_type: EventType) -> What {
    let (resource_type, action) = event_type.nature();
    let (resource_id, tenant_id) = (server.id.0, server.tenant_id);
    What { event_type, action, resource_type, resource_id, tenant_id }
}
