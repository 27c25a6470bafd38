//! Storage of health jobs.

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::health_job::HealthJob;
use registry_core::model::id::{HealthJobId, TenantId};
use registry_core::store::{HealthJobStore, StoreError};

use crate::PostgresStore;
use crate::row::{Columns, json};
use crate::scope::Scope;

#[async_trait]
impl HealthJobStore for PostgresStore {
    async fn put_health_job(&self, job: &HealthJob) -> Result<(), StoreError> {
        const PUT: &str =
            "INSERT INTO health_job (id, tenant_id, created_at, job) VALUES ($1, $2, $3, $4::json)
            ON CONFLICT (id) DO UPDATE SET job = excluded.job";
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::Tenant(job.tenant_id)).await?;
                let put = sqlx::query(PUT).bind(job.id.0).bind(job.tenant_id.0).bind(job.created_at);
                put.bind(json(job)?).execute(write.connection()).await?;
                write.commit_unaudited().await
            })
            .await
    }

    async fn health_job(
        &self,
        tenant_id: TenantId,
        id: HealthJobId,
    ) -> Result<Option<HealthJob>, StoreError> {
        const SELECT: &str = "SELECT job::text FROM health_job WHERE id = $1 AND tenant_id = $2";
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::Tenant(tenant_id)).await?;
                let select = sqlx::query(SELECT).bind(id.0).bind(tenant_id.0);
                let row = select.fetch_optional(&mut *connection).await?;
                row.map(|row| Columns::from(&row, 0).json()).transpose()
            })
            .await
    }

    async fn prune_health_jobs(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let prune = sqlx::query("DELETE FROM health_job WHERE created_at < $1").bind(before);
                let pruned = prune.execute(write.connection()).await?.rows_affected();
                write.commit_unaudited().await?;
                Ok(pruned)
            })
            .await
    }
}
