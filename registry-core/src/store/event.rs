//! Storage of live events.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use super::StoreError;
use crate::clock::Timestamp;
use crate::model::event::{EventBounds, StoredEvent};

/// Storage of live events. Nothing puts one in: whatever appends an audit entry appends the
/// [`LiveEvent`](crate::model::event::LiveEvent) of it in the same write.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// The events of all tenants after `position`, in order, at most `limit`; for the service itself. Who tails the log this
    /// way misses none: a position is visible only when all smaller ones are. What was acknowledged before the call
    /// has its position.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn events_after(&self, position: u64, limit: u32) -> Result<Vec<StoredEvent>, StoreError>;

    /// Which events there are, as [`events_after`](Self::events_after) would have them now.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    async fn event_bounds(&self) -> Result<EventBounds, StoreError>;

    /// Forgets events from the oldest on, at most `limit`: those that happened before `before`, and all but the newest
    /// `keep`. The first that stays ends it. Answers with how many went.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be written.
    async fn prune_events(&self, before: Timestamp, keep: u64, limit: u32) -> Result<u64, StoreError>;

    /// Tells when there may be new events. It is a hint: it may come without any, and where the store is shared it may fail
    /// to come, so who waits for it also looks now and then.
    fn event_signal(&self) -> EventSignal;
}

/// Wakes whoever waits for events. Clones are one signal.
#[derive(Debug, Clone)]
pub struct EventSignal(Arc<watch::Sender<()>>);

impl Default for EventSignal {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }
}

impl EventSignal {
    /// Wakes those who wait; to be called after the write is visible. Cheap, and never blocks.
    pub fn raise(&self) {
        self.0.send_replace(());
    }

    /// Waits for it, from now on.
    pub fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}
