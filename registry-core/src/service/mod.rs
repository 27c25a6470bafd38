//! The services: one per noun, all of them under [`Registry`].
//!
//! A service method takes the [`Caller`](crate::access::Caller), decides in its first line whether it may, checks the
//! input, and makes one store write that carries its audit event.

mod account;
mod account_build;
mod alert;
mod analytics;
mod audit;
mod auth;
mod capability;
mod circuit_alert;
mod context;
mod dependency;
mod event;
mod event_effect;
mod event_feed;
mod event_hub;
mod event_subscription;
mod event_view;
mod grant;
mod grant_cache;
mod health;
mod health_history;
mod health_job;
mod key;
mod key_build;
mod key_rotation;
mod key_usage;
mod limit;
mod monitor;
mod overview;
mod password;
mod permitted;
mod preference;
mod ranking;
mod refresh;
mod refusal;
mod refusal_alert;
mod secret;
mod server;
mod server_build;
mod server_connect;
mod session;
mod setup;
mod sign_in;
mod sign_in_delay;
mod tally;
mod tenant;
mod ticket;
mod usage;
mod usage_cell;
mod usage_gather;
mod user;
mod webhook;
mod webhook_delivery;

use std::sync::Arc;

pub use crate::model::key_input::{KeyChange, KeyInput, RotationInput};
pub use alert::{ALERT_RETENTION, AlertOutcome, AlertPolicy, AlertService, FADING, MAX_ALERTS_AT_ONCE};
pub use analytics::{AnalyticsService, Ranking, UsageSeries, UsageTrend};
pub use audit::AuditService;
pub use auth::Auth;
pub use capability::{CapabilityService, SearchTools, ServerCapabilities};
use context::Context;
pub use context::{Policy, SessionPolicy};
pub use dependency::MAX_DEPENDENTS;
pub use event_feed::{EventService, ResumeFrom, Subscribed};
pub use event_hub::{
    EventEnd, EventFilter, MAX_RECENT, MAX_SUBSCRIPTIONS, MAX_SUBSCRIPTIONS_OF_USER, MAX_TYPES, MAX_WAITING,
};
pub use event_subscription::{Doubts, EventSubscription, EventUpdate};
pub use grant::Grant;
pub use health::{HealthService, MAX_TIMEOUT_SECONDS};
pub use health_history::{HISTORY_DAYS, HistoryRetention, MAX_CHANGES, ServerHistory, Shown, Trend};
pub use health_job::{JobServers, MAX_JOB_SERVERS};
pub use key::{IssuedKey, KeyService, ListKeys, UsedKey};
pub use key_rotation::{CLAIM_PERIOD, EXPIRY_WARNINGS};
pub use key_usage::{KeyTrend, KeyUsage};
pub use limit::{AddressUse, LimitService};
pub use monitor::{DEFAULT_CONCURRENCY, MonitorService, MonitorSettings};
pub use overview::{AlertCounts, KEYS_EXPIRE_WITHIN, Overview, OverviewService};
pub use password::{MAX_HASHES_AT_ONCE, MAX_HASHES_WAITING};
pub use preference::{MAX_BULK, PreferenceInput, PreferenceService};
pub use refresh::{MAX_REFRESHES, REFRESH_DELAY, REFRESH_INTERVAL};
pub use refusal::{RefusalService, Refused};
pub use secret::SecretService;
pub use server::{ListServers, Registered, Registration, ServerService, TenantChoice};
pub use server_connect::Route;
pub use session::SessionService;
pub use setup::{
    Bootstrap, Bootstrapped, DEFAULT_ADMIN, DEFAULT_TENANT, SETUP_LINK_LIFETIME, SetupInput, SetupService,
};
pub use sign_in::{MAX_SESSIONS, PasswordSignIn, SignInService, SignedIn};
pub use tenant::TenantService;
pub use ticket::{PendingSignIns, SIGN_IN_LIFETIME};
pub use usage::UsageService;
pub use usage_cell::{UsageCell, Use};
pub use usage_gather::{GATHERED_FOR, KEYS_GATHERED_FOR};
pub use user::{ListUsers, UserService};
pub use webhook::{IssuedWebhook, WebhookService};
pub use webhook_delivery::{
    ATTEMPT_LOST_AFTER, DELIVERIES_AT_ONCE, DELIVERY_RETENTION, WebhookPolicy, WebhookTest,
};

use crate::clock::Clock;
use crate::identity::TokenVerifier;
use crate::limit::Limiter;
use crate::probe::Probe;
use crate::secret::Keyring;
use crate::store::Store;

/// What a registry is made of.
pub struct RegistryParts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// How servers are looked at.
    pub probe: Arc<dyn Probe>,
    /// Time, ids and randomness.
    pub clock: Arc<dyn Clock>,
    /// The keys that upstream credentials are encrypted with.
    pub keyring: Keyring,
    /// What the operator decides.
    pub policy: Policy,
    /// Who checks bearer tokens; without one only API keys and sessions are accepted.
    pub tokens: Option<Arc<dyn TokenVerifier>>,
    /// What counts against the limits of the policy: of this node alone ([`Limiter::local`]), or of all nodes.
    pub limiter: Limiter,
}

/// The whole registry. Cheap to share behind an [`Arc`].
///
/// ```
/// use std::sync::Arc;
/// use registry_core::clock::SystemClock;
/// use registry_core::limit::Limiter;
/// use registry_core::memory::MemoryStore;
/// use registry_core::model::role::Role;
/// use registry_core::secret::Keyring;
/// use registry_core::service::{KeyInput, Policy, Registry, RegistryParts};
/// # use registry_core::model::endpoint::Endpoint;
/// # use registry_core::model::health::CheckError;
/// # use registry_core::probe::{Probe, Probed, ProbeTarget};
/// # struct NoProbe;
/// # #[async_trait::async_trait]
/// # impl Probe for NoProbe {
/// #     async fn probe(&self, _: ProbeTarget<'_>) -> Probed { unreachable!("nothing is registered here") }
/// #     async fn admit(&self, _: &Endpoint) -> Result<(), CheckError> { Ok(()) }
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let registry = Registry::new(RegistryParts {
///     store: Arc::new(MemoryStore::new()),
///     probe: Arc::new(NoProbe), // registry-gateway has one that connects
///     clock: Arc::new(SystemClock),
///     keyring: Keyring::parse(&Keyring::generate(&SystemClock))?,
///     policy: Policy::default(),
///     tokens: None,
///     limiter: Limiter::local(),
/// });
/// let olivia = registry.setup.operator("acme", "olivia", Role::ServerOwner).await?;
/// let input = KeyInput { name: Some("laptop".to_owned()), ..KeyInput::default() };
/// let issued = registry.keys.create(&olivia, input).await?;
///
/// let grant = registry.auth.authenticate(issued.secret.expose()).await?;
/// assert_eq!(grant.user().username.as_str(), "olivia");
/// # Ok(())
/// # }
/// ```
pub struct Registry {
    /// Servers: register, list, change, remove.
    pub servers: ServerService,
    /// API keys: create, list, change, rotate, revoke.
    pub keys: KeyService,
    /// Who a presented credential stands for.
    pub auth: Auth,
    /// Tenants: make, list, change, remove.
    pub tenants: TenantService,
    /// Users: make, list, change, remove; one's own profile.
    pub users: UserService,
    /// Sessions: list, end, sign out.
    pub sessions: SessionService,
    /// Signing in.
    pub sign_in: SignInService,
    /// Sign-ins that are under way at an OpenID provider.
    pub pending_sign_ins: PendingSignIns,
    /// How users want to see and call servers.
    pub preferences: PreferenceService,
    /// Rate limits.
    pub limits: LimitService,
    /// Refused credentials and exceeded limits, for the audit log.
    pub refusals: RefusalService,
    /// Uses of servers' credentials, for the audit log.
    pub secrets: SecretService,
    /// Health: check, history.
    pub health: HealthService,
    /// What there is, at a glance.
    pub overview: OverviewService,
    /// What servers list: tools, resources, prompts, and how that changed.
    pub capabilities: CapabilityService,
    /// Alerts: raise, list, acknowledge, resolve.
    pub alerts: AlertService,
    /// Webhooks: make, list, change, remove, deliver.
    pub webhooks: WebhookService,
    /// Checks of servers that nobody asks for.
    pub monitor: MonitorService,
    /// The audit log: list, verify.
    pub audit: AuditService,
    /// Live events: follow, subscribe.
    pub events: EventService,
    /// Usage counters: count, store, read.
    pub usage: UsageService,
    /// Usage over time: read, compare, forget.
    pub analytics: AnalyticsService,
    /// The first administrator, and the operator at the command line.
    pub setup: SetupService,
    context: Arc<Context>,
}

impl Registry {
    /// A registry of these parts.
    pub fn new(parts: RegistryParts) -> Self {
        let context = Arc::new(Context::new(parts));
        Self {
            servers: ServerService::new(context.clone()),
            keys: KeyService::new(context.clone()),
            auth: Auth::new(context.clone()),
            tenants: TenantService::new(context.clone()),
            users: UserService::new(context.clone()),
            sessions: SessionService::new(context.clone()),
            sign_in: SignInService::new(context.clone()),
            pending_sign_ins: PendingSignIns::new(context.clone()),
            preferences: PreferenceService::new(context.clone()),
            limits: LimitService::new(context.clone()),
            refusals: RefusalService::new(context.clone()),
            secrets: SecretService::new(context.clone()),
            health: HealthService::new(context.clone()),
            overview: OverviewService::new(context.clone()),
            capabilities: CapabilityService::new(context.clone()),
            alerts: AlertService::new(context.clone()),
            webhooks: WebhookService::new(context.clone()),
            monitor: MonitorService::new(context.clone()),
            audit: AuditService::new(context.clone()),
            events: EventService::new(context.clone()),
            usage: UsageService::new(context.clone()),
            analytics: AnalyticsService::new(context.clone()),
            setup: SetupService::new(context.clone()),
            context,
        }
    }

    /// Time, ids and randomness, as the registry sees them.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.context.clock
    }

    /// The keys that secrets are encrypted with.
    pub fn keyring(&self) -> &Keyring {
        &self.context.keyring
    }

    /// Whether other nodes write to the same store.
    pub fn is_shared(&self) -> bool {
        self.context.store.is_shared()
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if it does not.
    pub async fn ready(&self) -> Result<(), crate::Error> {
        self.context.store.ping().await.map_err(crate::Error::Unavailable)
    }

    /// Stores pending usage, refusals and uses of credentials, and closes the store.
    ///
    /// # Errors
    /// [`Error`](crate::Error) if something could not be written.
    pub async fn close(&self) -> Result<(), crate::Error> {
        // One that fails does not keep the others from being tried.
        let (usage, refusals) = (self.usage.flush(true).await, self.refusals.flush(true).await);
        let secrets = self.secrets.flush(true).await;
        self.context.store.close().await?;
        usage.and(refusals).and(secrets)
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("keyring", &self.context.keyring).finish_non_exhaustive()
    }
}
