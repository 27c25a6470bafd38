//! The guard of an upstream: so many calls at once, a bounded queue before it, and a circuit breaker.
//!
//! A guard outlives the upstream that was made ready for it: it is kept by server and endpoint, and not made anew when
//! a server's record is read again. There is one for each server, so no two servers' calls share a lock.

mod meter;
mod news;
mod seat;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use quick_cache::UnitWeighter;
use quick_cache::sync::Cache;
use registry_core::circuit::{Circuit, CircuitNews, CircuitState, Circuits};
use registry_core::clock::Clock;
use registry_core::model::id::ServerId;
use registry_core::model::server::Server;
use url::Url;

use self::news::News;
pub(super) use self::seat::Seat;
use self::seat::Seats;
use super::Failure;
use super::meter::Meter;
use super::verdict::Verdict;
use crate::breaker::{Breaker, BreakerPolicy, Ticket};

/// How many guards are kept; as many as upstreams.
const MAX_GUARDS: usize = 100_000;
/// For how many room is made at the start.
const INITIAL_GUARDS: usize = 1_024;

/// Bounds of the calls to one upstream, on this node.
#[derive(Debug, Clone)]
pub struct GuardLimits {
    /// Calls at once: at least 1.
    pub max_calls: usize,
    /// Calls that wait for their turn.
    pub max_waiting: usize,
    /// How long a call waits for its turn, and at most as long as its own time-out.
    pub max_wait: Duration,
    /// Streams that clients only listen on, at once.
    pub max_streams: usize,
    /// When the circuit opens.
    pub breaker: BreakerPolicy,
}

impl Default for GuardLimits {
    /// 1,024 calls, 1,024 more that wait for at most 5 s, 10,000 streams.
    fn default() -> Self {
        Self {
            max_calls: 1_024,
            max_waiting: 1_024,
            max_wait: Duration::from_secs(5),
            max_streams: 10_000,
            breaker: BreakerPolicy::default(),
        }
    }
}

/// The guard of one upstream.
#[derive(Debug)]
pub(super) struct Guard {
    seats: Seats,
    breaker: Breaker,
}

/// A call that the guard let in. It has a place until it is dropped; if nobody said what came of it, that counts for
/// nothing.
#[derive(Debug)]
#[must_use]
pub(super) struct Entry {
    guard: Arc<Guard>,
    seat: Seat,
    ticket: Option<Ticket>,
}

impl Guard {
    fn new(limits: &GuardLimits, watch: impl Fn(CircuitState) + Send + Sync + 'static) -> Self {
        Self { seats: Seats::new(limits), breaker: Breaker::new(limits.breaker, watch) }
    }

    /// Lets a call in: at once, or after it has waited for its turn, at most `patience`.
    pub(super) async fn enter(self: &Arc<Self>, seat: Seat, patience: Duration) -> Result<Entry, Failure> {
        if let Some(left) = self.breaker.is_open() {
            return Err(Failure::CircuitOpen(left));
        }
        self.seats.take(seat, patience).await?;
        // Who is refused now gives the place back.
        let mut entry = Entry { guard: self.clone(), seat, ticket: None };
        entry.ticket = Some(self.breaker.ask().map_err(Failure::CircuitOpen)?);
        Ok(entry)
    }

    /// Lets a stream in that asks the upstream for nothing.
    pub(super) fn sit(self: &Arc<Self>) -> Result<Entry, Failure> {
        self.seats.take_at_once(Seat::Stream)?;
        Ok(Entry { guard: self.clone(), seat: Seat::Stream, ticket: None })
    }
}

impl Entry {
    /// Says what came of the call; the first word counts.
    pub(super) fn settle(&mut self, verdict: Verdict) {
        let Some(ticket) = self.ticket.take() else { return };
        match verdict {
            Verdict::Well => self.guard.breaker.succeeded(ticket),
            Verdict::Failed => self.guard.breaker.failed(ticket),
            Verdict::Unknown => self.guard.breaker.abandoned(ticket),
        }
    }

    /// Whether the call tries out an upstream that has failed, and all others wait for what comes of it.
    pub(super) fn is_trial(&self) -> bool {
        self.ticket.as_ref().is_some_and(Ticket::is_trial)
    }

    /// The answer broke off, after whatever was said of it. Streams that are only listened on end with the upstream's
    /// process, all at once: that says nothing of how it is now.
    pub(super) fn broke(&mut self) {
        if self.seat == Seat::Call {
            let ticket = self.ticket.take();
            ticket.map_or_else(|| self.guard.breaker.broke(), |ticket| self.guard.breaker.failed(ticket));
        }
    }

    /// What the failure of this call says. Some servers answer a listener only when there is something to tell.
    pub(super) fn verdict(&self, failure: &Failure) -> Verdict {
        match failure {
            Failure::Timeout(_) if self.seat == Seat::Stream => Verdict::Unknown,
            failure => Verdict::of_failure(failure),
        }
    }

    /// What was asked for turned out to be a stream that is only listened on.
    pub(super) fn become_stream(&mut self) -> Result<(), Failure> {
        if self.seat == Seat::Call {
            self.guard.seats.exchange()?;
            self.seat = Seat::Stream;
        }
        Ok(())
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.settle(Verdict::Unknown);
        self.guard.seats.give_back(self.seat);
    }
}

/// The guards of all upstreams. A server whose endpoint changes gets a new one.
pub(super) struct Guards {
    limits: GuardLimits,
    clock: Arc<dyn Clock>,
    guards: Cache<(ServerId, Url), Arc<Guard>>,
    news: Arc<News>,
}

impl Guards {
    pub(super) fn new(limits: GuardLimits, clock: Arc<dyn Clock>) -> Self {
        let guards = Cache::with_weighter(INITIAL_GUARDS, MAX_GUARDS as u64, UnitWeighter);
        let news = Arc::new(News::new(clock.clone()));
        Self { limits, clock, guards, news }
    }

    /// The guard of a server.
    pub(super) fn of(&self, server: &Server, meter: &Meter) -> Arc<Guard> {
        let make = || {
            let (id, label, news) = (server.id, meter.label(server.id), self.news.clone());
            news.begin(id);
            let watch = move |state| {
                meter::note(id, &label, state);
                news.note(id, state);
            };
            Ok(Arc::new(Guard::new(&self.limits, watch)))
        };
        let made: Result<_, std::convert::Infallible> = self.guards.get_or_insert_with(&key(server), make);
        match made {
            Ok(guard) => guard,
            Err(never) => match never {},
        }
    }
}

fn key(server: &Server) -> (ServerId, Url) {
    (server.id, server.endpoint.url().clone())
}

impl Circuits for Guards {
    fn circuit(&self, server: &Server) -> Option<Circuit> {
        let report = self.guards.get(&key(server))?.breaker.report();
        let now = self.clock.now();
        let delta = |time: Duration| TimeDelta::from_std(time).unwrap_or_default();
        let retry_at = (report.state != CircuitState::Closed).then(|| now + delta(report.retry_in));
        let since = now - delta(report.for_time);
        Some(Circuit { state: report.state, since, failures: report.failures_in_row, retry_at })
    }

    fn news(&self) -> Vec<CircuitNews> {
        self.news.take()
    }
}
