//! The proxy: `/mcp/{server}` in, the upstream's streamable HTTP endpoint out.
//!
//! A call is admitted (`admission`), its headers are judged (`headers`), its session handle is opened
//! (`session`), and its bodies are passed on both ways as they come (`body`); a request's is read only if something
//! depends on what it says (`door`). Whatever fails is
//! answered with the right HTTP status and a JSON-RPC error (`answer`). When the client goes away, hyper drops the
//! call or the answer's body, and with it the upstream connection.
//!
//! An upstream that speaks no streamable HTTP is called through the `bridge`.

mod admission;
mod answer;
mod body;
mod bridge;
mod challenge;
mod client;
mod cors;
mod credential;
mod door;
mod exchange;
mod failure;
#[cfg(test)]
mod fuzz;
mod guard;
pub mod head;
mod headers;
mod holders;
mod limit;
mod linger;
mod list_changed;
mod meter;
mod mirror;
mod outcome;
mod pulse;
mod refusal;
mod replay;
mod retry;
mod session;
mod spare;
mod upstream;
mod verdict;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use hyper::body::Incoming;
use registry_core::Registry;
use registry_core::error::AuthError;
use registry_core::model::audit::EventType;
use registry_core::service::{AddressUse, Grant, Refused};
use tokio_util::sync::CancellationToken;

pub use body::AnswerBody;
pub use bridge::{SessionLimits, UnsupportedVersion};
pub use challenge::{Discovery, WELL_KNOWN};
pub use client::Client;
pub use credential::presented;
pub use failure::Failure;
pub use guard::GuardLimits;
pub use limit::{RATE_LIMIT, RATE_LIMIT_POLICY, tell as tell_limit};
pub use linger::{LingeringBody, MAX_LINGER_BYTES, MAX_LINGER_TIME};
pub use pulse::{Beats, Pulse};
pub use refusal::Refusal;

use self::admission::Admission;
use self::body::Stop;
use self::bridge::Bridge;
use self::guard::Guards;
use self::replay::ReplayBody;
use self::upstream::Upstreams;
use crate::credential::Credentials;
use crate::dial::{Dialer, PooledBody, Pools};
use crate::transport::Channels;

/// Bounds of the proxy. A server's own settings bound the time of a call.
#[derive(Debug, Clone)]
pub struct ProxyLimits {
    /// The largest body of a request, in bytes.
    pub max_request_bytes: usize,
    /// How long an answer's body may be silent before it is cut. Event streams may be silent for long.
    pub stream_idle_timeout: Duration,
    /// The values of `Origin` that browsers may call from; without it an `Origin` is refused.
    pub allowed_origins: Vec<HeaderValue>,
    /// How clients without a credential find out where to get one.
    pub discovery: Discovery,
    /// Bounds of the calls to one upstream.
    pub guard: GuardLimits,
    /// Bounds of the sessions with servers whose transport is not streamable HTTP.
    pub sessions: SessionLimits,
}

impl Default for ProxyLimits {
    fn default() -> Self {
        Self {
            max_request_bytes: 4 * 1024 * 1024,
            stream_idle_timeout: Duration::from_secs(15 * 60),
            allowed_origins: Vec::new(),
            discovery: Discovery::default(),
            guard: GuardLimits::default(),
            sessions: SessionLimits::default(),
        }
    }
}

/// The body that goes up: the client's, bounded.
type RequestBody = ReplayBody;
/// The body that comes down.
type UpstreamBody = PooledBody<RequestBody>;

/// Proxies MCP calls.
pub struct Proxy {
    registry: Arc<Registry>,
    upstreams: Arc<Upstreams>,
    bridge: Bridge,
    pulse: Arc<Pulse>,
    limits: ProxyLimits,
    /// Ends the streams that would go on for ever.
    stop: CancellationToken,
}

impl Proxy {
    /// A proxy that connects through `dialer`, and fetches tokens of its own.
    pub fn new(registry: Arc<Registry>, dialer: Dialer, limits: ProxyLimits) -> Self {
        let credentials = Credentials::new(dialer.clone());
        Self::with_credentials(registry, dialer, credentials, limits)
    }

    /// A proxy that connects through `dialer` and gets its `credentials` where the probe gets them too.
    pub fn with_credentials(
        registry: Arc<Registry>,
        dialer: Dialer,
        credentials: Credentials,
        limits: ProxyLimits,
    ) -> Self {
        let guards = Arc::new(Guards::new(limits.guard.clone(), registry.clock().clone()));
        registry.servers.watch_circuits(guards.clone());
        let upstreams =
            Arc::new(Upstreams::new(registry.is_shared(), guards, credentials, Pools::new(dialer.clone())));
        let pulse = Pulse::new(registry.clone());
        let channels = Channels::new(dialer);
        let bridge = Bridge::new(registry.clone(), upstreams.clone(), pulse.clone(), channels, &limits);
        Self { registry, bridge, upstreams, pulse, limits, stop: CancellationToken::new() }
    }

    /// Ends the streams that clients only listen on (GET) when `stop` is cancelled; calls go on to their end.
    #[must_use]
    pub fn listening_until(self, stop: CancellationToken) -> Self {
        let bridge = self.bridge.listening_until(stop.clone());
        Self { stop, bridge, ..self }
    }

    /// Opens the connections to servers whose transport is not streamable HTTP with `channels`, which may have
    /// launchers of processes.
    #[must_use]
    pub fn with_channels(self, channels: Channels) -> Self {
        Self { bridge: self.bridge.with_channels(channels), ..self }
    }

    /// Answers one request for `/mcp/{server}` of a client at this address, whose request has this id; failures are
    /// answers too.
    pub fn call(
        &self,
        request: Request<Incoming>,
        address: Option<IpAddr>,
        request_id: Option<&str>,
    ) -> impl Future<Output = Response<AnswerBody>> + Send {
        let (parts, body) = request.into_parts();
        let body = LingeringBody::new(body);
        // The future of an async function has twice what it is called with, and is copied with it: so only this one has the
        // request's head, and the others look at it.
        async move {
            let client = Client { address, request_id, headers: Some(&parts.headers) };
            let answer = self.with_cors(&parts, body, client).await;
            spare::give_back(parts.headers);
            answer
        }
    }

    async fn with_cors(
        &self,
        parts: &Parts,
        body: LingeringBody,
        client: Client<'_>,
    ) -> Response<AnswerBody> {
        let origin = match cors::origin(&parts.headers, &self.limits.allowed_origins) {
            Ok(origin) => origin,
            Err(failure) => {
                self.upstreams.meter().refused(&failure);
                return failure.into_response(&HeaderValue::from_static("Bearer"));
            }
        };
        let mut response = match &origin {
            Some(_) if cors::is_preflight(parts) => cors::preflight(),
            _ => self.proxy(parts, body, client).await,
        };
        if let Some(origin) = origin {
            cors::expose(response.headers_mut(), origin);
        }
        response
    }

    async fn proxy(&self, parts: &Parts, body: LingeringBody, client: Client<'_>) -> Response<AnswerBody> {
        match self.admit(parts, client).await {
            Ok(admission) => self.forward(parts, body, admission).await,
            Err(failure) => self.refuse(parts, failure),
        }
    }

    fn refuse(&self, parts: &Parts, failure: Failure) -> Response<AnswerBody> {
        self.upstreams.meter().refused(&failure);
        let challenge = self.limits.discovery.challenge(&parts.headers, parts.uri.path());
        failure.into_response(&challenge)
    }

    /// Who calls, what it calls, and whether it may.
    async fn admit(&self, parts: &Parts, client: Client<'_>) -> Result<Box<Admission>, Failure> {
        if ![Method::GET, Method::POST, Method::DELETE].contains(&parts.method) {
            return Err(Failure::Method);
        }
        let grant = match self.authenticate(&parts.headers).await {
            Err(Failure::Auth(error)) => return Err(Box::pin(self.refused(error, client)).await),
            grant => grant?,
        };
        let reference = upstream::reference(parts.uri.path()).ok_or(Failure::NoSuchServer)?;
        Admission::of(&self.registry, &self.upstreams, grant, reference, client).await
    }

    async fn authenticate(&self, headers: &HeaderMap) -> Result<Arc<Grant>, Failure> {
        let presented = credential::presented(headers)?;
        Ok(self.registry.auth.authenticate(presented).await?)
    }

    /// A credential that is refused counts against the limit of its address, and is told to the audit log.
    async fn refused(&self, error: AuthError, client: Client<'_>) -> Failure {
        let origin = client.origin();
        let decision = self.registry.limits.take_address(AddressUse::Refused, &origin).await;
        if error != AuthError::Missing {
            let who = Refused::Address(client.address.map(Into::into));
            self.registry.refusals.note(EventType::AuthenticationFailed, who, "credential", origin);
        }
        if decision.is_allowed() { Failure::Auth(error) } else { Failure::Limited(decision) }
    }

    async fn forward(
        &self,
        parts: &Parts,
        body: LingeringBody,
        admission: Box<Admission>,
    ) -> Response<AnswerBody> {
        let decision = *admission.decision();
        let mut answer = match admission.upstream().http {
            Some(_) => self.exchanged(parts, body, admission).await,
            // Boxed, for it is large: the future of every call would have to make room for it.
            None => Box::pin(self.bridge.call(parts, body, admission)).await,
        };
        limit::tell(answer.headers_mut(), &decision);
        answer
    }

    async fn exchanged(
        &self,
        parts: &Parts,
        body: LingeringBody,
        mut admission: Box<Admission>,
    ) -> Response<AnswerBody> {
        match self.exchange(parts, body, &mut admission).await {
            Ok(response) => self.answer(response, admission, headers::listens(&parts.method, &parts.headers)),
            Err(failure) => {
                admission.failed(&failure);
                tracing::warn!(server = %admission.upstream().server.id, failure = failure.code(), "a call failed");
                failure.into_response(&HeaderValue::from_static("Bearer"))
            }
        }
    }

    fn answer(
        &self,
        response: Response<UpstreamBody>,
        mut admission: Box<Admission>,
        only_listens: bool,
    ) -> Response<AnswerBody> {
        let (parts, body) = response.into_parts();
        let is_stream = headers::is_event_stream(&parts.headers);
        admission.answered(parts.status, is_stream);
        if http_body::Body::is_end_stream(&body) {
            // Nobody will ask for more of it.
            admission.ended();
        }
        let (idle, stop) = match is_stream {
            true => (self.limits.stream_idle_timeout, Some(self.stop_of(&admission, only_listens))),
            false => (admission.upstream().timeout, None),
        };
        let mut answer = Response::new(AnswerBody::streaming(body, idle, stop, admission));
        *answer.status_mut() = parts.status;
        *answer.headers_mut() = headers::downward(parts.headers);
        answer
    }

    /// What ends an event stream: that the call would be admitted no more, and for a stream that would go on for ever,
    /// that the service stops.
    fn stop_of(&self, admission: &Admission, only_listens: bool) -> Stop {
        let withdrawn = admission.withdrawn(self.upstreams.clone(), &self.pulse);
        match only_listens {
            true => {
                let stop = self.stop.clone().cancelled_owned();
                Box::pin(async move {
                    tokio::select! { () = withdrawn => {} () = stop => {} }
                })
            }
            false => Box::pin(withdrawn),
        }
    }
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxy").field("limits", &self.limits).finish_non_exhaustive()
    }
}
