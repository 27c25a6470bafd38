//! Tickets.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::clock::Timestamp;
use crate::model::ticket::{Ticket, TicketPurpose};
use crate::store::{StoreError, TicketStore};

#[derive(Default)]
pub(super) struct Tickets(HashMap<[u8; 32], Ticket>);

#[async_trait]
impl TicketStore for MemoryStore {
    async fn put_ticket(&self, ticket: &Ticket) -> Result<(), StoreError> {
        let apply = |state: &mut State, ()| drop(state.tickets.0.insert(ticket.digest, ticket.clone()));
        self.change_with(|_| Ok(((), None)), apply)
    }

    async fn ticket(&self, purpose: TicketPurpose, digest: &[u8; 32]) -> Result<Option<Ticket>, StoreError> {
        Ok(self.read()?.tickets.0.get(digest).filter(|ticket| ticket.purpose == purpose).cloned())
    }

    async fn take_ticket(
        &self,
        purpose: TicketPurpose,
        digest: &[u8; 32],
    ) -> Result<Option<Ticket>, StoreError> {
        let plan = |state: &State| {
            Ok((state.tickets.0.get(digest).is_some_and(|ticket| ticket.purpose == purpose), None))
        };
        self.change_with(plan, |state, is_there| if is_there { state.tickets.0.remove(digest) } else { None })
    }

    async fn prune_tickets(&self, now: Timestamp) -> Result<u64, StoreError> {
        let apply = |state: &mut State, ()| {
            let before = state.tickets.0.len();
            state.tickets.0.retain(|_, ticket| ticket.expires_at > now);
            (before - state.tickets.0.len()) as u64
        };
        self.change_with(|_| Ok(((), None)), apply)
    }
}
