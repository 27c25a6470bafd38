//! A registry whose upstreams are made up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use registry_core::Registry;
use registry_core::access::Reach;
use registry_core::clock::{Clock, SystemClock, Timestamp};
use registry_core::conformance::sample;
use registry_core::limit::Limiter;
use registry_core::memory::MemoryStore;
use registry_core::model::audit::EventType;
use registry_core::model::endpoint::{Endpoint, Transport};
use registry_core::model::health::{CheckError, CheckReport, CheckStatus, HealthCheck};
use registry_core::model::id::ServerId;
use registry_core::model::page::PageRequest;
use registry_core::model::period::Period;
use registry_core::model::role::Role;
use registry_core::model::server::Server;
use registry_core::model::user::User;
use registry_core::probe::{Probe, ProbeTarget, Probed};
use registry_core::secret::Keyring;
use registry_core::service::{MonitorSettings, Policy, RegistryParts};
use registry_core::store::Store;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// How long each look takes.
const LOOK: Duration = Duration::from_millis(5);
/// How long a test waits for something, in the time of the runtime.
const PATIENCE: Duration = Duration::from_secs(1_000);

struct SetClock(Mutex<Timestamp>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn new_id(&self) -> Uuid {
        SystemClock.new_id()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        SystemClock.fill_random(bytes);
    }
}

/// Answers by what stands in the host's name.
#[derive(Default)]
struct Made {
    asked: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl Probe for Made {
    async fn probe(&self, target: ProbeTarget<'_>) -> Probed {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let host = target.endpoint.url().host_str().unwrap().to_owned();
        let is_hung = host.starts_with("hung");
        tokio::time::sleep(if is_hung { target.timeout } else { LOOK }).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        let status = match host.split('.').next() {
            Some("hung") => CheckStatus::Timeout,
            Some("down") => CheckStatus::Unhealthy,
            _ => CheckStatus::Healthy,
        };
        report(status).into()
    }

    async fn admit(&self, _: &Endpoint) -> Result<(), CheckError> {
        Ok(())
    }
}

fn report(status: CheckStatus) -> CheckReport {
    CheckReport {
        status,
        response_time_us: 1_000,
        connectivity: true,
        authentication: true,
        capabilities: Vec::new(),
        protocol_version: None,
        tools_count: None,
        resources_count: None,
        prompts_count: None,
        error: None,
    }
}

pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    registry: Arc<Registry>,
    clock: Arc<SetClock>,
    probe: Arc<Made>,
    owner: User,
}

/// A monitor that runs.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let clock = Arc::new(SetClock(Mutex::new(sample::at_us(1_767_323_045_000_000))));
        let probe = Arc::new(Made::default());
        let registry = Arc::new(Registry::new(RegistryParts {
            store: store.clone(),
            probe: probe.clone(),
            clock: clock.clone(),
            keyring: Keyring::parse(&Keyring::generate(&SystemClock)).unwrap(),
            policy: Policy::default(),
            tokens: None,
            limiter: Limiter::local(),
        }));
        let caller = registry.setup.operator("acme", "olivia", Role::ServerOwner).await.unwrap();
        let owner = store.user(caller.reach(), caller.user_id()).await.unwrap().unwrap();
        Self { store, registry, clock, probe, owner }
    }

    pub(crate) async fn server_with(&self, url: &str, tweak: impl FnOnce(&mut Server)) -> Server {
        let id = SystemClock.new_id();
        let mut server = sample::server(&*self.clock, &self.owner, &format!("s-{id}"));
        server.endpoint = Endpoint::parse(Transport::Http, url).unwrap();
        tweak(&mut server);
        let event =
            sample::event(&*self.clock, self.owner.tenant_id, EventType::ServerRegistered, Some(server.id.0));
        self.store.create_server(&server, None, event).await.unwrap();
        server
    }

    pub(crate) async fn servers(&self, count: usize, url: impl Fn(usize) -> String) -> Vec<Server> {
        let mut servers = Vec::new();
        for number in 0..count {
            servers.push(self.server_with(&url(number), |_| ()).await);
        }
        servers
    }

    pub(crate) fn watch(&self, settings: MonitorSettings) -> Running {
        let (stop, stopped) = oneshot::channel::<()>();
        let registry = self.registry.clone();
        let task = tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap() };
            registry.monitor.run(settings, stopped).await;
        });
        Running { stop, task }
    }

    /// What a gateway notes when a server tells it.
    pub(crate) fn says_that_its_lists_changed(&self, id: ServerId) {
        self.registry.health.refresh_soon(id);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Sets the clock.
    pub(crate) fn set(&self, now: Timestamp) {
        *self.clock.0.lock().unwrap() = now;
    }

    /// Sets the clock ahead, and lets the monitor look at it.
    pub(crate) async fn pass(&self, time: TimeDelta) {
        self.set(self.now() + time);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    /// Waits until this holds.
    pub(crate) async fn until(&self, holds: impl AsyncFn() -> bool) {
        let wait = async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap();
    }

    /// Waits until the probe was asked so often.
    pub(crate) async fn until_asked(&self, often: usize) {
        self.until(async || self.asked() >= often).await;
    }

    pub(crate) fn asked(&self) -> usize {
        self.probe.asked.load(Ordering::SeqCst)
    }

    /// How many looks there were at the same time, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.probe.most.load(Ordering::SeqCst)
    }

    /// The server's checks, newest first.
    pub(crate) async fn checks(&self, id: ServerId) -> Vec<HealthCheck> {
        let page = PageRequest::new(1, 100).unwrap();
        self.store.health_checks(Reach::AllTenants, id, Period::EVER, page).await.unwrap().items
    }

    pub(crate) async fn server(&self, id: ServerId) -> Server {
        self.store.server(Reach::AllTenants, id).await.unwrap().unwrap()
    }
}
