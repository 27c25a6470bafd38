//! Storage of health checks.

use async_trait::async_trait;

use super::StoreError;
use crate::access::Reach;
use crate::model::health::HealthCheck;
use crate::model::health_record::HealthRecord;
use crate::model::id::ServerId;
use crate::model::page::{Page, PageRequest};
use crate::model::server::ServerHealth;

/// Storage of health checks.
#[async_trait]
pub trait HealthStore: Send + Sync {
    /// Stores a check and what [`conclude`](HealthRecord::conclude) makes of it and of what the store has: state and
    /// audit events, all at once. Answers with the state.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the server is not there.
    async fn record_health(&self, record: &HealthRecord) -> Result<ServerHealth, StoreError>;

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
