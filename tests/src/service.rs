//! The real service in this process, on a real port.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use registry_core::Registry;
use registry_core::chain::Verdict;
use registry_core::clock::SystemClock;
use registry_core::identity::TokenVerifier;
use registry_core::limit::{Limiter, RateLimits, SystemTicks, Ticks};
use registry_core::model::role::Role;
use registry_core::secret::Keyring;
use registry_core::service::{DEFAULT_CONCURRENCY, MonitorSettings, Policy, RegistryParts};
use registry_gateway::credential::Credentials;
use registry_gateway::dial::{Dialer, EgressPolicy, UpstreamTls};
use registry_gateway::launcher::Launchers;
use registry_gateway::probe::UpstreamProbe;
use registry_gateway::proxy::{Proxy, ProxyLimits};
use registry_gateway::transport::Channels;
use registry_gateway::webhook::WebhookClient;
use registry_http::app;
use registry_http::listen::EventLoops;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::actor::Actor;
use crate::client::Client;
use crate::clock::ManualClock;
use crate::database::Database;
use crate::store::{Place, StoreKind};
use crate::wait::within;

/// How long the service may take to stop.
const STOP: Duration = Duration::from_secs(30);
/// How many threads drive connections: as in the binary more than one, so that a client's may be on different ones.
const EVENT_LOOPS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// Nobody checks a server but who is asked to, so that a test sees what it does alone.
const UNWATCHED: MonitorSettings = MonitorSettings { scheduled: false, concurrency: DEFAULT_CONCURRENCY };

/// How a service is started.
#[derive(Clone)]
pub struct Options {
    /// What the operator decides. There are no rate limits unless a test says so.
    pub policy: Policy,
    /// What the service is besides its registry and gateway: bounds of the listener, site, OpenID providers, and whether
    /// servers are checked without being asked, which they are not unless a test says so.
    pub app: app::Options,
    /// Bounds of the proxy.
    pub proxy: ProxyLimits,
    /// Whether upstreams on loopback are refused; they are allowed unless a test says so.
    pub refuse_loopback: bool,
    /// What may be started for servers over stdio.
    pub launchers: Launchers,
    /// Who checks bearer tokens.
    pub tokens: Option<Arc<dyn TokenVerifier>>,
    /// The time of the rate limits.
    pub ticks: Arc<dyn Ticks>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            policy: Policy { limits: RateLimits::unlimited(), ..Policy::default() },
            app: app::Options { monitor: UNWATCHED, ..app::Options::default() },
            proxy: ProxyLimits::default(),
            refuse_loopback: false,
            launchers: Launchers::default(),
            tokens: None,
            ticks: Arc::new(SystemTicks::default()),
        }
    }
}

/// A running service. [`Service::stop`] stops it and removes its data.
pub struct Service {
    /// What the service serves: for tenants, users and keys, and to look behind the API.
    pub registry: Arc<Registry>,
    /// The service's clock.
    pub clock: Arc<ManualClock>,
    /// Which store it runs on.
    pub kind: StoreKind,
    /// Where it listens.
    pub address: SocketAddr,
    options: Options,
    keys: SecretString,
    place: Place,
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

/// Starts a service on this store, runs the test, stops it, and verifies that its audit chains are whole.
pub async fn run(kind: StoreKind, test: impl AsyncFnOnce(&Service)) {
    run_with(kind, Options::default(), test).await;
}

/// As [`run`], with a service that checks servers without being asked.
pub async fn run_watched(kind: StoreKind, test: impl AsyncFnOnce(&Service)) {
    let mut options = Options::default();
    options.app.monitor = MonitorSettings::default();
    run_with(kind, options, test).await;
}

async fn run_with(kind: StoreKind, options: Options, test: impl AsyncFnOnce(&Service)) {
    let service = Service::start_with(kind, options).await;
    test(&service).await;
    service.assert_audit_is_whole().await;
    service.stop().await;
}

impl Service {
    /// A service on an empty store.
    pub async fn start(kind: StoreKind) -> Self {
        Self::start_with(kind, Options::default()).await
    }

    /// The same, with options.
    pub async fn start_with(kind: StoreKind, options: Options) -> Self {
        let place = Place::new(kind).await;
        Self::on(kind, place, Keyring::generate(&SystemClock), options).await
    }

    async fn on(kind: StoreKind, place: Place, keys: SecretString, options: Options) -> Self {
        registry_http::metrics::install().expect("metrics");
        let clock = Arc::new(ManualClock::default());
        let policy = EgressPolicy::new(Vec::new()).allow_loopback(!options.refuse_loopback);
        let dialer = Dialer::new(policy, UpstreamTls::new().expect("TLS"));
        let credentials = Credentials::new(dialer.clone());
        let channels = Channels::new(dialer.clone()).with_launchers(options.launchers.clone());
        let registry = Arc::new(Registry::new(RegistryParts {
            store: place.open().await,
            probe: Arc::new(UpstreamProbe::over(channels.clone(), credentials.clone())),
            clock: clock.clone(),
            keyring: Keyring::parse(&keys).expect("keys"),
            policy: options.policy,
            tokens: options.tokens.clone(),
            limiter: Limiter::with_ticks(options.ticks.clone()),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        registry.webhooks.send_by(Arc::new(WebhookClient::new(dialer.clone())));
        let proxy = Proxy::with_credentials(registry.clone(), dialer, credentials, options.proxy.clone())
            .with_channels(channels.clone());
        let shutdown = CancellationToken::new();
        let event_loops = EventLoops::start(EVENT_LOOPS).expect("threads");
        let app = app::Options { event_loops: event_loops.clone(), ..options.app.clone() };
        let serving = app::serve(registry.clone(), proxy, listener, app, shutdown.clone());
        let task = tokio::spawn(async move {
            let served = serving.await;
            channels.close().await;
            drop(event_loops);
            served
        });
        Self { registry, clock, kind, address, options, keys, place, shutdown, task }
    }

    /// A client without a key.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A user of a tenant with a key of every scope; tenant and user are made if they are not there.
    pub async fn actor(&self, tenant: &str, user: &str, role: Role) -> Actor {
        Actor::new(self, tenant, user, role).await
    }

    /// The administrator `root` of the tenant `main`.
    pub async fn admin(&self) -> Actor {
        self.actor("main", "root", Role::Admin).await
    }

    /// The folder of the data, on sled.
    pub fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(folder) => Some(folder.path()),
            _ => None,
        }
    }

    /// The database, on PostgreSQL.
    pub fn database(&self) -> Option<&Database> {
        match &self.place {
            Place::Database(database) => Some(database),
            _ => None,
        }
    }

    /// How many entries all audit chains have together.
    pub async fn audit_entries(&self) -> u64 {
        let verdicts = self.registry.audit.verify().await.expect("the audit log can be read");
        let count = |verdict| match verdict {
            Verdict::Whole(head) => head.seq,
            Verdict::Broken(broken) => panic!("{broken}"),
        };
        verdicts.into_iter().map(count).sum()
    }

    /// Every audit chain verifies (U2).
    pub async fn assert_audit_is_whole(&self) {
        self.audit_entries().await;
    }

    /// Stops the service gracefully and starts it again on the same data.
    pub async fn restart(self) -> Self {
        let options = self.options.clone();
        self.restart_with(options).await
    }

    /// The same, with other options.
    pub async fn restart_with(self, options: Options) -> Self {
        let Self { registry, kind, keys, place, shutdown, task, .. } = self;
        finish(&shutdown, task).await;
        drop(registry);
        Self::on(kind, place, keys, options).await
    }

    /// Stops the service gracefully and removes its data.
    pub async fn stop(self) {
        finish(&self.shutdown, self.task).await;
        drop(self.registry);
        if let Place::Database(database) = self.place {
            database.remove().await;
        }
    }
}

async fn finish(shutdown: &CancellationToken, task: JoinHandle<anyhow::Result<()>>) {
    shutdown.cancel();
    let ended = within("the service stops", STOP, task).await;
    ended.expect("the service does not panic").expect("the service ends well");
}
