//! Storage of health checks.

use async_trait::async_trait;

use super::StoreError;
use crate::access::Reach;
use crate::model::check_rollup::{CheckRollup, HealthPrune, HealthPruned, StatusChange, StatusChangeQuery};
use crate::model::health::HealthCheck;
use crate::model::health_record::HealthRecord;
use crate::model::id::ServerId;
use crate::model::overview::{CountQuery, ServerCounts};
use crate::model::page::{Page, PageRequest};
use crate::model::period::{Period, Resolution};
use crate::model::server::ServerHealth;

/// Storage of health checks.
#[async_trait]
pub trait HealthStore: Send + Sync {
    /// Stores a check and what [`conclude`](HealthRecord::conclude) makes of it and of what the store has: state, change
    /// of status, what the roll-ups of its hour and its day get, and audit events, all at once. Answers with the state.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the server is not there.
    async fn record_health(&self, record: &HealthRecord) -> Result<ServerHealth, StoreError>;

    /// A page of the server's checks of this period, newest first, if `reach` sees the server; empty if not.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn health_checks(
        &self,
        reach: Reach,
        server_id: ServerId,
        period: Period,
        page: PageRequest,
    ) -> Result<Page<HealthCheck>, StoreError>;

    /// What the checks of each hour or day came to that began in this period, oldest first, if `reach` sees the server;
    /// empty if not, and by minutes. Hours and days without checks are left out.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn check_rollups(
        &self,
        reach: Reach,
        server_id: ServerId,
        resolution: Resolution,
        period: Period,
    ) -> Result<Vec<CheckRollup>, StoreError>;

    /// The changes of status that `query` names, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn status_changes(&self, query: &StatusChangeQuery) -> Result<Vec<StatusChange>, StoreError>;

    /// How many servers there are of each status and health, of those that `query` names.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn server_counts(&self, query: &CountQuery) -> Result<ServerCounts, StoreError>;

    /// Forgets history that is too old, a bounded part of it in bounded time, and says what. Neither writes nor reads
    /// wait for it for long. Several nodes may call it at once. It is not audited.
    ///
    /// # Errors
    /// [`StoreError`] if something could not be written; the next call tries again.
    async fn prune_health(&self, prune: &HealthPrune) -> Result<HealthPruned, StoreError>;
}
