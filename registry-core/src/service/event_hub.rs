//! Hub: the newest events, and who is told of them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use metrics::{Counter, Gauge};
use tokio::sync::{mpsc, watch};

use super::event_view::{Subjects, sees_all};
use crate::access::Caller;
use crate::error::Error;
use crate::model::audit::EventType;
use crate::model::event::{LiveEvent, StoredEvent};
use crate::model::field::FieldErrors;
use crate::model::id::{ServerId, UserId};
use crate::model::role::spelled;

/// How many events are at hand for who comes back after a moment.
pub const MAX_RECENT: usize = 4_096;
/// How many subscriptions a node has at most.
pub const MAX_SUBSCRIPTIONS: usize = 4_096;
/// How many of them a user has at most.
pub const MAX_SUBSCRIPTIONS_OF_USER: usize = 100;
/// How many events may wait for a subscriber; one who has more waiting is too slow.
pub const MAX_WAITING: usize = 256;
/// How many types a subscription may name.
pub const MAX_TYPES: usize = 32;
/// How many events are looked at at once for who catches up.
pub(super) const CATCH_UP: usize = 128;

/// The metric of open subscriptions.
const SUBSCRIPTIONS: &str = "mcp_registry_event_subscriptions";
/// The metric of subscribers who were too slow.
const DROPPED: &str = "mcp_registry_event_subscriptions_dropped_total";

spelled! {
    /// Why a subscription ended.
    EventEnd {
        /// The subscriber did not read its events in time.
        Slow = "slow",
        /// The credential was revoked or has expired, or whoever it stands for may act no more.
        CredentialEnded = "credential_ended",
        /// The service stops.
        Shutdown = "shutdown",
        /// The events could not be read.
        Unavailable = "unavailable",
    }
}

/// Which of the events that it may see a subscriber wants.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Only these types; all if there are none.
    pub types: Vec<EventType>,
    /// Only about this server.
    pub server_id: Option<ServerId>,
}

impl EventFilter {
    /// Refuses what is out of bounds.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are more than [`MAX_TYPES`] types.
    pub fn check(&self) -> Result<(), Error> {
        match self.types.len() <= MAX_TYPES {
            true => Ok(()),
            false => Err(FieldErrors::one("type", "there are at most 32 types").into()),
        }
    }

    fn takes(&self, event: &LiveEvent) -> bool {
        (self.types.is_empty() || self.types.contains(&event.event_type))
            && self.server_id.is_none_or(|server| event.server_id == Some(server))
    }
}

/// Whose a subscription is, and what it is told.
pub(super) struct Seat {
    caller: RwLock<Caller>,
    filter: EventFilter,
    end: OnceLock<EventEnd>,
}

impl Seat {
    pub(super) fn new(caller: Caller, filter: EventFilter) -> Arc<Self> {
        Arc::new(Self { caller: RwLock::new(caller), filter, end: OnceLock::new() })
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&Caller) -> T) -> T {
        look(&self.caller.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn renew(&self, caller: Caller) {
        *self.caller.write().unwrap_or_else(PoisonError::into_inner) = caller;
    }

    /// Whether it is told of this event.
    pub(super) fn takes(&self, event: &LiveEvent, subjects: &Subjects) -> bool {
        self.filter.takes(event) && self.with(|caller| subjects.show(caller, event))
    }

    /// Whether some events are told to it only after a look at what they are about.
    pub(super) fn needs_subjects(&self) -> bool {
        self.with(|caller| !sees_all(caller))
    }

    pub(super) fn end(&self) -> Option<EventEnd> {
        self.end.get().copied()
    }

    fn finish(&self, end: EventEnd) {
        // The first reason is the true one.
        let _ = self.end.set(end);
    }
}

type Queue = mpsc::Sender<Arc<StoredEvent>>;

#[derive(Default)]
struct State {
    /// Up to where events were told; `None` before the tail has begun.
    position: Option<u64>,
    recent: VecDeque<Arc<StoredEvent>>,
    told: HashMap<u64, (Arc<Seat>, Queue)>,
    next_ticket: u64,
    open: HashMap<UserId, usize>,
    all_open: usize,
    is_closed: bool,
}

/// The newest events and the subscribers of this node.
pub(super) struct Hub {
    state: Mutex<State>,
    /// Changes when somebody may have lost or got a right.
    rights: watch::Sender<()>,
    subscriptions: Gauge,
    dropped: Counter,
}

/// What who catches up gets next.
pub(super) enum Step {
    /// These come next, and there are more.
    Recent(Vec<Arc<StoredEvent>>),
    /// They are not at hand: the store has them, if anybody does.
    Stored,
    /// These come next, and from then on it is told what happens.
    Joined(Vec<Arc<StoredEvent>>, Told),
    /// The service stops.
    Closed,
}

impl Hub {
    pub(super) fn new() -> Arc<Self> {
        metrics::describe_gauge!(SUBSCRIPTIONS, "Subscriptions to live events");
        metrics::describe_counter!(DROPPED, "Subscribers to live events who were too slow and dropped");
        Arc::new(Self {
            state: Mutex::default(),
            rights: watch::Sender::new(()),
            subscriptions: metrics::gauge!(SUBSCRIPTIONS),
            dropped: metrics::counter!(DROPPED),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Up to where events were told.
    pub(super) fn position(&self) -> Option<u64> {
        self.state().position
    }

    /// Tells subscribers to ask whether their credentials are accepted still.
    pub(super) fn doubt(&self) {
        self.rights.send_replace(());
    }

    /// Tells when to ask, from now on.
    pub(super) fn doubts(&self) -> watch::Receiver<()> {
        self.rights.subscribe()
    }

    /// Where the tail begins.
    pub(super) fn begin(&self, position: u64) {
        self.state().position.get_or_insert(position);
    }

    /// Takes a place for a subscription of this user.
    pub(super) fn enter(self: &Arc<Self>, user: UserId) -> Result<Place, Full> {
        let mut state = self.state();
        if state.all_open >= MAX_SUBSCRIPTIONS {
            return Err(Full::Node);
        }
        let open = state.open.entry(user).or_default();
        if *open >= MAX_SUBSCRIPTIONS_OF_USER {
            return Err(Full::User);
        }
        *open += 1;
        state.all_open += 1;
        self.subscriptions.increment(1);
        Ok(Place { hub: self.clone(), user })
    }

    /// What comes after `position`, for the subscriber of this seat.
    pub(super) fn step(self: &Arc<Self>, position: u64, seat: &Arc<Seat>) -> Step {
        let mut state = self.state();
        if state.is_closed {
            return Step::Closed;
        }
        let told = state.position.unwrap_or_default();
        let oldest = state.recent.front().map_or(told + 1, |oldest| oldest.position);
        if position + 1 < oldest {
            return Step::Stored;
        }
        let begin = state.recent.partition_point(|stored| stored.position <= position);
        let next: Vec<_> = state.recent.range(begin..).take(CATCH_UP).cloned().collect();
        if next.last().map_or(position, |last| last.position) < told {
            return Step::Recent(next);
        }
        let (queue, events) = mpsc::channel(MAX_WAITING);
        let number = state.next_ticket;
        state.next_ticket += 1;
        state.told.insert(number, (seat.clone(), queue));
        Step::Joined(next, Told { events, hub: self.clone(), number })
    }

    /// Whether there is anybody who is told only after a look at what an event is about.
    pub(super) fn needs_subjects(&self) -> bool {
        self.state().told.values().any(|(seat, _)| seat.needs_subjects())
    }

    /// Tells an event to everybody who may know of it. Who does not keep up is told no more.
    ///
    /// # Errors
    /// [`Unjudged`] if somebody is there now for whom the subjects have to be loaded first.
    pub(super) fn tell(
        &self,
        stored: &Arc<StoredEvent>,
        subjects: Option<&Subjects>,
    ) -> Result<(), Unjudged> {
        let mut state = self.state();
        let none = Subjects::default();
        if subjects.is_none() && state.told.values().any(|(seat, _)| seat.needs_subjects()) {
            return Err(Unjudged);
        }
        let subjects = subjects.unwrap_or(&none);
        state.told.retain(|_, (seat, queue)| {
            let keeps_up = !seat.takes(&stored.event, subjects) || queue.try_send(stored.clone()).is_ok();
            if !keeps_up {
                seat.finish(EventEnd::Slow);
                self.dropped.increment(1);
            }
            keeps_up
        });
        state.recent.push_back(stored.clone());
        while state.recent.len() > MAX_RECENT {
            state.recent.pop_front();
        }
        state.position = Some(stored.position);
        Ok(())
    }

    /// Ends every subscription, and takes no more.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        for (_, (seat, _)) in state.told.drain() {
            seat.finish(EventEnd::Shutdown);
        }
    }
}

/// Somebody is there for whom it has to be known what the event is about.
#[derive(Debug)]
pub(super) struct Unjudged;

/// Why there is no place for another subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// The node has as many as it takes.
    Node,
    /// The user has as many as one may have.
    User,
}

/// The place of a subscription, which is free again when it is dropped.
pub(super) struct Place {
    hub: Arc<Hub>,
    user: UserId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        state.all_open -= 1;
        if let Some(open) = state.open.get_mut(&self.user) {
            *open -= 1;
            if *open == 0 {
                state.open.remove(&self.user);
            }
        }
        self.hub.subscriptions.decrement(1);
    }
}

/// What one subscriber is told as it happens, until this is dropped.
pub(super) struct Told {
    events: mpsc::Receiver<Arc<StoredEvent>>,
    hub: Arc<Hub>,
    number: u64,
}

impl Told {
    /// The next event; `None` if it is told no more.
    pub(super) async fn next(&mut self) -> Option<Arc<StoredEvent>> {
        self.events.recv().await
    }

    /// Whether there is none that it was told and has not taken.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.hub.state().told.remove(&self.number);
    }
}
