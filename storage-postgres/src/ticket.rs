//! Storage of tickets.

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::ticket::{Ticket, TicketPurpose};
use registry_core::secret::Sealed;
use registry_core::store::{StoreError, TicketStore};
use sqlx::postgres::PgRow;

use crate::PostgresStore;
use crate::error::Failure;
use crate::row::Columns;
use crate::scope::Scope;

fn decode(row: &PgRow) -> Result<Ticket, Failure> {
    let mut columns = Columns::from(row, 0);
    Ok(Ticket {
        purpose: columns.parsed(TicketPurpose::parse)?,
        digest: columns.hash()?,
        expires_at: columns.take()?,
        data: columns.take::<Option<String>>()?.map(Sealed::from_text),
    })
}

#[async_trait]
impl TicketStore for PostgresStore {
    async fn put_ticket(&self, ticket: &Ticket) -> Result<(), StoreError> {
        const PUT: &str = "INSERT INTO ticket (digest, purpose, expires_at, data) VALUES ($1, $2, $3, $4)
            ON CONFLICT (digest) DO UPDATE
            SET purpose = excluded.purpose, expires_at = excluded.expires_at, data = excluded.data";
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let put = sqlx::query(PUT)
                    .bind(&ticket.digest[..])
                    .bind(ticket.purpose.as_str())
                    .bind(ticket.expires_at)
                    .bind(ticket.data.as_ref().map(Sealed::as_str));
                put.execute(write.connection()).await?;
                write.commit_unaudited().await
            })
            .await
    }

    async fn ticket(&self, purpose: TicketPurpose, digest: &[u8; 32]) -> Result<Option<Ticket>, StoreError> {
        const SELECT: &str =
            "SELECT purpose, digest, expires_at, data FROM ticket WHERE digest = $1 AND purpose = $2";
        self.database
            .reading(async {
                let mut connection = self.database.read(Scope::All).await?;
                let select = sqlx::query(SELECT).bind(&digest[..]).bind(purpose.as_str());
                select.fetch_optional(&mut *connection).await?.as_ref().map(decode).transpose()
            })
            .await
    }

    async fn take_ticket(
        &self,
        purpose: TicketPurpose,
        digest: &[u8; 32],
    ) -> Result<Option<Ticket>, StoreError> {
        const TAKE: &str = "DELETE FROM ticket WHERE digest = $1 AND purpose = $2
            RETURNING purpose, digest, expires_at, data";
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let take = sqlx::query(TAKE).bind(&digest[..]).bind(purpose.as_str());
                let taken = take.fetch_optional(write.connection()).await?;
                write.commit_unaudited().await?;
                taken.as_ref().map(decode).transpose()
            })
            .await
    }

    async fn prune_tickets(&self, now: Timestamp) -> Result<u64, StoreError> {
        const PRUNE: &str = "DELETE FROM ticket WHERE expires_at <= $1";
        self.database
            .writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let pruned = sqlx::query(PRUNE).bind(now).execute(write.connection()).await?.rows_affected();
                write.commit_unaudited().await?;
                Ok(pruned)
            })
            .await
    }
}
