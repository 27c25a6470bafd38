//! The queue of servers that are to be checked. A claim moves its row to where it ends.

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::health_record::NextDue;
use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::watch::{Claim, DueChange, Lease};
use registry_core::store::{StoreError, WatchStore};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use crate::PostgresStore;
use crate::error::Failure;
use crate::row::Columns;
use crate::scope::Scope;
use crate::server_row::{server, server_columns};

#[async_trait]
impl WatchStore for PostgresStore {
    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        const CLAIM: &str = concat!(
            "WITH due AS MATERIALIZED (SELECT server_id FROM server_watch WHERE due_at <= $1
                ORDER BY due_at, server_id LIMIT $3 FOR UPDATE SKIP LOCKED),
            claimed AS (UPDATE server_watch w SET due_at = $2 FROM due WHERE w.server_id = due.server_id
                RETURNING w.server_id, w.since)
            SELECT claimed.since, ",
            server_columns!(),
            " FROM claimed JOIN server s ON s.id = claimed.server_id
            JOIN server_health h ON h.server_id = claimed.server_id ORDER BY claimed.since, claimed.server_id"
        );
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let claim = sqlx::query(CLAIM).bind(now).bind(until).bind(i64::from(limit));
                let rows = claim.fetch_all(write.connection()).await?;
                write.commit_unaudited().await?;
                rows.iter().map(|row| claim_of(row, now, until)).collect()
            })
            .await
    }

    async fn release_claims(&self, claims: &[(ServerId, Lease)]) -> Result<(), StoreError> {
        const RELEASE: &str = "UPDATE server_watch w SET due_at = w.since
            FROM (SELECT w.server_id FROM unnest($1::uuid[], $2::timestamptz[]) AS c (id, until)
                JOIN server_watch w ON w.server_id = c.id AND w.due_at = c.until
                ORDER BY w.server_id FOR UPDATE OF w) held
            WHERE w.server_id = held.server_id";
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let release = sqlx::query(RELEASE)
                    .bind(claims.iter().map(|(id, _)| id.0).collect::<Vec<_>>())
                    .bind(claims.iter().map(|(_, lease)| lease.until).collect::<Vec<_>>());
                release.execute(write.connection()).await?;
                write.commit_unaudited().await
            })
            .await
    }

    async fn earliest_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                let row = sqlx::query("SELECT min(due_at) FROM server_watch").fetch_one(&mut *connection);
                Ok(row.await?.try_get(0)?)
            })
            .await
    }
}

fn claim_of(row: &PgRow, now: Timestamp, until: Timestamp) -> Result<Claim, Failure> {
    let mut columns = Columns::from(row, 0);
    let lease = Lease { due_at: columns.take()?, claimed_at: now, until };
    Ok(Claim { server: server(&mut columns)?, lease })
}

/// Does to the queue what a change of the server means for it.
pub(crate) async fn change(
    connection: &mut PgConnection,
    tenant_id: Option<TenantId>,
    id: ServerId,
    change: DueChange,
) -> Result<(), Failure> {
    const PUT: &str = "INSERT INTO server_watch (server_id, tenant_id, due_at, since) VALUES ($1, $2, $3, $3)
        ON CONFLICT (server_id) DO UPDATE SET due_at = excluded.due_at, since = excluded.since";
    let statement = match change {
        DueChange::Keep => return Ok(()),
        DueChange::At(at) => sqlx::query(PUT).bind(id.0).bind(tenant_id.map(|tenant| tenant.0)).bind(at),
        DueChange::Never => sqlx::query("DELETE FROM server_watch WHERE server_id = $1").bind(id.0),
    };
    statement.execute(connection).await?;
    Ok(())
}

/// Ends a claim, if it still holds.
pub(crate) async fn finish(
    connection: &mut PgConnection,
    id: ServerId,
    next: NextDue,
) -> Result<(), Failure> {
    const FINISH: &str =
        "UPDATE server_watch SET due_at = $3, since = $3 WHERE server_id = $1 AND due_at = $2 AND since = $4";
    let NextDue { claim, at } = next;
    let finish = sqlx::query(FINISH).bind(id.0).bind(claim.until).bind(at).bind(claim.due_at);
    finish.execute(connection).await?;
    Ok(())
}
