//! Storage of alerts.

use async_trait::async_trait;

use super::StoreError;
use crate::clock::Timestamp;
use crate::model::alert::Alert;
use crate::model::alert_query::AlertQuery;
use crate::model::alert_step::AlertStep;
use crate::model::page::Page;

/// Storage of alerts.
#[async_trait]
pub trait AlertStore: Send + Sync {
    /// Takes a step: finds the alert that it is about, and stores what
    /// [`conclude`](crate::model::alert_step::AlertStep::conclude) says, the alert and its audit event at once. Answers with
    /// the alert as it is then; `None` if nothing followed. Of those who raise the same alert at the same time one makes
    /// it, and the others find it made.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if a person decides on an alert that is not there, or the tenant is gone.
    async fn step_alert(&self, step: &AlertStep) -> Result<Option<Alert>, StoreError>;

    /// A page of the alerts that `query` names, newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn alerts(&self, query: &AlertQuery) -> Result<Page<Alert>, StoreError>;

    /// Forgets alerts, of any tenant, that were resolved before `before`, a bounded number in a write; how many. The audit
    /// log keeps what it was told of them.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn prune_alerts(&self, before: Timestamp) -> Result<u64, StoreError>;
}
