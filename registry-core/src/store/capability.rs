//! Storage of what servers list.

use async_trait::async_trait;

use super::StoreError;
use crate::access::Reach;
use crate::model::audit::AuditEvent;
use crate::model::capability::{
    Capability, CapabilityChange, CapabilityKind, CapabilityPage, DefinitionDigest, FoundTool, ToolQuery,
};
use crate::model::id::{ServerId, TenantId};
use crate::model::inventory::Inventory;
use crate::model::page::{Page, PageRequest};

/// Storage of what servers list: tools, resources, resource templates and prompts.
#[async_trait]
pub trait CapabilityStore: Send + Sync {
    /// Keeps what follows ([`Inventory::conclude`], by the policy that the server has now) from an inventory, with the
    /// changes (the last [`MAX_CHANGES`](crate::model::inventory::MAX_CHANGES) of a server stay), the event, to which
    /// [`describe`](crate::model::inventory::Conclusion::describe) adds, and the server's alerts. If nothing follows nothing is
    /// written, the event neither. Whether something was.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the server is not there.
    async fn put_capabilities(&self, inventory: &Inventory, audit: AuditEvent) -> Result<bool, StoreError>;

    /// A page of the server's capabilities of this kind, in the order of their names, byte by byte, if `reach` sees the
    /// server; empty and unknown if not.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn capabilities(
        &self,
        reach: Reach,
        server_id: ServerId,
        kind: CapabilityKind,
        page: PageRequest,
    ) -> Result<CapabilityPage, StoreError>;

    /// The names of the server's tools that wait to be approved, in order, if `reach` sees the server.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn held_tools(&self, reach: Reach, server_id: ServerId) -> Result<Vec<String>, StoreError>;

    /// Approves the definition of a tool that has this digest. If no tool of the server waits to be approved any more, what
    /// [`after_approval`](crate::model::alert_step::after_approval) says is in the same write.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such server, or it lists no such tool; [`StoreError::Stale`] if the tool's
    /// definition has another digest.
    async fn approve_tool(
        &self,
        tenant_id: Option<TenantId>,
        server_id: ServerId,
        name: &str,
        digest: DefinitionDigest,
        audit: AuditEvent,
    ) -> Result<Capability, StoreError>;

    /// A page of the changes of what the server lists, newest first (by time, look and number), if `reach` sees
    /// the server; empty if not.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn capability_changes(
        &self,
        reach: Reach,
        server_id: ServerId,
        page: PageRequest,
    ) -> Result<Page<CapabilityChange>, StoreError>;

    /// The tools that `query` asks for, of all servers.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn tools(&self, query: &ToolQuery) -> Result<Page<FoundTool>, StoreError>;
}
