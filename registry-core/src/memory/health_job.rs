//! Health jobs.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{MemoryStore, poisoned};
use crate::clock::Timestamp;
use crate::model::health_job::HealthJob;
use crate::model::id::{HealthJobId, TenantId};
use crate::store::{HealthJobStore, StoreError};

/// The jobs by id.
pub(super) type Jobs = BTreeMap<HealthJobId, HealthJob>;

#[async_trait]
impl HealthJobStore for MemoryStore {
    async fn put_health_job(&self, job: &HealthJob) -> Result<(), StoreError> {
        let mut state = self.state.write().map_err(poisoned)?;
        state.tenants.require(job.tenant_id)?;
        state.jobs.insert(job.id, job.clone());
        Ok(())
    }

    async fn health_job(
        &self,
        tenant_id: TenantId,
        id: HealthJobId,
    ) -> Result<Option<HealthJob>, StoreError> {
        let state = self.read()?;
        Ok(state.jobs.get(&id).filter(|job| job.tenant_id == tenant_id).cloned())
    }

    async fn prune_health_jobs(&self, before: Timestamp) -> Result<u64, StoreError> {
        let jobs = &mut self.state.write().map_err(poisoned)?.jobs;
        let all = jobs.len();
        jobs.retain(|_, job| job.created_at >= before);
        Ok(u64::try_from(all - jobs.len()).unwrap_or(u64::MAX))
    }
}
