//! Tickets. A tree by time says which are over, so that pruning reads no others.

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::ticket::{Ticket, TicketPurpose};
use registry_core::store::{StoreError, TicketStore};

use crate::SledStore;
use crate::codec;
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;

/// How many tickets one write prunes at most, so that no other write waits for long.
const PRUNED_AT_ONCE: usize = 500;
/// The bytes of a row by time before the ticket's digest.
const TIME: usize = 8;

/// The key of the ticket's row by time.
fn time_row(ticket: &Ticket) -> Vec<u8> {
    [&codec::time(ticket.expires_at)[..], &ticket.digest].concat()
}

/// The ticket with this digest, if it is for this purpose.
fn find(read: &impl Read, purpose: TicketPurpose, digest: &[u8; 32]) -> Result<Option<Ticket>, StoreError> {
    let ticket = read.record::<Ticket>(Table::Ticket, digest)?;
    Ok(ticket.filter(|ticket| ticket.purpose == purpose))
}

fn put(draft: &mut Draft<'_>, ticket: &Ticket) -> Result<(), StoreError> {
    if let Some(old) = draft.record(Table::Ticket, &ticket.digest)? {
        draft.remove(Table::TicketEnd, time_row(&old));
    }
    draft.put(Table::TicketEnd, time_row(ticket), Vec::new());
    draft.put_record(Table::Ticket, &ticket.digest, ticket)
}

fn take(
    draft: &mut Draft<'_>,
    purpose: TicketPurpose,
    digest: &[u8; 32],
) -> Result<Option<Ticket>, StoreError> {
    let ticket = find(draft, purpose, digest)?;
    ticket.iter().try_for_each(|ticket| remove(draft, ticket))?;
    Ok(ticket)
}

fn remove(draft: &mut Draft<'_>, ticket: &Ticket) -> Result<(), StoreError> {
    draft.remove(Table::TicketEnd, time_row(ticket));
    draft.remove_record(Table::Ticket, &ticket.digest)
}

/// Plans the removal of tickets that are over, at most [`PRUNED_AT_ONCE`]. Answers with how many.
fn prune(draft: &mut Draft<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let end = codec::after_time(now);
    let rows = draft.keys(Table::TicketEnd, Some(&end)).take(PRUNED_AT_ONCE);
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    for row in &rows {
        let ticket: Ticket = draft.indexed(Table::Ticket, &row[TIME..])?;
        remove(draft, &ticket)?;
    }
    Ok(rows.len() as u64)
}

#[async_trait]
impl TicketStore for SledStore {
    async fn put_ticket(&self, ticket: &Ticket) -> Result<(), StoreError> {
        let ticket = ticket.clone();
        self.write_unaudited(move |draft| put(draft, &ticket)).await
    }

    async fn ticket(&self, purpose: TicketPurpose, digest: &[u8; 32]) -> Result<Option<Ticket>, StoreError> {
        find(&self.core()?.view, purpose, digest)
    }

    async fn take_ticket(
        &self,
        purpose: TicketPurpose,
        digest: &[u8; 32],
    ) -> Result<Option<Ticket>, StoreError> {
        let digest = *digest;
        self.write_unaudited(move |draft| take(draft, purpose, &digest)).await
    }

    async fn prune_tickets(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut pruned = 0;
        loop {
            match self.write_unaudited(move |draft| prune(draft, now)).await? {
                0 => return Ok(pruned),
                more => pruned += more,
            }
        }
    }
}
