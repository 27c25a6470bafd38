//! The queue of servers that are to be checked: a row for each, by time. A claim leaves its row where it is.

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::health_record::NextDue;
use registry_core::model::id::ServerId;
use registry_core::model::watch::{Claim, DueChange, Lease};
use registry_core::store::{Operation, StoreError, WatchStore};

use crate::SledStore;
use crate::codec;
use crate::core::Core;
use crate::home::{self, Id};
use crate::plan::Draft;
use crate::record::Read;
use crate::server;
use crate::table::Table;

/// The bytes of a row before the server's key.
const TIME: usize = 8;

/// The row of the server whose record has this key.
fn row(due: &[u8], key: &[u8]) -> Vec<u8> {
    [due, key].concat()
}

/// Plans what a change of the server whose record has this key means for the queue.
pub(crate) fn change(draft: &mut Draft<'_>, key: &[u8], change: DueChange) -> Result<(), StoreError> {
    if change == DueChange::Keep {
        return Ok(());
    }
    if let Some(due) = draft.get(Table::Watch, key)? {
        draft.remove(Table::Due, row(&due, key));
        draft.remove(Table::Watch, key.to_vec());
    }
    if let DueChange::At(at) = change {
        draft.put(Table::Due, row(&codec::time(at), key), Vec::new());
        draft.put(Table::Watch, key.to_vec(), codec::time(at).to_vec());
    }
    Ok(())
}

/// Plans the end of a claim on the server whose record has this key, if its row is still where it was.
pub(crate) fn finish(draft: &mut Draft<'_>, key: &[u8], next: NextDue) -> Result<(), StoreError> {
    let due = draft.get(Table::Watch, key)?;
    if due.is_some_and(|due| due.as_ref() == codec::time(next.claim.due_at)) {
        change(draft, key, DueChange::At(next.at))?;
    }
    Ok(())
}

fn claim(core: &Core, now: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Claim>, StoreError> {
    let mut claims = core.claims.at(now);
    let mut claimed = Vec::new();
    for pair in core.view.scan(Table::Due, Vec::new(), Some(codec::after_time(now).to_vec()), false) {
        if claimed.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
            break;
        }
        let (row, _) = pair?;
        // One that was removed since the row was read is nobody's to check.
        if !claims.contains_key(row.as_ref())
            && let Some(server) = server::load(&core.view, &row[TIME..])?
        {
            let lease = Lease { due_at: codec::time_at(&row, 0)?, claimed_at: now, until };
            claims.insert(row.to_vec(), until);
            claimed.push(Claim { server, lease });
        }
    }
    Ok(claimed)
}

/// The row that a claim is on, if there is such a server.
fn claimed_row(core: &Core, id: ServerId, lease: Lease) -> Result<Option<Vec<u8>>, StoreError> {
    let key = home::find(&core.view, Id::Server(id))?;
    Ok(key.map(|key| row(&codec::time(lease.due_at), &key)))
}

/// The first row, or the end of the claim on one before it. What comes after it is due later, claimed or not.
fn earliest(core: &Core) -> Result<Option<Timestamp>, StoreError> {
    let claims = core.claims.all();
    let mut again: Option<Timestamp> = None;
    for pair in core.view.scan(Table::Due, Vec::new(), None, false) {
        let (row, _) = pair?;
        let Some(until) = claims.get(row.as_ref()) else {
            let first = codec::time_at(&row, 0)?;
            return Ok(Some(again.map_or(first, |again| again.min(first))));
        };
        again = Some(again.map_or(*until, |again| again.min(*until)));
    }
    Ok(again)
}

#[async_trait]
impl WatchStore for SledStore {
    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let core = self.core()?;
        let claiming = tokio::task::spawn_blocking(move || claim(&core, now, until, limit));
        self.meter.time(Operation::Read, async { claiming.await.map_err(StoreError::backend)? }).await
    }

    async fn release_claims(&self, claims: &[(ServerId, Lease)]) -> Result<(), StoreError> {
        let core = self.core()?;
        for (id, lease) in claims {
            if let Some(row) = claimed_row(&core, *id, *lease)? {
                core.claims.forget(&row, lease.until);
            }
        }
        Ok(())
    }

    async fn earliest_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let core = self.core()?;
        earliest(&core)
    }
}
