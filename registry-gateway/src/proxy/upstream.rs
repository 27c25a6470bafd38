//! Upstreams made ready: a server with its URL parsed, its credentials ready, its counters at hand.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::Uri;
use quick_cache::Equivalent;
use registry_core::Registry;
use registry_core::cache::EpochCache;
use registry_core::limit::Bucket;
use registry_core::model::endpoint::Transport;
use registry_core::model::id::TenantId;
use registry_core::model::role::Role;
use registry_core::model::server::Server;
use registry_core::model::usage::UsageSubject;
use registry_core::service::{Grant, Route, UsageCell};
use url::{Position, Url};

use super::guard::{Guard, Guards};
use super::meter::{Meter, ServerMeter};
use super::{Failure, RequestBody};
use crate::credential::{Credential, Credentials};
use crate::dial::{Pool, Pools, UpstreamError};

/// How many upstreams are kept ready.
const MAX_UPSTREAMS: usize = 100_000;
/// The longest reference: a UUID, or the slug of a name of 100 characters.
const MAX_REFERENCE: usize = 100;

/// A server, ready to be called.
#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) server: Server,
    /// Where its endpoint is; `None` if it speaks no streamable HTTP, and is called through the bridge.
    pub(super) http: Option<Http>,
    pub(super) credentials: Credential,
    pub(super) timeout: Duration,
    pub(super) usage: Arc<UsageCell>,
    /// Its own limit, which all who call it share.
    pub(super) limit: Option<Arc<Bucket>>,
    pub(super) meter: ServerMeter,
    /// What keeps too many calls from it, and calls from it while it fails.
    pub(super) guard: Arc<Guard>,
    withheld: Vec<String>,
}

impl Upstream {
    fn new(registry: &Registry, route: Route, shared: &Upstreams) -> Result<Self, Failure> {
        let Route { server, auth, withheld } = route;
        let url = server.endpoint.url();
        let http = match server.endpoint.transport() {
            Transport::Http => Some(Http::new(url, &shared.pools)?),
            Transport::Sse | Transport::Websocket | Transport::Stdio => None,
        };
        Ok(Self {
            http,
            credentials: shared.credentials.of(&auth, url).map_err(|_| Failure::Internal)?,
            timeout: Duration::from_millis(server.settings.timeout_ms.into()),
            limit: registry.limits.of_server(&server),
            usage: Arc::new(UsageCell::new(UsageSubject::Server(server.id))),
            meter: shared.meter.of_server(server.id),
            guard: shared.guards.of(&server, &shared.meter),
            withheld,
            server,
        })
    }

    /// The tools that nobody may call until somebody approves them, in order.
    pub(super) fn withheld(&self) -> &[String] {
        &self.withheld
    }
}

/// A streamable HTTP endpoint.
#[derive(Debug)]
pub(super) struct Http {
    /// The path and query of its URL.
    pub(super) uri: Uri,
    pub(super) pool: Arc<Pool<RequestBody>>,
}

impl Http {
    fn new(url: &Url, pools: &Arc<Pools<RequestBody>>) -> Result<Self, Failure> {
        let uri = url[Position::BeforePath..Position::AfterQuery].parse().map_err(|_| Failure::Internal)?;
        Ok(Self { uri, pool: pools.of(url).map_err(UpstreamError::from)? })
    }
}

/// What a path's `{server}` means depends on whose key it is, and on whether that key reaches every tenant.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    tenant: TenantId,
    role: Role,
    reference: Box<str>,
}

struct KeyRef<'a> {
    tenant: TenantId,
    role: Role,
    reference: &'a str,
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.tenant, self.role, self.reference).hash(state);
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.tenant == key.tenant && self.role == key.role && *self.reference == *key.reference
    }
}

/// The upstreams that were called lately.
pub(super) struct Upstreams {
    ready: EpochCache<Key, Arc<Upstream>>,
    /// The registry's epoch of servers that `ready` was filled in.
    epoch: AtomicU64,
    meter: Arc<Meter>,
    guards: Arc<Guards>,
    credentials: Credentials,
    pools: Arc<Pools<RequestBody>>,
}

impl Upstreams {
    pub(super) fn new(
        is_shared: bool,
        guards: Arc<Guards>,
        credentials: Credentials,
        pools: Arc<Pools<RequestBody>>,
    ) -> Self {
        Self {
            ready: EpochCache::new(MAX_UPSTREAMS, is_shared),
            epoch: AtomicU64::new(0),
            meter: Arc::new(Meter::new()),
            guards,
            credentials,
            pools,
        }
    }

    /// The meter of all calls.
    pub(super) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The upstream that `reference` names for the holder of `grant`. Whether the holder sees it is judged by the
    /// caller, at each call.
    pub(super) async fn get(
        &self,
        registry: &Registry,
        grant: &Grant,
        reference: &str,
    ) -> Result<Arc<Upstream>, Failure> {
        self.follow(registry.servers.epoch());
        let key = KeyRef { tenant: grant.tenant_id(), role: grant.role(), reference };
        match self.ready.get(&key) {
            Some(upstream) => Ok(upstream),
            // Boxed, for it is large and rare.
            None => Box::pin(self.load(registry, grant, &key)).await,
        }
    }

    async fn load(
        &self,
        registry: &Registry,
        grant: &Grant,
        key: &KeyRef<'_>,
    ) -> Result<Arc<Upstream>, Failure> {
        let start = self.ready.start_load(key);
        let route = registry.servers.route(grant, key.reference).await?;
        let upstream = Arc::new(Upstream::new(registry, route, self)?);
        let key = Key { tenant: key.tenant, role: key.role, reference: key.reference.into() };
        self.ready.insert(key, upstream.clone(), start);
        Ok(upstream)
    }

    /// Ends all that is ready when a server changed.
    fn follow(&self, epoch: u64) {
        if self.epoch.load(Ordering::SeqCst) != epoch {
            self.ready.end_all();
            self.epoch.fetch_max(epoch, Ordering::SeqCst);
        }
    }
}

/// The `{server}` of `/mcp/{server}`: one segment of letters, digits and hyphens. All else names no server.
pub(super) fn reference(path: &str) -> Option<&str> {
    let reference = path.strip_prefix("/mcp/")?;
    let plain = reference.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plain && !reference.is_empty() && reference.len() <= MAX_REFERENCE).then_some(reference)
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn an_odd_server_id_names_no_server() {
        assert_eq!(reference("/mcp/my-server"), Some("my-server"));
        for odd in
            ["/mcp", "/mcp/", "/mcp/a/b", "/mcp/a%2fb", "/mcp/..", "/mcp/a b", "/mcp/*", "/mcp/ä", "/mcpx/a"]
        {
            assert_eq!(reference(odd), None, "{odd}");
        }
        assert_eq!(reference(&format!("/mcp/{}", "a".repeat(101))), None);
    }
}
