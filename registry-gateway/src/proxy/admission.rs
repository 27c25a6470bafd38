//! Admission: a call that may be made, and the record of how it went.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use registry_core::Registry;
use registry_core::access::{Permission, Resource};
use registry_core::error::AuthError;
use registry_core::limit::Decision;
use registry_core::model::audit::Origin;
use registry_core::model::server::ServerStatus;
use registry_core::service::{Grant, Use};

use super::Failure;
use super::client::Client;
use super::outcome::Outcome;
use super::pulse::Pulse;
use super::session::SessionScope;
use super::upstream::{Upstream, Upstreams};

/// A call that may be made. Its drop counts it, however it ended.
#[must_use]
pub(super) struct Admission {
    registry: Arc<Registry>,
    grant: Arc<Grant>,
    upstream: Arc<Upstream>,
    timeout: Duration,
    decision: Decision,
    peer: Option<IpAddr>,
    began: Instant,
    latency: Option<Duration>,
    is_error: bool,
    outcome: Outcome,
    bytes: u64,
}

impl Admission {
    /// Admits a call of the holder of `grant` to the server that `reference` names.
    pub(super) async fn of(
        registry: &Arc<Registry>,
        upstreams: &Upstreams,
        grant: Arc<Grant>,
        reference: &str,
        client: Client<'_>,
    ) -> Result<Self, Failure> {
        let began = Instant::now();
        if let Some(only) = grant.only_for().filter(|only| *only != reference) {
            require_same(registry, upstreams, &grant, only, reference).await?;
        }
        let upstream = reach(registry, upstreams, &grant, reference).await?;
        let custom = registry.preferences.custom_settings(&grant, upstream.server.id).await?;
        let own = custom.rate_limit.and_then(|l| registry.limits.preferred(&grant, upstream.server.id, l));
        let decision = registry
            .limits
            .take(&grant, [own.as_deref(), upstream.limit.as_deref()], || client.origin())
            .await;
        if !decision.is_allowed() {
            return Err(Failure::Limited(decision));
        }
        let own_timeout = custom.timeout_ms.map(|timeout| Duration::from_millis(timeout.into()));
        Ok(Self {
            registry: registry.clone(),
            grant,
            timeout: own_timeout.map_or(upstream.timeout, |own| own.min(upstream.timeout)),
            upstream,
            decision,
            peer: client.address,
            began,
            // An error until the upstream has answered: a client that goes away before is one.
            latency: None,
            is_error: true,
            outcome: Outcome::CLIENT_GONE,
            bytes: 0,
        })
    }

    /// How long the upstream may take to answer: as the server's settings say, or less if the user wants it so.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// What the call left of the limits.
    pub(super) fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Completes when the call would be admitted no more: an open stream ends with its key, or with its server. What
    /// cannot be judged because the store is away goes on.
    pub(super) fn withdrawn(
        &self,
        upstreams: Arc<Upstreams>,
        pulse: &Arc<Pulse>,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (registry, mut grant, id) = (self.registry.clone(), self.grant.clone(), self.upstream.server.id);
        let pulse = pulse.clone();
        async move {
            let mut beats = pulse.feel();
            drop(pulse);
            let reference = id.to_string();
            beats.first().await;
            loop {
                let judged = async {
                    grant = registry.auth.renew(&grant).await?;
                    reach(&registry, &upstreams, &grant, &reference).await
                };
                if judged.await.is_err_and(|failure| failure != Failure::Unavailable) {
                    return;
                }
                beats.next(&registry, &grant).await;
            }
        }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Whose sessions the call may use.
    pub(super) fn scope(&self) -> SessionScope {
        let (tenant, credential) = (self.grant.tenant_id(), self.grant.credential_id());
        SessionScope { tenant, credential, server: self.upstream.server.id }
    }

    pub(super) fn add_bytes(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// The upstream's answer began.
    pub(super) fn answered(&mut self, status: StatusCode) {
        self.latency = Some(self.began.elapsed());
        self.is_error = status.is_server_error() || status.is_client_error();
        self.outcome = Outcome::of_status(status);
    }

    /// The call failed, and is answered by the gateway itself.
    pub(super) fn failed(&mut self, failure: &Failure) {
        self.is_error = true;
        self.outcome = Outcome::of_failure(failure);
    }

    /// The upstream's answer broke off, or was silent for too long.
    pub(super) fn cut(&mut self) {
        self.is_error = true;
        self.outcome = Outcome::CUT;
    }
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
        let used = Use {
            is_error: self.is_error,
            bytes: self.bytes,
            latency: self.latency.unwrap_or_else(|| self.began.elapsed()),
            at: self.registry.clock().now(),
            ip_address: self.peer,
        };
        if let Some(key) = self.grant.usage() {
            self.registry.usage.count(key, &used);
        }
        self.registry.usage.count(&self.upstream.usage, &used);
        self.upstream.meter.record(self.outcome, used.latency);
    }
}
