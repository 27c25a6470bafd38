//! Health jobs.

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::health_job::HealthJob;
use registry_core::model::id::{HealthJobId, TenantId};
use registry_core::store::{HealthJobStore, StoreError};

use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;
use crate::{SledStore, codec, tenant};

/// How many jobs one write forgets at most, so that no other write waits for long.
const PRUNED_AT_ONCE: usize = 500;

fn put(draft: &mut Draft<'_>, job: &HealthJob) -> Result<(), StoreError> {
    tenant::require(draft, job.tenant_id)?;
    let key = job.id.0.as_bytes();
    draft.put(Table::HealthJobTime, [&codec::time(job.created_at)[..], key].concat(), Vec::new());
    draft.put_record(Table::HealthJob, key, job)
}

fn prune(draft: &mut Draft<'_>, before: Timestamp) -> Result<u64, StoreError> {
    let end = codec::time(before);
    let rows = draft.keys(Table::HealthJobTime, Some(&end)).take(PRUNED_AT_ONCE);
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    for row in &rows {
        draft.remove_record(Table::HealthJob, &row[end.len()..])?;
        draft.remove(Table::HealthJobTime, row.to_vec());
    }
    Ok(rows.len() as u64)
}

#[async_trait]
impl HealthJobStore for SledStore {
    async fn put_health_job(&self, job: &HealthJob) -> Result<(), StoreError> {
        let job = job.clone();
        self.write_unaudited(move |draft| put(draft, &job)).await
    }

    async fn health_job(
        &self,
        tenant_id: TenantId,
        id: HealthJobId,
    ) -> Result<Option<HealthJob>, StoreError> {
        let job: Option<HealthJob> = self.core()?.view.record(Table::HealthJob, id.0.as_bytes())?;
        Ok(job.filter(|job| job.tenant_id == tenant_id))
    }

    async fn prune_health_jobs(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.write_unaudited(move |draft| prune(draft, before)).await
    }
}
