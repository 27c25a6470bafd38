//! Storage of servers.

use async_trait::async_trait;

use super::StoreError;
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::audit::AuditEvent;
use crate::model::id::{ApiKeyId, ServerId, TenantId};
use crate::model::key::ApiKey;
use crate::model::page::Page;
use crate::model::server::{Revision, Server, ServerQuery};

/// What the removal of a server took with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedServer {
    /// The keys linked to it that were active and are revoked now, by id.
    pub revoked_keys: Vec<ApiKeyId>,
}

/// Storage of servers.
#[async_trait]
pub trait ServerStore: Send + Sync {
    /// Stores a new server and, if given, the key that its registration makes (linked to this server).
    ///
    /// # Errors
    /// [`StoreError::Conflict`] with `Id`, `ServerName` or `KeyDigest`; [`StoreError::Missing`] if the tenant or
    /// the owner is not there.
    async fn create_server(
        &self,
        server: &Server,
        key: Option<&ApiKey>,
        audit: AuditEvent,
    ) -> Result<(), StoreError>;

    /// The server with this id, if `reach` sees it.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn server(&self, reach: Reach, id: ServerId) -> Result<Option<Server>, StoreError>;

    /// The tenant's own server with this slug (`None`: the global one).
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn server_by_slug(
        &self,
        tenant_id: Option<TenantId>,
        slug: &str,
    ) -> Result<Option<Server>, StoreError>;

    /// A page of the servers that `query` names.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn servers(&self, query: &ServerQuery) -> Result<Page<Server>, StoreError>;

    /// Replaces the server with the same id and tenant, if it still has the revision `expected`. What the store
    /// has in `health` stays. A server never changes its tenant.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Stale`], [`StoreError::Conflict`] with `ServerName`, or
    /// [`StoreError::DependsOnItself`], also if another update at the same time closes the circle.
    async fn update_server(
        &self,
        server: &Server,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError>;

    /// Removes the server with its health checks, usage and users' preferences, if it still has the revision `expected`, and revokes
    /// at `now` the active keys linked to it (in any tenant; they keep `server_id`, and their revision grows by 1). It is
    /// taken out of what other servers depend on; their revision stays.
    ///
    /// The event's metadata gets `revokedKeys`, the list of their ids, before it is chained.
    ///
    /// # Errors
    /// [`StoreError::Missing`] or [`StoreError::Stale`].
    async fn delete_server(
        &self,
        tenant_id: Option<TenantId>,
        id: ServerId,
        expected: Revision,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<DeletedServer, StoreError>;

    /// At most `limit` of the servers within `reach` that depend on this one directly, by id.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn dependents(&self, reach: Reach, id: ServerId, limit: u32) -> Result<Vec<Server>, StoreError>;

    /// Of these servers those that depend, directly or along others, on one that is unhealthy: each with such a one. For
    /// the service itself: it looks at servers of every tenant.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn failing_dependencies(&self, ids: &[ServerId]) -> Result<Vec<(ServerId, ServerId)>, StoreError>;

    /// At most `limit` of the healthy servers that depend, directly or along others, on one that is unhealthy, by id. For
    /// the service itself: it looks at servers of every tenant.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn impaired_servers(&self, limit: u32) -> Result<Vec<ServerId>, StoreError>;
}
