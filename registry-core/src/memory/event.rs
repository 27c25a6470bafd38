//! Live events.

use std::collections::VecDeque;

use async_trait::async_trait;

use super::{MemoryStore, poisoned};
use crate::clock::Timestamp;
use crate::model::audit::AuditEvent;
use crate::model::event::{EventBounds, LiveEvent, StoredEvent};
use crate::store::{EventSignal, EventStore, StoreError};

/// The events that are kept, oldest first. Their positions have no gaps.
#[derive(Default)]
pub(super) struct Events {
    kept: VecDeque<StoredEvent>,
    last: u64,
}

impl Events {
    /// Appends the event of an audit entry.
    pub(super) fn append(&mut self, audit: &AuditEvent) {
        self.last += 1;
        let event = LiveEvent::of(audit);
        self.kept.push_back(StoredEvent { position: self.last, is_foreign: false, event });
    }

    fn bounds(&self) -> EventBounds {
        let first = self.kept.front().map_or(self.last + 1, |oldest| oldest.position);
        EventBounds { first, last: self.last }
    }

    fn after(&self, position: u64, limit: u32) -> Vec<StoredEvent> {
        let begin = self.kept.partition_point(|stored| stored.position <= position);
        self.kept.range(begin..).take(limit as usize).cloned().collect()
    }

    fn prune(&mut self, before: Timestamp, keep: u64, limit: u32) -> u64 {
        let newest = self.last.saturating_sub(keep);
        let goes = |stored: &&StoredEvent| stored.event.timestamp < before || stored.position <= newest;
        let gone = self.kept.iter().take(limit as usize).take_while(goes).count();
        self.kept.drain(..gone);
        gone as u64
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn events_after(&self, position: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError> {
        Ok(self.read()?.events.after(position, limit))
    }

    async fn event_bounds(&self) -> Result<EventBounds, StoreError> {
        Ok(self.read()?.events.bounds())
    }

    async fn prune_events(&self, before: Timestamp, keep: u64, limit: u32) -> Result<u64, StoreError> {
        Ok(self.state.write().map_err(poisoned)?.events.prune(before, keep, limit))
    }

    fn event_signal(&self) -> EventSignal {
        self.signal.clone()
    }
}
