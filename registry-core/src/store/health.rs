//! Storage of health checks.

use async_trait::async_trait;

use super::StoreError;
use crate::access::Reach;
use crate::model::audit::AuditEvent;
use crate::model::health::HealthCheck;
use crate::model::id::ServerId;
use crate::model::page::{Page, PageRequest};
use crate::model::server::ServerHealth;

/// Storage of health checks.
#[async_trait]
pub trait HealthStore: Send + Sync {
    /// Stores a check and the state that follows from it
    /// ([`next_state`](crate::model::health::next_state) of the state that the store has, with the server's
    /// own alert threshold), and answers with that state. A check that somebody asked for brings an audit event.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the server is not there.
    async fn record_health(
        &self,
        check: &HealthCheck,
        audit: Option<AuditEvent>,
    ) -> Result<ServerHealth, StoreError>;

    /// A page of the server's checks, newest first, if `reach` sees the server; empty if not.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn health_checks(
        &self,
        reach: Reach,
        server_id: ServerId,
        page: PageRequest,
    ) -> Result<Page<HealthCheck>, StoreError>;
}
