//! Storage of health jobs.

use async_trait::async_trait;

use super::StoreError;
use crate::clock::Timestamp;
use crate::model::health_job::HealthJob;
use crate::model::id::{HealthJobId, TenantId};

/// Storage of health jobs. They are no records: nothing here is audited, and they go when they are old.
#[async_trait]
pub trait HealthJobStore: Send + Sync {
    /// Stores a job, in the place of one with the same id.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the tenant is not there.
    async fn put_health_job(&self, job: &HealthJob) -> Result<(), StoreError>;

    /// The tenant's job with this id.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn health_job(&self, tenant_id: TenantId, id: HealthJobId)
    -> Result<Option<HealthJob>, StoreError>;

    /// Forgets the jobs that were asked for before `before`; how many. A job's id tells its age.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn prune_health_jobs(&self, before: Timestamp) -> Result<u64, StoreError>;
}
