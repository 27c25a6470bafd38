//! What the gateway measures: calls by server and outcome, how long their answers took, and open streams.
//!
//! A call looks no metric up: what it needs is found once for each server and outcome, and kept beside the server.

use std::array;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Unit};
use registry_core::model::id::ServerId;

use super::Failure;
use super::outcome::{OUTCOMES, Outcome};

const CALLS: &str = "mcp_registry_gateway_calls_total";
const DURATION: &str = "mcp_registry_gateway_call_duration_seconds";
const STREAMS: &str = "mcp_registry_gateway_streams";

/// How many servers have a label of their own, from the start of the process on.
const MAX_SERVER_LABELS: usize = 1_000;
/// The label of the servers beyond that.
const OTHER_SERVERS: &str = "other";
/// The label of calls that came to no server.
const NO_SERVER: &str = "none";

/// One value for each outcome, made when it is first asked for.
struct PerOutcome<T>([OnceLock<T>; OUTCOMES.len()]);

impl<T> PerOutcome<T> {
    fn new() -> Self {
        Self(array::from_fn(|_| OnceLock::new()))
    }

    fn get(&self, outcome: Outcome, make: impl FnOnce(&'static str) -> T) -> &T {
        self.0[outcome.place()].get_or_init(|| make(OUTCOMES[outcome.place()]))
    }
}

/// The meter of all calls.
pub(super) struct Meter {
    durations: PerOutcome<Histogram>,
    nowhere: PerOutcome<Counter>,
    streams: Gauge,
    labelled: Mutex<HashSet<ServerId>>,
}

impl Meter {
    pub(super) fn new() -> Self {
        metrics::describe_counter!(CALLS, "Calls through the gateway by server and outcome");
        metrics::describe_histogram!(
            DURATION,
            Unit::Seconds,
            "Time until the answer to an admitted call began"
        );
        metrics::describe_gauge!(STREAMS, "Event streams that are open through the gateway");
        Self {
            durations: PerOutcome::new(),
            nowhere: PerOutcome::new(),
            streams: metrics::gauge!(STREAMS),
            labelled: Mutex::default(),
        }
    }

    /// Counts a call that came to no server.
    pub(super) fn refused(&self, failure: &Failure) {
        let counter = |outcome| metrics::counter!(CALLS, "server" => NO_SERVER, "outcome" => outcome);
        self.nowhere.get(Outcome::of_failure(failure), counter).increment(1);
    }

    /// The meter of one server's calls.
    pub(super) fn of_server(self: &Arc<Self>, id: ServerId) -> ServerMeter {
        ServerMeter { meter: self.clone(), label: self.label(id), calls: PerOutcome::new() }
    }

    /// The label of one server's metrics.
    pub(super) fn label(&self, id: ServerId) -> Arc<str> {
        let mut labelled = self.labelled.lock().unwrap_or_else(PoisonError::into_inner);
        let has_own = labelled.contains(&id) || (labelled.len() < MAX_SERVER_LABELS && labelled.insert(id));
        if has_own { id.to_string().into() } else { OTHER_SERVERS.into() }
    }
}

/// The meter of one server's calls.
pub(super) struct ServerMeter {
    meter: Arc<Meter>,
    label: Arc<str>,
    calls: PerOutcome<Counter>,
}

impl ServerMeter {
    /// Counts a call whose answer, or failure, took so long to begin.
    pub(super) fn record(&self, outcome: Outcome, latency: Duration) {
        let counter =
            |outcome| metrics::counter!(CALLS, "server" => self.label.clone(), "outcome" => outcome);
        self.calls.get(outcome, counter).increment(1);
        let histogram = |outcome| metrics::histogram!(DURATION, "outcome" => outcome);
        self.meter.durations.get(outcome, histogram).record(latency);
    }

    /// Counts a stream as open until the answer is dropped.
    pub(super) fn open_stream(&self) -> OpenStream {
        self.meter.streams.increment(1);
        OpenStream(self.meter.streams.clone())
    }
}

impl std::fmt::Debug for ServerMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerMeter").field("label", &self.label).finish_non_exhaustive()
    }
}

/// An event stream that is open.
#[must_use]
pub(super) struct OpenStream(Gauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use registry_core::clock::{Clock, SystemClock};
    use registry_core::model::id::ServerId;

    use super::{MAX_SERVER_LABELS, Meter, OTHER_SERVERS};

    #[test]
    fn a_bounded_number_of_servers_has_a_label_of_its_own_and_keeps_it() {
        let meter = Arc::new(Meter::new());
        let first = ServerId(SystemClock.new_id());
        assert_eq!(*meter.of_server(first).label, *first.to_string());
        for _ in 1..MAX_SERVER_LABELS {
            assert_ne!(&*meter.of_server(ServerId(SystemClock.new_id())).label, OTHER_SERVERS);
        }
        assert_eq!(&*meter.of_server(ServerId(SystemClock.new_id())).label, OTHER_SERVERS);
        assert_eq!(*meter.of_server(first).label, *first.to_string());
    }
}
