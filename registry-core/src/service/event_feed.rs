//! Live events: told as they happen, to whoever may know of them.

use std::sync::Arc;
use std::time::Duration;

use metrics::Gauge;
use tokio::time::{sleep, timeout};

use super::context::Context;
use super::event_effect::change_rights;
use super::event_hub::{EventFilter, Full, Hub, Seat};
use super::event_subscription::EventSubscription;
use super::event_view::Subjects;
use crate::access::{Caller, Permission};
use crate::error::Error;
use crate::model::event::{KEPT_FOR, MAX_KEPT, StoredEvent};
use crate::store::StoreError;

/// How often it is looked for new events although nothing was heard of any.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long the tail rests after each look, so that what happens in a crowd is told in one go.
const REST: Duration = Duration::from_millis(10);
/// How many events are read at once.
const BATCH: u32 = 256;
/// How many events are forgotten in one write.
const PRUNE_BATCH: u32 = 1_000;
/// The metric of how late the tail is.
const DELAY: &str = "mcp_registry_event_delay_seconds";

/// Where a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResumeFrom {
    /// With what happens from now on.
    Now,
    /// After this position, up to which the subscriber knows of everything.
    After(u64),
    /// After a position that cannot be one.
    Unknown,
}

/// Live events.
pub struct EventService {
    context: Arc<Context>,
    hub: Arc<Hub>,
    delay: Gauge,
}

/// A subscription, and where it begins.
pub struct Subscribed {
    /// The subscription.
    pub subscription: EventSubscription,
    /// After which position it is told what happens.
    pub position: u64,
    /// Whether the position that was asked for is unknown or too old, so that events are missing.
    pub is_reset: bool,
}

impl EventService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        metrics::describe_gauge!(DELAY, "How long after it happened the newest event was told by this node");
        Self { context, hub: Hub::new(), delay: metrics::gauge!(DELAY) }
    }

    /// Subscribes `caller` to the events that it may know of: from now on, or after what it knows.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the filter is out of bounds; [`Error::TooMany`] if the user has too many subscriptions,
    /// [`Error::Busy`] if the node has; [`Error::Unavailable`] if the store cannot be read, or was not yet.
    pub async fn subscribe(
        &self,
        caller: Caller,
        filter: EventFilter,
        from: ResumeFrom,
    ) -> Result<Subscribed, Error> {
        caller.require(Permission::SelfRead)?;
        filter.check()?;
        let place = self.hub.enter(caller.user_id()).map_err(exhausted)?;
        self.hub.position().ok_or_else(not_yet)?;
        // Not where this node's tail is: what was acknowledged before is not told.
        let bounds = self.context.store.event_bounds().await?;
        let (position, is_reset) = match from {
            ResumeFrom::Now => (bounds.last, false),
            ResumeFrom::After(after) if bounds.can_resume(after) => (after, false),
            ResumeFrom::After(_) | ResumeFrom::Unknown => (bounds.last, true),
        };
        let seat = Seat::new(caller, filter);
        let subscription =
            EventSubscription::new(self.context.clone(), self.hub.clone(), seat, place, position);
        Ok(Subscribed { subscription, position, is_reset })
    }

    /// Finds out where the events are, so that there can be subscriptions; [`follow`](Self::follow) does it too.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn prepare(&self) -> Result<(), Error> {
        self.hub.begin(self.context.store.event_bounds().await?.last);
        Ok(())
    }

    /// Follows the store's events, and tells them: to be run once, for as long as the service runs.
    pub async fn follow(&self) {
        let mut signal = self.context.store.event_signal().listen();
        loop {
            if let Err(error) = self.catch_up().await {
                tracing::warn!(
                    error = crate::error::chain(&error),
                    "events could not be read; the next look tries again"
                );
            }
            sleep(REST).await;
            // A store that is gone gives no more signals; then it is looked for events as often as without.
            if let Ok(Err(_)) = timeout(POLL_INTERVAL, signal.changed()).await {
                sleep(POLL_INTERVAL).await;
            }
        }
    }

    /// Tells everything that is new.
    async fn catch_up(&self) -> Result<(), Error> {
        let Some(mut position) = self.hub.position() else {
            return self.prepare().await;
        };
        loop {
            let events = self.context.store.events_after(position, BATCH).await?;
            let Some(last) = events.last() else { return Ok(()) };
            position = last.position;
            self.context.heed(&events);
            if change_rights(&events) {
                self.hub.doubt();
            }
            self.tell(events.into_iter().map(Arc::new).collect()).await?;
        }
    }

    async fn tell(&self, events: Vec<Arc<StoredEvent>>) -> Result<(), Error> {
        let mut subjects = match self.hub.needs_subjects() {
            true => Some(Subjects::load(&self.context, &events).await?),
            false => None,
        };
        for stored in &events {
            while self.hub.tell(stored, subjects.as_ref()).is_err() {
                subjects = Some(Subjects::load(&self.context, &events).await?);
            }
        }
        if let Some(last) = events.last() {
            let delay = self.context.clock.now() - last.event.timestamp;
            self.delay.set(delay.to_std().unwrap_or_default().as_secs_f64());
        }
        Ok(())
    }

    /// Ends every subscription, and takes no more: the service stops.
    pub fn close(&self) {
        self.hub.close();
    }

    /// Forgets events that are too old or too many. To be called each minute.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn prune(&self) -> Result<(), Error> {
        let before = self.context.clock.now() - KEPT_FOR;
        while self.context.store.prune_events(before, MAX_KEPT, PRUNE_BATCH).await? >= u64::from(PRUNE_BATCH)
        {
        }
        Ok(())
    }
}

fn exhausted(full: Full) -> Error {
    match full {
        Full::Node => Error::Busy,
        Full::User => Error::TooMany("a user has at most 100 subscriptions to events"),
    }
}

fn not_yet() -> Error {
    Error::Unavailable(StoreError::Unavailable("the events were not read yet".to_owned()))
}
