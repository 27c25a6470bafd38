//! Storage of usage over time.

use async_trait::async_trait;

use super::StoreError;
use crate::model::usage_ranking::{FiguresQuery, ServerFigures};
use crate::model::usage_rollup::{UsageEntry, UsagePrune, UsagePruned, UsageRollup, UsageRollupQuery};

/// Storage of usage over time. Roll-ups are no records: adding to them is not audited.
#[async_trait]
pub trait AnalyticsStore: Send + Sync {
    /// Adds what calls came to to the roll-ups of the minute, the hour and the day, of the server, of its tenant and of
    /// all servers: all of it or none. What belongs to a server that is gone is passed over.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn add_usage_rollups(&self, entries: &[UsageEntry]) -> Result<(), StoreError>;

    /// What the calls of each minute, hour or day came to, oldest first; those without calls are left out. Nothing if the
    /// server is not there, or is not of a tenant that is reached.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn usage_rollups(&self, query: &UsageRollupQuery) -> Result<Vec<UsageRollup>, StoreError>;

    /// What became of the calls and checks of each of these servers, by id; also of those without any.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn server_figures(&self, query: &FiguresQuery) -> Result<Vec<ServerFigures>, StoreError>;

    /// Forgets roll-ups that are too old, a bounded part of them in bounded time, and says how many. Neither writes nor
    /// reads wait for it for long. Several nodes may call it at once. It is not audited.
    ///
    /// # Errors
    /// [`StoreError`] if something could not be written; the next call tries again.
    async fn prune_usage(&self, prune: &UsagePrune) -> Result<UsagePruned, StoreError>;
}
