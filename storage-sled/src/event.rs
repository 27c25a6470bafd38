//! Live events.
//!
//! An event is stored by its position, which is the number of its audit entry among all entries of the store: so the
//! single writer numbers them without a counter of their own.

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::audit::AuditEvent;
use registry_core::model::event::{EventBounds, LiveEvent, StoredEvent};
use registry_core::store::{EventSignal, EventStore, StoreError};

use crate::SledStore;
use crate::audit;
use crate::codec;
use crate::core::Core;
use crate::plan::Draft;
use crate::table::Table;
use crate::view::Pair;

/// Plans the event of an audit entry.
pub(crate) fn append(draft: &mut Draft<'_>, position: u64, audit: &AuditEvent) -> Result<(), StoreError> {
    let event = serde_json::to_vec(&LiveEvent::of(audit)).map_err(StoreError::backend)?;
    draft.put(Table::Event, key(position), event);
    draft.tell();
    Ok(())
}

fn key(position: u64) -> Vec<u8> {
    position.to_be_bytes().to_vec()
}

fn decode((key, value): &Pair) -> Result<StoredEvent, StoreError> {
    let position = codec::u64_at(key, 0)?;
    let event: LiveEvent = serde_json::from_slice(value)
        .map_err(|error| StoreError::Corrupt(format!("the event {position}: {error}")))?;
    Ok(StoredEvent { position, is_foreign: false, event })
}

/// The events after `position`. What comes after the last one that was there when the scan began is left out: it became
/// visible while the scan went on, and what is before it may not have been then.
fn after(core: &Core, position: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
    let last = audit::total(&core.view)?;
    let (start, end) = (key(position.saturating_add(1)), key(last.saturating_add(1)));
    let scan = core.view.scan(Table::Event, start, Some(end), false);
    scan.take(limit as usize).map(|pair| decode(&pair?)).collect()
}

fn bounds(core: &Core) -> Result<EventBounds, StoreError> {
    // Before the first: so that this is not later than the last.
    let last = audit::total(&core.view)?;
    let oldest = core.view.prefix(Table::Event, &[], false).next().transpose()?;
    let first = oldest.map_or(Ok(last + 1), |(key, _)| codec::u64_at(&key, 0))?;
    Ok(EventBounds { first: first.min(last + 1), last })
}

/// Plans that the oldest events go; answers with how many.
fn prune(draft: &mut Draft<'_>, before: Timestamp, keep: u64, limit: u32) -> Result<u64, StoreError> {
    let newest = audit::total(draft)?.saturating_sub(keep);
    let mut gone = Vec::new();
    for pair in draft.pairs(Table::Event).take(limit as usize) {
        let stored = decode(&pair?)?;
        if stored.event.timestamp >= before && stored.position > newest {
            break;
        }
        gone.push(stored.position);
    }
    for position in &gone {
        draft.remove(Table::Event, key(*position));
    }
    Ok(gone.len() as u64)
}

#[async_trait]
impl EventStore for SledStore {
    async fn events_after(&self, position: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        self.read(move |core| after(core, position, limit)).await
    }

    async fn event_bounds(&self) -> Result<EventBounds, StoreError> {
        self.read(bounds).await
    }

    async fn prune_events(&self, before: Timestamp, keep: u64, limit: u32) -> Result<u64, StoreError> {
        self.write_unaudited(move |draft| prune(draft, before, keep, limit)).await
    }

    fn event_signal(&self) -> EventSignal {
        self.signal.clone()
    }
}
