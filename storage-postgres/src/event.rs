//! Storage of live events.
//!
//! An event is stored without a position, in the transaction of its audit entry ([`crate::audit`]). Whoever reads events
//! first gives positions to those that have none; `registry_place_events` in the migrations says how.

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::event::{EventBounds, StoredEvent};
use registry_core::store::{EventSignal, EventStore, StoreError};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::PostgresStore;
use crate::error::Failure;
use crate::row::{Columns, bigint};
use crate::scope::Scope;

/// How many events get their positions in one transaction.
const PLACED_AT_ONCE: i64 = 1_000;

/// What this process puts into the log of events, and hears of it.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Names the process among those that share the database.
    pub(crate) id: Uuid,
    /// Raised after each commit, and when other nodes' events have their positions.
    pub(crate) signal: EventSignal,
}

#[async_trait]
impl EventStore for PostgresStore {
    async fn events_after(&self, position: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        const SELECT: &str =
            "SELECT position, node, event::text FROM event WHERE position > $1 ORDER BY position LIMIT $2";
        // No position is larger than the largest number that the database has.
        let Ok(position) = i64::try_from(position) else { return Ok(Vec::new()) };
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                place(&mut connection).await?;
                let select = sqlx::query(SELECT).bind(position).bind(i64::from(limit));
                let rows = select.fetch_all(&mut *connection).await?;
                rows.iter().map(|row| stored(row, self.database.node().id)).collect()
            })
            .await
    }

    async fn event_bounds(&self) -> Result<EventBounds, StoreError> {
        const SELECT: &str = "SELECT last,
            coalesce((SELECT min(position) FROM event WHERE position IS NOT NULL), last + 1) FROM event_head";
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                place(&mut connection).await?;
                let row = sqlx::query(SELECT).fetch_one(&mut *connection).await?;
                let mut columns = Columns::from(&row, 0);
                Ok(EventBounds { last: columns.number()?, first: columns.number()? })
            })
            .await
    }

    async fn prune_events(&self, before: Timestamp, keep: u64, limit: u32) -> Result<u64, StoreError> {
        // The oldest up to the first that stays.
        const DELETE: &str = "WITH oldest AS (
                SELECT position, occurred_at FROM event WHERE position IS NOT NULL ORDER BY position LIMIT $3),
            gone AS (SELECT position FROM oldest WHERE position < coalesce((SELECT min(position) FROM oldest
                WHERE occurred_at >= $1 AND position > (SELECT last FROM event_head) - $2), 9223372036854775807))
            DELETE FROM event WHERE position IN (SELECT position FROM gone)";
        let keep = bigint(keep.min(i64::MAX.cast_unsigned())).map_err(|failure| failure.0)?;
        self.database
            .writing(async {
                place(&mut *self.database.read(Scope::All).await?).await?;
                let mut write = self.database.write(Scope::All).await?;
                let delete = sqlx::query(DELETE).bind(before).bind(keep).bind(i64::from(limit));
                let gone = delete.execute(write.connection()).await?.rows_affected();
                write.commit_unaudited().await?;
                Ok(gone)
            })
            .await
    }

    fn event_signal(&self) -> EventSignal {
        self.listen();
        self.database.node().signal.clone()
    }
}

/// Gives every event that is committed its position.
async fn place(connection: &mut PgConnection) -> Result<(), Failure> {
    const PLACE: &str = "SELECT registry_place_events($1)";
    let place = || sqlx::query_scalar::<_, i64>(PLACE).bind(PLACED_AT_ONCE);
    while place().fetch_one(&mut *connection).await? >= PLACED_AT_ONCE {}
    Ok(())
}

fn stored(row: &PgRow, own: Uuid) -> Result<StoredEvent, Failure> {
    let mut columns = Columns::from(row, 0);
    let position = columns.number()?;
    let node: Uuid = columns.take()?;
    Ok(StoredEvent { position, is_foreign: node != own, event: columns.json()? })
}
