//! The queue of servers that are to be checked.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;

use super::{MemoryStore, poisoned};
use crate::clock::Timestamp;
use crate::model::id::ServerId;
use crate::model::watch::{Claim, DueChange, Lease};
use crate::store::{StoreError, WatchStore};

/// When a server is due, and since when if it is claimed.
#[derive(Clone, Copy)]
struct Due {
    /// Where it stands in the queue: when it is due, or when its claim ends.
    at: Timestamp,
    /// When it was due before it was claimed.
    since: Option<Timestamp>,
}

/// The servers by the time at which they are due.
#[derive(Default)]
pub(super) struct Queue {
    order: BTreeSet<(Timestamp, ServerId)>,
    of_server: HashMap<ServerId, Due>,
}

impl Queue {
    pub(super) fn change(&mut self, id: ServerId, change: DueChange) {
        match change {
            DueChange::Keep => {}
            DueChange::At(at) => self.put(id, Due { at, since: None }),
            DueChange::Never => self.remove(id),
        }
    }

    /// A check of a claim was recorded: if the claim still holds, the next one is due at `next`.
    pub(super) fn finish(&mut self, id: ServerId, lease: Lease, next: Timestamp) {
        if self.holds(id, lease) {
            self.put(id, Due { at: next, since: None });
        }
    }

    fn holds(&self, id: ServerId, lease: Lease) -> bool {
        self.of_server.get(&id).is_some_and(|due| due.at == lease.until && due.since == Some(lease.due_at))
    }

    fn put(&mut self, id: ServerId, due: Due) {
        self.remove(id);
        self.order.insert((due.at, id));
        self.of_server.insert(id, due);
    }

    fn remove(&mut self, id: ServerId) {
        if let Some(due) = self.of_server.remove(&id) {
            self.order.remove(&(due.at, id));
        }
    }

    fn claim(&mut self, now: Timestamp, until: Timestamp, limit: u32) -> Vec<(ServerId, Lease)> {
        let due = self.order.iter().take_while(|(at, _)| *at <= now);
        let due: Vec<_> = due.take(usize::try_from(limit).unwrap_or(usize::MAX)).copied().collect();
        let claim = |(at, id): (Timestamp, ServerId)| {
            let due_at = self.of_server.get(&id).and_then(|due| due.since).unwrap_or(at);
            self.put(id, Due { at: until, since: Some(due_at) });
            (id, Lease { due_at, claimed_at: now, until })
        };
        due.into_iter().map(claim).collect()
    }
}

#[async_trait]
impl WatchStore for MemoryStore {
    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut state = self.state.write().map_err(poisoned)?;
        let claimed = state.due.claim(now, until, limit);
        let claim = |(id, lease)| Some(Claim { server: state.servers.get(id)?.clone(), lease });
        Ok(claimed.into_iter().filter_map(claim).collect())
    }

    async fn release_claims(&self, claims: &[(ServerId, Lease)]) -> Result<(), StoreError> {
        let queue = &mut self.state.write().map_err(poisoned)?.due;
        for (id, lease) in claims {
            queue.finish(*id, *lease, lease.due_at);
        }
        Ok(())
    }

    async fn earliest_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.read()?.due.order.first().map(|(at, _)| *at))
    }
}
