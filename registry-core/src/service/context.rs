//! What all services share.

use std::sync::{Arc, Mutex, OnceLock};

use chrono::TimeDelta;
use tokio::sync::mpsc;

use super::RegistryParts;
use super::alert::AlertPolicy;
use super::circuit_alert::CircuitBook;
use super::grant_cache::GrantCache;
use super::health_history::HistoryRetention;
use super::health_job::{Batch, MAX_JOBS_WAITING};
use super::password::PasswordHasher;
use super::preference::{CustomSettingsCache, custom_settings_cache};
use super::ranking::Rankings;
use super::refresh::RefreshBook;
use super::refusal::RefusalBook;
use super::secret::SecretBook;
use super::sign_in_delay::SignInDelay;
use super::usage::UsageBook;
use super::usage_gather::RollupBook;
use super::webhook_delivery::WebhookPolicy;
use crate::circuit::Circuits;
use crate::clock::{Clock, Timestamp};
use crate::identity::TokenVerifier;
use crate::limit::{Limiter, RateLimits};
use crate::model::session::Session;
use crate::probe::Probe;
use crate::secret::Keyring;
use crate::store::Store;
use crate::webhook::WebhookSender;

/// What the operator decides.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Whether the role `server_owner` may remove its own servers.
    pub server_owner_may_delete: bool,
    /// How long sessions last.
    pub sessions: SessionPolicy,
    /// How often may be called.
    pub limits: RateLimits,
    /// When alerts are raised.
    pub alerts: AlertPolicy,
    /// How webhooks are delivered to.
    pub webhooks: WebhookPolicy,
    /// How long health history is kept.
    pub history: HistoryRetention,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            server_owner_may_delete: true,
            sessions: SessionPolicy::default(),
            limits: RateLimits::default(),
            alerts: AlertPolicy::default(),
            webhooks: WebhookPolicy::default(),
            history: HistoryRetention::default(),
        }
    }
}

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    /// How long without use.
    pub idle: TimeDelta,
    /// How long at all.
    pub absolute: TimeDelta,
}

impl Default for SessionPolicy {
    /// 30 minutes without use, 12 hours at all.
    fn default() -> Self {
        Self { idle: TimeDelta::minutes(30), absolute: TimeDelta::hours(12) }
    }
}

impl SessionPolicy {
    /// How often the use of a session is noted in the store, at most.
    const TOUCH_INTERVAL: TimeDelta = TimeDelta::seconds(60);

    pub(super) fn touch_interval(self) -> TimeDelta {
        Self::TOUCH_INTERVAL.min(self.idle / 4)
    }

    /// When a session ends if it is not used any more.
    pub(super) fn end_of(self, session: &Session) -> Timestamp {
        session.expires_at.min(session.last_seen_at + self.idle)
    }
}

pub(super) struct Context {
    pub(super) store: Arc<dyn Store>,
    pub(super) probe: Arc<dyn Probe>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keyring: Keyring,
    pub(super) policy: Policy,
    pub(super) tokens: Option<Arc<dyn TokenVerifier>>,
    pub(super) limiter: Limiter,
    pub(super) grants: GrantCache,
    pub(super) custom_settings: CustomSettingsCache,
    pub(super) usage: UsageBook,
    pub(super) rollups: RollupBook,
    pub(super) rankings: Rankings,
    pub(super) refreshes: RefreshBook,
    pub(super) refusals: RefusalBook,
    pub(super) secret_uses: SecretBook,
    pub(super) hasher: PasswordHasher,
    pub(super) delay: SignInDelay,
    /// The way of jobs to the monitor of this node, and its end, until a monitor takes it.
    pub(super) orders: mpsc::Sender<Batch>,
    pub(super) ordered: Mutex<Option<mpsc::Receiver<Batch>>>,
    /// Who knows the circuits of servers, once there is a gateway.
    pub(super) circuits: OnceLock<Arc<dyn Circuits>>,
    /// What they told that is not written yet.
    pub(super) circuit_book: CircuitBook,
    /// Who sends messages to webhooks, once there is somebody.
    pub(super) webhook_sender: OnceLock<Arc<dyn WebhookSender>>,
    /// Grows with every change of a server: whoever keeps routes compares it.
    pub(super) servers_epoch: std::sync::atomic::AtomicU64,
}

impl Context {
    pub(super) fn new(parts: RegistryParts) -> Self {
        let RegistryParts { store, probe, clock, keyring, policy, tokens, limiter } = parts;
        let (orders, ordered) = mpsc::channel(MAX_JOBS_WAITING);
        Self {
            orders,
            ordered: Mutex::new(Some(ordered)),
            grants: GrantCache::new(store.is_shared()),
            custom_settings: custom_settings_cache(store.is_shared()),
            usage: UsageBook::default(),
            rollups: RollupBook::default(),
            rankings: Rankings::default(),
            refreshes: RefreshBook::default(),
            refusals: RefusalBook::default(),
            secret_uses: SecretBook::default(),
            hasher: PasswordHasher::default(),
            delay: SignInDelay::default(),
            circuits: OnceLock::new(),
            circuit_book: CircuitBook::default(),
            webhook_sender: OnceLock::new(),
            servers_epoch: std::sync::atomic::AtomicU64::new(0),
            store,
            probe,
            clock,
            keyring,
            policy,
            tokens,
            limiter,
        }
    }
}
