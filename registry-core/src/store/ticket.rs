//! Storage of tickets.

use async_trait::async_trait;

use super::StoreError;
use crate::clock::Timestamp;
use crate::model::ticket::{Ticket, TicketPurpose};

/// Storage of tickets. They are no records: nothing here is audited.
#[async_trait]
pub trait TicketStore: Send + Sync {
    /// Stores a ticket, in the place of one with the same digest.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn put_ticket(&self, ticket: &Ticket) -> Result<(), StoreError>;

    /// Whether a ticket is there, however old; it stays.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn ticket(&self, purpose: TicketPurpose, digest: &[u8; 32]) -> Result<Option<Ticket>, StoreError>;

    /// Takes a ticket out, however old: of those who try at the same time one gets it.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn take_ticket(
        &self,
        purpose: TicketPurpose,
        digest: &[u8; 32],
    ) -> Result<Option<Ticket>, StoreError>;

    /// Forgets the tickets that ended at `now` or before; how many.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn prune_tickets(&self, now: Timestamp) -> Result<u64, StoreError>;
}
