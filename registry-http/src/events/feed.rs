//! Feed: the messages of one stream, one after the other.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use registry_core::model::audit::Origin;
use registry_core::service::{Doubts, EventEnd, EventSubscription, EventUpdate, Grant, Subscribed};
use registry_core::{Error, Registry};
use registry_gateway::proxy::Beats;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::EventStreams;
use crate::api::{EventMessage, EventMessageKind};
use crate::auth::LongAuth;

/// How often a stream says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The messages of one stream.
pub(crate) struct Feed {
    registry: Arc<Registry>,
    grant: Arc<Grant>,
    origin: Origin,
    subscription: EventSubscription,
    beats: Beats,
    doubts: Doubts,
    heartbeats: Interval,
    first: VecDeque<EventMessage>,
    has_ended: bool,
}

enum Next {
    Update(EventUpdate),
    Heartbeat,
    Beat,
}

impl Feed {
    /// The feed of a subscription that has just begun.
    pub(crate) fn new(
        registry: Arc<Registry>,
        streams: &EventStreams,
        auth: LongAuth,
        subscribed: Subscribed,
    ) -> Self {
        let Subscribed { subscription, position, is_reset } = subscribed;
        let mut heartbeats = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let kinds = [EventMessageKind::Hello, EventMessageKind::Reset];
        let first = kinds.into_iter().take(1 + usize::from(is_reset));
        Self {
            registry,
            grant: auth.grant,
            origin: auth.origin,
            doubts: subscription.doubts(),
            subscription,
            beats: streams.pulse.feel(),
            heartbeats,
            first: first.map(|kind| EventMessage::plain(kind, position)).collect(),
            has_ended: false,
        }
    }

    /// The next message; waits for it. None after the one that says that it is the last.
    pub(crate) async fn next(&mut self) -> Option<EventMessage> {
        if self.has_ended {
            return None;
        }
        if let Some(first) = self.first.pop_front() {
            return Some(first);
        }
        loop {
            let next = tokio::select! {
                () = self.beats.next(&self.registry, &self.grant) => Next::Beat,
                () = self.doubts.next() => Next::Beat,
                update = self.subscription.next() => Next::Update(update),
                _ = self.heartbeats.tick() => Next::Heartbeat,
            };
            match next {
                Next::Update(update) => return Some(self.message(update)),
                Next::Heartbeat => return Some(self.plain(EventMessageKind::Heartbeat)),
                Next::Beat if self.goes_on().await => {}
                Next::Beat => return Some(self.message(EventUpdate::End(EventEnd::CredentialEnded))),
            }
        }
    }

    fn message(&mut self, update: EventUpdate) -> EventMessage {
        match update {
            EventUpdate::Event { stored, is_near } => {
                EventMessage::event(stored.position, &stored.event, is_near)
            }
            EventUpdate::Reset(position) => EventMessage::plain(EventMessageKind::Reset, position),
            EventUpdate::End(reason) => {
                self.has_ended = true;
                EventMessage::end(self.subscription.position(), reason)
            }
        }
    }

    fn plain(&mut self, kind: EventMessageKind) -> EventMessage {
        EventMessage::plain(kind, self.subscription.position())
    }

    /// Whether its credential is accepted still; from now on events are judged by what it may do today. While nobody can
    /// say, it goes on as it is.
    async fn goes_on(&mut self) -> bool {
        match self.registry.auth.renew(&self.grant).await {
            Ok(grant) => {
                self.subscription.renew(grant.caller(self.origin.clone()));
                self.grant = grant;
                true
            }
            Err(error) => matches!(error, Error::Unavailable(_) | Error::IssuerUnavailable(_)),
        }
    }
}
