//! Admission: a call that may be made, and the record of how it went.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::StatusCode;
use registry_core::Registry;
use registry_core::access::{Permission, Resource};
use registry_core::model::audit::Origin;
use registry_core::model::server::ServerStatus;
use registry_core::service::{Grant, Use};

use super::Failure;
use super::session::SessionScope;
use super::upstream::{Upstream, Upstreams};

/// How often it is asked whether an open stream may go on: the time in which a revoked key's streams end.
const RECHECK_INTERVAL: Duration = Duration::from_millis(900);

/// A call that may be made. Its drop counts it, however it ended.
#[must_use]
pub(super) struct Admission {
    registry: Arc<Registry>,
    grant: Arc<Grant>,
    upstream: Arc<Upstream>,
    peer: Option<IpAddr>,
    began: Instant,
    latency: Option<Duration>,
    is_error: bool,
    bytes: u64,
}

impl Admission {
    /// Admits a call with `key` to the server that `reference` names.
    pub(super) async fn of(
        registry: &Arc<Registry>,
        upstreams: &Upstreams,
        key: &str,
        reference: &str,
        peer: Option<IpAddr>,
    ) -> Result<Self, Failure> {
        let began = Instant::now();
        let grant = registry.auth.authenticate(key).await?;
        let upstream = reach(registry, upstreams, &grant, reference).await?;
        // An error until the upstream has answered: a client that goes away before is one.
        let (latency, is_error, bytes) = (None, true, 0);
        Ok(Self { registry: registry.clone(), grant, upstream, peer, began, latency, is_error, bytes })
    }

    /// Completes when the call would be admitted no more: an open stream ends with its key, or with its server. What
    /// cannot be judged because the store is away goes on.
    pub(super) fn withdrawn(&self, upstreams: Arc<Upstreams>) -> impl Future<Output = ()> + Send + 'static {
        let (registry, grant, id) = (self.registry.clone(), self.grant.clone(), self.upstream.server.id);
        async move {
            let reference = id.to_string();
            loop {
                tokio::time::sleep(RECHECK_INTERVAL).await;
                let judged = async {
                    let grant = registry.auth.renew(&grant).await?;
                    reach(&registry, &upstreams, &grant, &reference).await
                };
                if judged.await.is_err_and(|failure| failure != Failure::Unavailable) {
                    return;
                }
            }
        }
    }

    pub(super) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Whose sessions the call may use.
    pub(super) fn scope(&self) -> SessionScope {
        let key = &self.grant.holder().key;
        SessionScope { tenant: key.tenant_id, key: key.id, server: self.upstream.server.id }
    }

    pub(super) fn add_bytes(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// The upstream's answer began.
    pub(super) fn answered(&mut self, status: StatusCode) {
        self.latency = Some(self.began.elapsed());
        self.is_error = status.is_server_error() || status.is_client_error();
    }

    /// The call failed, before or while it was answered.
    pub(super) fn failed(&mut self) {
        self.is_error = true;
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
        self.registry.usage.count(self.grant.usage(), &used);
        self.registry.usage.count(&self.upstream.usage, &used);
    }
}
