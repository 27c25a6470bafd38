//! Metrics of requests: by method, route and status, each from a bounded list.

use std::{
    array,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use http::{Method, StatusCode};
use metrics::{Counter, Histogram, Unit};

const REQUESTS: &str = "mcp_registry_http_requests_total";
const DURATION: &str = "mcp_registry_http_request_duration_seconds";

/// The route of the gateway.
const MCP_ROUTE: &str = "/mcp/{server}";
/// What stands for whatever is not on a list.
const OTHER: &str = "other";

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", OTHER];

/// The statuses that the service answers with, and 499 for a client that left before. The last stands for all others.
const STATUSES: [&str; 31] = [
    "101", "200", "201", "202", "204", "302", "303", "304", "400", "401", "403", "404", "405", "406", "408",
    "409", "410", "412", "413", "415", "416", "422", "428", "429", "499", "500", "501", "502", "503", "504",
    OTHER,
];

/// The metrics of one method on one route.
pub(crate) struct Cell {
    route: Arc<str>,
    method: &'static str,
    duration: Histogram,
    statuses: [OnceLock<Counter>; STATUSES.len()],
}

/// The metrics of every route. A cell is made when it is first needed, and found without a lock from then on.
pub(crate) struct HttpMetrics {
    /// As in the table of routes; then the gateway, and all other paths.
    routes: Vec<Arc<str>>,
    cells: Vec<[OnceLock<Arc<Cell>>; METHODS.len()]>,
}

impl HttpMetrics {
    /// Metrics of the routes with these templates (`/api/servers/{id}`).
    pub(crate) fn new(templates: impl Iterator<Item = String>) -> Self {
        metrics::describe_counter!(
            REQUESTS,
            "Requests by method, route and status; 499: the client left before"
        );
        metrics::describe_histogram!(DURATION, Unit::Seconds, "Time until the answer to a request was sent");
        let fixed = [MCP_ROUTE, OTHER].map(Arc::from);
        let routes: Vec<_> = templates.map(Arc::from).chain(fixed).collect();
        let cells = routes.iter().map(|_| array::from_fn(|_| OnceLock::new())).collect();
        Self { routes, cells }
    }

    /// Begins to measure a request on the route at this place of the table.
    pub(crate) fn web(&self, method: &Method, place: Option<usize>) -> Measure {
        let known = place.filter(|place| *place < self.routes.len() - 2);
        self.measure(method, known.unwrap_or(self.routes.len() - 1))
    }

    /// Begins to measure a request to the gateway.
    pub(crate) fn mcp(&self, method: &Method) -> Measure {
        self.measure(method, self.routes.len() - 2)
    }

    fn measure(&self, method: &Method, route: usize) -> Measure {
        let known = METHODS.iter().position(|known| method == known).unwrap_or(METHODS.len() - 1);
        let cell = self.cells[route][known]
            .get_or_init(|| Arc::new(Cell::new(METHODS[known], self.routes[route].clone())));
        Measure { cell: cell.clone(), began: Instant::now(), took: None, status: None }
    }
}

impl Cell {
    fn new(method: &'static str, route: Arc<str>) -> Self {
        let duration = metrics::histogram!(DURATION, "method" => method, "route" => route.clone());
        Self { route, method, duration, statuses: array::from_fn(|_| OnceLock::new()) }
    }

    fn counter(&self, status: &str) -> &Counter {
        let place = STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len() - 1);
        self.statuses[place].get_or_init(|| {
            let (route, status) = (self.route.clone(), STATUSES[place]);
            metrics::counter!(REQUESTS, "method" => self.method, "route" => route, "status" => status)
        })
    }
}

/// One request. It is counted when this is dropped, so that no way out of a request is missed.
#[must_use]
pub(crate) struct Measure {
    cell: Arc<Cell>,
    began: Instant,
    took: Option<Duration>,
    status: Option<StatusCode>,
}

impl Measure {
    /// The method, or `other`.
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "only a trace tells it"))]
    pub(crate) fn method(&self) -> &'static str {
        self.cell.method
    }

    /// The route's template, or `other`.
    #[cfg_attr(not(feature = "otlp"), expect(dead_code, reason = "only a trace tells it"))]
    pub(crate) fn route(&self) -> &str {
        &self.cell.route
    }

    /// The request is over; how long it took.
    pub(crate) fn end(&mut self) -> Duration {
        *self.took.get_or_insert_with(|| self.began.elapsed())
    }

    /// The answer began, with this status.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Measure {
    fn drop(&mut self) {
        // 499 is what proxies write for a client that left before the answer.
        self.cell.counter(self.status.as_ref().map_or("499", StatusCode::as_str)).increment(1);
        let took = self.end();
        self.cell.duration.record(took);
    }
}
