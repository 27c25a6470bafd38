//! Subscription: what one subscriber is told, first what it missed, then what happens.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch;

use super::context::Context;
use super::event_hub::{CATCH_UP, EventEnd, Hub, Place, Seat, Step, Told};
use super::event_view::Subjects;
use crate::access::Caller;
use crate::error::Error;
use crate::model::event::StoredEvent;

/// What a subscriber gets.
#[derive(Debug)]
pub enum EventUpdate {
    /// An event that it may know of.
    Event {
        /// The event.
        stored: Arc<StoredEvent>,
        /// Whether it is told who did it, and in which tenant: it is of its own tenant, or of every tenant.
        is_near: bool,
    },
    /// Events are missing: what it knows is out of date. It is told what happens after this position.
    Reset(u64),
    /// It is told no more.
    End(EventEnd),
}

enum Phase {
    /// It is told what it missed.
    CatchingUp,
    /// It is told what happens.
    Live(Told),
}

/// A subscription to live events. Dropping it ends it.
pub struct EventSubscription {
    context: Arc<Context>,
    hub: Arc<Hub>,
    seat: Arc<Seat>,
    _place: Place,
    phase: Phase,
    /// What is to be told next.
    ready: VecDeque<Arc<StoredEvent>>,
    /// Up to where it was looked for what is to be told, but for what is ready.
    looked: u64,
    /// Up to where it was told everything.
    position: u64,
}

/// Tells a subscriber when to ask whether its credential is accepted still.
pub struct Doubts(watch::Receiver<()>);

impl Doubts {
    /// Waits until somebody's rights were changed.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            // The service is gone, and changes nobody's rights any more.
            std::future::pending().await
        }
    }
}

impl EventSubscription {
    pub(super) fn new(
        context: Arc<Context>,
        hub: Arc<Hub>,
        seat: Arc<Seat>,
        place: Place,
        position: u64,
    ) -> Self {
        let (phase, ready) = (Phase::CatchingUp, VecDeque::new());
        Self { context, hub, seat, _place: place, phase, ready, looked: position, position }
    }

    /// When to ask whether the caller's credential is accepted still, and to [`renew`](Self::renew) its rights.
    pub fn doubts(&self) -> Doubts {
        Doubts(self.hub.doubts())
    }

    /// Takes the caller's rights of today, by which events are judged from now on.
    pub fn renew(&self, caller: Caller) {
        self.seat.renew(caller);
    }

    /// Up to where the subscriber was told everything that it may know: from there it can go on another time.
    pub fn position(&mut self) -> u64 {
        if let Phase::Live(queue) = &self.phase {
            // In this order: what was told before the position was reached is in the queue by now, and who was dropped
            // before knows it.
            let told = self.hub.position().unwrap_or_default();
            if self.ready.is_empty() && queue.is_empty() && self.seat.end().is_none() {
                self.position = self.position.max(told);
            }
        }
        self.position
    }

    /// What comes next; waits for it. Whoever stops waiting loses nothing.
    pub async fn next(&mut self) -> EventUpdate {
        loop {
            if let Some(stored) = self.ready.pop_front() {
                return self.event(stored);
            }
            if let Phase::Live(queue) = &mut self.phase {
                match queue.next().await {
                    // It may have come from a node that was further.
                    Some(stored) if stored.position <= self.looked => continue,
                    Some(stored) => return self.event(stored),
                    None => return EventUpdate::End(self.seat.end().unwrap_or(EventEnd::Shutdown)),
                }
            }
            match self.catch_up().await {
                Ok(None) => {}
                Ok(Some(update)) => return update,
                Err(error) => {
                    tracing::warn!(error = crate::error::chain(&error), "events could not be read");
                    return EventUpdate::End(EventEnd::Unavailable);
                }
            }
        }
    }

    fn event(&mut self, stored: Arc<StoredEvent>) -> EventUpdate {
        self.position = stored.position;
        let is_near = self.seat.with(|caller| caller.reach().holds(stored.event.tenant_id));
        EventUpdate::Event { stored, is_near }
    }

    /// Takes one step towards what happens now.
    async fn catch_up(&mut self) -> Result<Option<EventUpdate>, Error> {
        match self.hub.step(self.looked, &self.seat) {
            Step::Closed => return Ok(Some(EventUpdate::End(EventEnd::Shutdown))),
            Step::Recent(events) => self.take(&events).await?,
            Step::Stored => return self.read().await,
            Step::Joined(events, queue) => {
                self.take(&events).await?;
                self.phase = Phase::Live(queue);
            }
        }
        Ok(None)
    }

    /// Reads on in the store. What is missing there is gone.
    async fn read(&mut self) -> Result<Option<EventUpdate>, Error> {
        let page = self.context.store.events_after(self.looked, CATCH_UP as u32).await?;
        let expected = self.looked + 1..;
        if page.is_empty() || page.iter().zip(expected).any(|(stored, position)| stored.position != position)
        {
            let told = self.hub.position().unwrap_or_default();
            (self.looked, self.position) = (told, told);
            return Ok(Some(EventUpdate::Reset(told)));
        }
        let page: Vec<_> = page.into_iter().map(Arc::new).collect();
        self.take(&page).await?;
        Ok(None)
    }

    /// Keeps those of the events that are told.
    async fn take(&mut self, events: &[Arc<StoredEvent>]) -> Result<(), Error> {
        let subjects = match self.seat.needs_subjects() {
            true => Subjects::load(&self.context, events).await?,
            false => Subjects::default(),
        };
        let told = events.iter().filter(|stored| self.seat.takes(&stored.event, &subjects));
        self.ready.extend(told.cloned());
        self.looked = events.last().map_or(self.looked, |last| last.position);
        Ok(())
    }
}
