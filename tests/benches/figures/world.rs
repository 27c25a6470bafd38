//! A registry on a store, and the caller that the measurements act as.

use std::sync::Arc;

use anyhow::{Context, Result};
use registry_core::Registry;
use registry_core::access::Caller;
use registry_core::clock::SystemClock;
use registry_core::conformance::sample;
use registry_core::limit::{Limiter, Quota, RateLimits};
use registry_core::model::audit::EventType;
use registry_core::model::id::ServerId;
use registry_core::model::key::{ApiKey, KeySecret};
use registry_core::model::role::{Role, Scopes};
use registry_core::model::settings::RateLimit;
use registry_core::model::user::User;
use registry_core::secret::Keyring;
use registry_core::service::{Policy, RegistryParts};
use registry_core::store::Store;
use registry_gateway::dial::{Dialer, EgressPolicy, UpstreamTls};
use registry_gateway::probe::UpstreamProbe;

/// The most that a key may be allowed, for clients of a known pace.
pub(crate) const HIGHEST: RateLimit = RateLimit { rpm: 10_000, burst: 1_000 };
/// A limit that is counted against, and never reached. PostgreSQL does not keep a key with it.
pub(crate) const UNREACHED: RateLimit = RateLimit { rpm: Quota::MAX, burst: Quota::MAX };

/// The tenant of the measurements.
const TENANT: &str = "bench";

/// A registry with one tenant and an owner of servers in it.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) caller: Caller,
    pub(crate) owner: User,
}

impl World {
    /// A world on this store, with the parts that the service has.
    pub(crate) async fn on(store: Arc<dyn Store>) -> Result<Self> {
        let dialer = Dialer::new(EgressPolicy::new(Vec::new()).allow_loopback(true), UpstreamTls::new()?);
        let registry = Arc::new(Registry::new(RegistryParts {
            store: store.clone(),
            probe: Arc::new(UpstreamProbe::new(dialer)),
            clock: Arc::new(SystemClock),
            keyring: Keyring::parse(&Keyring::generate(&SystemClock))?,
            policy: Policy { limits: RateLimits::unlimited(), ..Policy::default() },
            tokens: None,
            limiter: Limiter::local(),
        }));
        let caller = registry.setup.operator(TENANT, "owner", Role::ServerOwner).await?;
        let owner = store.user(caller.reach(), caller.user_id()).await?.context("the owner is there")?;
        Ok(Self { store, registry, caller, owner })
    }

    /// A key of the owner that reads and calls servers: this one, or all that the owner sees.
    pub(crate) async fn key(&self, server_id: Option<ServerId>, rate_limit: RateLimit) -> Result<KeySecret> {
        self.put_key(&self.owner, Scopes::of_registration(), server_id, rate_limit).await
    }

    /// A key of the owner that may do all that it may.
    pub(crate) async fn full_key(&self) -> Result<KeySecret> {
        self.put_key(&self.owner, Scopes::all(), None, HIGHEST).await
    }

    /// A key of another user of the tenant that reads servers. The user is made if it is not there.
    pub(crate) async fn reading_key(&self, name: &str) -> Result<KeySecret> {
        let caller = self.registry.setup.operator(TENANT, name, Role::ServerOwner).await?;
        let user = self.store.user(caller.reach(), caller.user_id()).await?.context("the user is there")?;
        self.put_key(&user, Scopes::default(), None, HIGHEST).await
    }

    async fn put_key(
        &self,
        user: &User,
        scopes: Scopes,
        server_id: Option<ServerId>,
        rate_limit: RateLimit,
    ) -> Result<KeySecret> {
        let secret = KeySecret::generate(&SystemClock);
        let (digest, prefix) = (secret.digest(), secret.shown_prefix());
        let sample = sample::key(&SystemClock, user, "bench");
        let key = ApiKey { digest, prefix, scopes, server_id, rate_limit, ..sample };
        let event =
            sample::event(&SystemClock, self.owner.tenant_id, EventType::ApiKeyGenerated, Some(key.id.0));
        self.store.create_key(&key, event).await?;
        Ok(secret)
    }
}
