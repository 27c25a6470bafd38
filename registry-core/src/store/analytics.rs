//! Storage of usage over time.

use async_trait::async_trait;

use super::StoreError;
use crate::model::usage_ranking::{FiguresQuery, ServerFigures};
use crate::model::usage_rollup::{UsageEntry, UsagePrune, UsagePruned, UsageRollup, UsageRollupQuery};

/// Storage of usage over time. Roll-ups are no records: adding to them is not audited.
#[async_trait]
pub trait AnalyticsStore: Send + Sync {
    /// Adds what calls came to to the roll-ups of the [steps](crate::model::usage::UsageSubject::steps) of a server, of its
    /// tenant and of all servers, or of a key alone: all of it or none. What belongs to a server or key that is gone is
    /// passed over. The roll-ups of a server or key go with it.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn add_usage_rollups(&self, entries: &[UsageEntry]) -> Result<(), StoreError>;

    /// What the calls of each minute, hour or day came to, oldest first; those without calls are left out. Nothing if the
    /// server or key is not there, or is not of a tenant that is reached.
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
