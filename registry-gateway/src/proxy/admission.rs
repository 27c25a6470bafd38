//! Admission: a call that may be made, and the record of how it went.

mod withdrawal;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::StatusCode;
use registry_core::Registry;
use registry_core::access::{Permission, Resource};
use registry_core::error::AuthError;
use registry_core::limit::{Bucket, Decision};
use registry_core::model::audit::Origin;
use registry_core::model::server::ServerStatus;
use registry_core::model::usage::CallError;
use registry_core::service::{Grant, UsageCell, Use};

use super::Failure;
use super::client::Client;
use super::door::ToolRules;
use super::guard::{Entry, Seat};
use super::holders::Holders;
use super::outcome::Outcome;
use super::session::SessionScope;
use super::upstream::{Upstream, Upstreams};
use super::verdict::Verdict;

/// A call that may be made. Its drop counts it, however it ended. Boxed, as it is handed on from the call to its answer's body.
#[must_use]
pub(super) struct Admission {
    registry: Arc<Registry>,
    grant: Arc<Grant>,
    upstream: Arc<Upstream>,
    timeout: Duration,
    decision: Decision,
    /// The limit that who calls set for itself.
    own_limit: Option<Arc<Bucket>>,
    peer: Option<IpAddr>,
    began: Instant,
    latency: Option<Duration>,
    /// Whose doing it is if the call failed.
    error: Option<CallError>,
    outcome: Outcome,
    bytes_in: u64,
    /// Of a request that does not say its length.
    coming_in: Option<Arc<AtomicU64>>,
    bytes_out: u64,
    /// Its place at the upstream, once it has one.
    entry: Option<Entry>,
}

impl Admission {
    /// Admits a call of the holder of `grant` to the server that `reference` names.
    pub(super) async fn of(
        registry: &Arc<Registry>,
        upstreams: &Upstreams,
        grant: Arc<Grant>,
        reference: &str,
        client: Client<'_>,
    ) -> Result<Box<Self>, Failure> {
        let began = Instant::now();
        if let Some(only) = grant.only_for().filter(|only| *only != reference) {
            // Boxed here, as what else is rare.
            Box::pin(require_same(registry, upstreams, &grant, only, reference)).await?;
        }
        let upstream = match reach(registry, upstreams, &grant, reference).await {
            Ok(upstream) => upstream,
            Err(failure) => return Err(Box::pin(counted(registry, &grant, client, failure)).await),
        };
        let custom = registry.preferences.custom_settings(&grant, upstream.server.id).await?;
        let own = custom.rate_limit.and_then(|l| registry.limits.preferred(&grant, upstream.server.id, l));
        let decision = registry
            .limits
            .take(&grant, [own.as_deref(), upstream.limit.as_deref()], || client.origin())
            .await;
        if !decision.is_allowed() {
            count(registry, &grant, &upstream.usage, &limited(registry, client.address));
            return Err(Failure::Limited(decision));
        }
        let own_timeout = custom.timeout_ms.map(|timeout| Duration::from_millis(timeout.into()));
        Ok(Box::new(Self {
            registry: registry.clone(),
            grant,
            timeout: own_timeout.map_or(upstream.timeout, |own| own.min(upstream.timeout)),
            upstream,
            decision,
            own_limit: own,
            peer: client.address,
            began,
            // An error until the upstream has answered: a client that goes away before is one.
            latency: None,
            error: Some(CallError::Client),
            outcome: Outcome::CLIENT_GONE,
            bytes_in: 0,
            coming_in: None,
            bytes_out: 0,
            entry: None,
        }))
    }

    /// How long the upstream may take to answer: as the server's settings say, or less if the user wants it so.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// What the call left of the limits.
    pub(super) fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Takes `more` calls from the limits, for the further messages of a batch.
    pub(super) async fn take(&self, more: usize) -> Result<(), Failure> {
        for _ in 0..more {
            let extras = [self.own_limit.as_deref(), self.upstream.limit.as_deref()];
            let origin = || Origin::new(self.peer, None, None);
            let decision = self.registry.limits.take(&self.grant, extras, origin).await;
            if !decision.is_allowed() {
                return Err(Failure::Limited(decision));
            }
        }
        Ok(())
    }

    /// Those who have what the call begins.
    pub(super) fn holders(&self) -> Arc<Holders> {
        Holders::of(self.grant.clone())
    }

    /// Notes who calls among those who have what the call is about.
    pub(super) fn holds(&self, holders: &Holders) {
        holders.note(&self.grant);
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Whose sessions the call may use.
    pub(super) fn scope(&self) -> SessionScope {
        let (tenant, credential) = (self.grant.tenant_id(), self.grant.credential_id());
        SessionScope { tenant, credential, server: self.upstream.server.id }
    }

    /// Which tools it may call.
    pub(super) fn tools(&self) -> ToolRules<'_> {
        ToolRules { allowed: self.grant.tools(), withheld: self.upstream.withheld() }
    }

    /// The request's body has so many bytes.
    pub(super) fn receives(&mut self, bytes: u64) {
        self.bytes_in = bytes;
    }

    /// The bytes of the request's body are counted here.
    pub(super) fn receives_as_it_comes(&mut self, bytes: Arc<AtomicU64>) {
        self.coming_in = Some(bytes);
    }

    /// So many bytes of the answer's body go to the client.
    pub(super) fn sends(&mut self, bytes: u64) {
        self.bytes_out += bytes;
    }

    /// The upstream says that it lists other things now.
    pub(super) fn lists_changed(&self) {
        self.registry.health.refresh_soon(self.upstream.server.id);
    }

    /// Waits for its turn at the upstream.
    pub(super) async fn enter(&mut self, seat: Seat) -> Result<(), Failure> {
        self.entry = Some(self.upstream.guard.enter(seat, self.timeout).await?);
        Ok(())
    }

    /// Takes a place for a stream that asks the upstream for nothing: whether it fails is no matter.
    pub(super) fn sit(&mut self) -> Result<(), Failure> {
        self.entry = Some(self.upstream.guard.sit()?);
        Ok(())
    }

    /// The answer is a stream that is only listened on.
    pub(super) fn listen(&mut self) -> Result<(), Failure> {
        self.entry.as_mut().map_or(Ok(()), Entry::become_stream)
    }

    /// The upstream's answer began. It is known to be good once it is whole, but a stream may never be,
    /// and all others wait for a trial.
    pub(super) fn answered(&mut self, status: StatusCode, is_stream: bool) {
        let verdict = Verdict::of_status(status);
        let is_trial = self.entry.as_ref().is_some_and(Entry::is_trial);
        if is_stream || is_trial || verdict == Verdict::Failed {
            self.settle(verdict);
        }
        self.begins(status);
    }

    /// The gateway's own answer of this status begins, which says nothing of the upstream.
    pub(super) fn begins(&mut self, status: StatusCode) {
        self.latency = Some(self.began.elapsed());
        self.error = match status {
            status if status.is_client_error() => Some(CallError::Client),
            status if status.is_server_error() => Some(CallError::Upstream),
            _ => None,
        };
        self.outcome = Outcome::of_status(status);
    }

    /// The call failed, and is answered by the gateway itself.
    pub(super) fn failed(&mut self, failure: &Failure) {
        if let Some(entry) = &mut self.entry {
            entry.settle(entry.verdict(failure));
        }
        self.error = Some(failure.whose());
        self.outcome = Outcome::of_failure(failure);
    }

    /// The upstream's answer is whole.
    pub(super) fn ended(&mut self) {
        self.settle(Verdict::Well);
    }

    /// The upstream's answer broke off, or was silent for too long; whether that is the upstream's failure.
    pub(super) fn cut(&mut self, whose: CallError, is_failure: bool) {
        if let Some(entry) = self.entry.as_mut().filter(|_| is_failure) {
            entry.broke();
        }
        self.error = Some(whose);
        self.outcome = Outcome::CUT;
    }

    /// What is known of the upstream's health by this call; the first word counts.
    pub(super) fn settle(&mut self, verdict: Verdict) {
        if let Some(entry) = &mut self.entry {
            entry.settle(verdict);
        }
    }
}

/// A call that is not admitted is taken from its caller's limits as one that is: whoever tries out names is slowed down.
async fn counted(registry: &Registry, grant: &Grant, client: Client<'_>, failure: Failure) -> Failure {
    let decision = registry.limits.take(grant, [None, None], || client.origin()).await;
    if decision.is_allowed() { failure } else { Failure::Limited(decision) }
}

/// A token for one server is refused for what is not that server, be it there or not. A server has several references:
/// its id, and its name in a URL, in whatever case.
async fn require_same(
    registry: &Registry,
    upstreams: &Upstreams,
    grant: &Grant,
    only: &str,
    reference: &str,
) -> Result<(), Failure> {
    let named = upstreams.get(registry, grant, only).await.map_err(refused)?;
    let called = upstreams.get(registry, grant, reference).await.map_err(refused)?;
    if named.server.id == called.server.id { Ok(()) } else { Err(Failure::Auth(AuthError::Refused)) }
}

fn refused(failure: Failure) -> Failure {
    match failure {
        Failure::NoSuchServer => Failure::Auth(AuthError::Refused),
        failure => failure,
    }
}

/// The upstream that `reference` names, if the holder of `grant` may call it now.
async fn reach(
    registry: &Registry,
    upstreams: &Upstreams,
    grant: &Grant,
    reference: &str,
) -> Result<Arc<Upstream>, Failure> {
    let upstream = upstreams.get(registry, grant, reference).await?;
    if !upstream.server.is_visible_to(&grant.caller(Origin::default())) {
        return Err(Failure::NoSuchServer);
    }
    if !grant.allows(Permission::McpInvoke) {
        return Err(Failure::Scope);
    }
    match upstream.server.status {
        ServerStatus::Active => Ok(upstream),
        status => Err(Failure::NotActive(status)),
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let latency = self.latency.unwrap_or_else(|| self.began.elapsed());
        let used = Use {
            error: self.error,
            bytes_in: self.coming_in.as_ref().map_or(self.bytes_in, |bytes| bytes.load(Ordering::Relaxed)),
            bytes_out: self.bytes_out,
            latency: Some(latency),
            at: self.registry.clock().now(),
            ip_address: self.peer,
        };
        count(&self.registry, &self.grant, &self.upstream.usage, &used);
        self.upstream.meter.record(self.outcome, latency);
    }
}

/// Counts a use of a key and of the server that it calls.
fn count(registry: &Registry, grant: &Grant, server: &Arc<UsageCell>, used: &Use) {
    if let Some(key) = grant.usage() {
        registry.usage.count(key, used);
    }
    registry.usage.count(server, used);
}

/// A call that a limit keeps from its server.
fn limited(registry: &Registry, ip_address: Option<IpAddr>) -> Use {
    let (error, at) = (Some(CallError::Limited), registry.clock().now());
    Use { error, bytes_in: 0, bytes_out: 0, latency: None, at, ip_address }
}
