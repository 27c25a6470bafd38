//! A store of one's own: it stands in front of another store and measures how long each method takes.
//!
//! ```text
//! cargo run -p registry-examples --example own_store
//! cargo nextest run -p registry-examples --example own_store
//! ```
//!
//! The first shows the measurements of a short run. The second runs the conformance suite: what it says of `Timed` it
//! would say of any store, and a store that passes it can be given to `Registry`.
//!
//! A store that keeps data itself has a body for each method below. `registry_core::store` says what each must do, and
//! `registry_core::memory` is the plainest one to read.
#![expect(clippy::print_stdout, reason = "the output is what the program is run for")]

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use registry_core::{
    Registry,
    access::Reach,
    clock::{SystemClock, Timestamp},
    limit::Limiter,
    memory::MemoryStore,
    model::{
        alert::Alert,
        alert_query::AlertQuery,
        alert_step::AlertStep,
        audit::{AuditEntry, AuditEvent, AuditHead, AuditQuery, Origin},
        capability::{
            Capability, CapabilityChange, CapabilityKind, CapabilityPage, DefinitionDigest, FoundTool,
            ToolQuery,
        },
        check_rollup::{CheckRollup, HealthPrune, HealthPruned, StatusChange, StatusChangeQuery},
        delivery::{Attempt, Delivery, DeliveryQuery},
        event::{EventBounds, StoredEvent},
        health::HealthCheck,
        health_job::HealthJob,
        health_record::HealthRecord,
        id::{ApiKeyId, DeliveryId, HealthJobId, ServerId, TenantId, UserId, WebhookId},
        inventory::Inventory,
        key::{ApiKey, KeyDigest, KeyHolder, KeyQuery, KeySecret},
        overview::{CountQuery, ServerCounts},
        page::{Page, PageRequest},
        password::PasswordHash,
        period::{Period, Resolution},
        preference::Preference,
        server::{Revision, Server, ServerHealth, ServerQuery},
        session::{EndedSessions, Session, SessionDigest, SessionHolder},
        tenant::Tenant,
        ticket::{Ticket, TicketPurpose},
        usage::{Usage, UsageSubject},
        usage_ranking::{FiguresQuery, ServerFigures},
        usage_rollup::{UsageEntry, UsagePrune, UsagePruned, UsageRollup, UsageRollupQuery},
        user::{Identity, User, UserQuery},
        watch::{Claim, Lease},
        webhook::{Webhook, WebhookState},
    },
    secret::Keyring,
    service::{Bootstrap, Bootstrapped, ListKeys, Policy, RegistryParts},
    store::{
        AlertStore, AnalyticsStore, AuditStore, CapabilityStore, DeletedServer, EventSignal, EventStore,
        HealthJobStore, HealthStore, KeyStore, PreferenceStore, ServerStore, SessionStore, Store, StoreError,
        TenantStore, TicketStore, UsageStore, UserStore, UserUpdate, WatchStore, WebhookStore,
    },
};
use registry_gateway::{
    dial::{Dialer, EgressPolicy, UpstreamTls},
    probe::UpstreamProbe,
};

/// A store that measures another.
struct Timed {
    inner: Arc<dyn Store>,
    times: Mutex<BTreeMap<&'static str, Vec<Duration>>>,
}

impl Timed {
    fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, times: Mutex::default() }
    }

    async fn time<T>(&self, method: &'static str, work: impl Future<Output = T>) -> T {
        let begin = Instant::now();
        let answer = work.await;
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        times.entry(method).or_default().push(begin.elapsed());
        answer
    }
}

/// Implements traits by calling, and measuring, the inner store. The signatures are all that is left to write. What comes
/// after `..` reads nothing, and is not measured.
macro_rules! timed {
    ($($trait:ident {
        $(fn $method:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*
        $(.. $(fn $plain:ident() -> $value:ty;)*)?
    })*) => {$(
        #[async_trait]
        impl $trait for Timed {
            $(async fn $method(&self, $($arg: $type),*) -> Result<$answer, StoreError> {
                self.time(stringify!($method), self.inner.$method($($arg),*)).await
            })*
            $($(fn $plain(&self) -> $value {
                self.inner.$plain()
            })*)?
        }
    )*};
}

timed! {
    TenantStore {
        fn create_tenant(tenant: &Tenant, audit: AuditEvent) -> ();
        fn update_tenant(tenant: &Tenant, expected: Revision, audit: AuditEvent) -> ();
        fn delete_tenant(id: TenantId, expected: Revision, audit: AuditEvent) -> ();
        fn tenant(id: TenantId) -> Option<Tenant>;
        fn tenant_by_name_key(name_key: &str) -> Option<Tenant>;
        fn tenants(page: PageRequest) -> Page<Tenant>;
    }
    UserStore {
        fn create_user(user: &User, password: Option<&PasswordHash>, audit: AuditEvent) -> ();
        fn update_user(update: UserUpdate<'_>, audit: AuditEvent) -> ();
        fn delete_user(tenant_id: TenantId, id: UserId, expected: Revision, audit: AuditEvent) -> ();
        fn user(reach: Reach, id: UserId) -> Option<User>;
        fn user_by_name_key(tenant_id: TenantId, name_key: &str) -> Option<User>;
        fn users_named(name_key: &str, limit: u32) -> Vec<User>;
        fn user_by_identity(identity: &Identity) -> Option<User>;
        fn password(tenant_id: TenantId, id: UserId) -> Option<PasswordHash>;
        fn users(query: &UserQuery) -> Page<User>;
        fn has_users() -> bool;
    }
    SessionStore {
        fn create_session(session: &Session, audit: AuditEvent) -> ();
        fn session_by_digest(digest: &SessionDigest) -> Option<SessionHolder>;
        fn sessions(tenant_id: TenantId, user_id: UserId) -> Vec<Session>;
        fn touch_session(digest: &SessionDigest, at: Timestamp) -> ();
        fn end_sessions(tenant_id: TenantId, user_id: UserId, which: EndedSessions, audit: AuditEvent) -> u64;
        fn prune_sessions(now: Timestamp, seen_before: Timestamp) -> u64;
    }
    TicketStore {
        fn put_ticket(ticket: &Ticket) -> ();
        fn ticket(purpose: TicketPurpose, digest: &[u8; 32]) -> Option<Ticket>;
        fn take_ticket(purpose: TicketPurpose, digest: &[u8; 32]) -> Option<Ticket>;
        fn prune_tickets(now: Timestamp) -> u64;
    }
    PreferenceStore {
        fn preferences(tenant_id: TenantId, user_id: UserId) -> Vec<Preference>;
        fn put_preferences(
            tenant_id: TenantId, user_id: UserId, preferences: &[Preference], audit: AuditEvent
        ) -> ();
    }
    ServerStore {
        fn create_server(server: &Server, key: Option<&ApiKey>, audit: AuditEvent) -> ();
        fn server(reach: Reach, id: ServerId) -> Option<Server>;
        fn server_by_slug(tenant_id: Option<TenantId>, slug: &str) -> Option<Server>;
        fn servers(query: &ServerQuery) -> Page<Server>;
        fn update_server(server: &Server, expected: Revision, audit: AuditEvent) -> ();
        fn delete_server(
            tenant_id: Option<TenantId>, id: ServerId, expected: Revision, now: Timestamp, audit: AuditEvent
        ) -> DeletedServer;
        fn dependents(reach: Reach, id: ServerId, limit: u32) -> Vec<Server>;
        fn failing_dependencies(ids: &[ServerId]) -> Vec<(ServerId, ServerId)>;
        fn impaired_servers(limit: u32) -> Vec<ServerId>;
    }
    KeyStore {
        fn create_key(key: &ApiKey, audit: AuditEvent) -> ();
        fn key(reach: Reach, id: ApiKeyId) -> Option<ApiKey>;
        fn key_by_digest(digest: &KeyDigest) -> Option<KeyHolder>;
        fn keys(query: &KeyQuery) -> Page<ApiKey>;
        fn expiring_keys(query: &KeyQuery, now: Timestamp, by: Timestamp) -> Page<ApiKey>;
        fn keys_in_need(
            now: Timestamp, expires_by: Timestamp, after: Option<ApiKeyId>, limit: u32
        ) -> Vec<ApiKey>;
        fn update_key(key: &ApiKey, expected: Revision, audit: AuditEvent) -> ();
    }
    HealthStore {
        fn record_health(record: &HealthRecord) -> ServerHealth;
        fn health_checks(
            reach: Reach, server_id: ServerId, period: Period, page: PageRequest
        ) -> Page<HealthCheck>;
        fn check_rollups(
            reach: Reach, server_id: ServerId, resolution: Resolution, period: Period
        ) -> Vec<CheckRollup>;
        fn status_changes(query: &StatusChangeQuery) -> Vec<StatusChange>;
        fn server_counts(query: &CountQuery) -> ServerCounts;
        fn prune_health(prune: &HealthPrune) -> HealthPruned;
    }
    HealthJobStore {
        fn put_health_job(job: &HealthJob) -> ();
        fn health_job(tenant_id: TenantId, id: HealthJobId) -> Option<HealthJob>;
        fn prune_health_jobs(before: Timestamp) -> u64;
    }
    WatchStore {
        fn claim_due(now: Timestamp, until: Timestamp, limit: u32) -> Vec<Claim>;
        fn release_claims(claims: &[(ServerId, Lease)]) -> ();
        fn earliest_due() -> Option<Timestamp>;
    }
    CapabilityStore {
        fn put_capabilities(inventory: &Inventory, audit: AuditEvent) -> bool;
        fn capabilities(
            reach: Reach, server_id: ServerId, kind: CapabilityKind, page: PageRequest
        ) -> CapabilityPage;
        fn held_tools(reach: Reach, server_id: ServerId) -> Vec<String>;
        fn approve_tool(
            tenant_id: Option<TenantId>, server_id: ServerId, name: &str, digest: DefinitionDigest, audit: AuditEvent
        ) -> Capability;
        fn capability_changes(reach: Reach, server_id: ServerId, page: PageRequest) -> Page<CapabilityChange>;
        fn tools(query: &ToolQuery) -> Page<FoundTool>;
    }
    AuditStore {
        fn append_audit(event: AuditEvent) -> ();
        fn audit(query: &AuditQuery) -> Page<AuditEntry>;
        fn audit_after(tenant_id: TenantId, seq: u64, limit: u32) -> Vec<AuditEntry>;
        fn audit_head(tenant_id: TenantId) -> AuditHead;
        fn audit_chains() -> Vec<TenantId>;
    }
    AlertStore {
        fn step_alert(step: &AlertStep) -> Option<Alert>;
        fn alerts(query: &AlertQuery) -> Page<Alert>;
        fn prune_alerts(before: Timestamp) -> u64;
    }
    WebhookStore {
        fn create_webhook(webhook: &Webhook, audit: AuditEvent) -> ();
        fn webhook(id: WebhookId) -> Option<Webhook>;
        fn webhooks(tenant_id: Option<Option<TenantId>>) -> Vec<Webhook>;
        fn update_webhook(webhook: &Webhook, expected: Revision, audit: AuditEvent) -> ();
        fn delete_webhook(id: WebhookId, expected: Revision, audit: AuditEvent) -> ();
        fn claim_deliveries(now: Timestamp, lost_at: Timestamp, limit: u32) -> Vec<Delivery>;
        fn finish_attempt(attempt: &Attempt) -> Option<WebhookState>;
        fn retry_delivery(
            webhook_id: WebhookId, id: DeliveryId, now: Timestamp, audit: AuditEvent
        ) -> Option<Delivery>;
        fn deliveries(query: &DeliveryQuery) -> Page<Delivery>;
        fn due_deliveries(now: Timestamp) -> u64;
        fn prune_deliveries(before: Timestamp) -> u64;
    }
    EventStore {
        fn events_after(position: u64, limit: u32) -> Vec<StoredEvent>;
        fn event_bounds() -> EventBounds;
        fn prune_events(before: Timestamp, keep: u64, limit: u32) -> u64;
        ..
        fn event_signal() -> EventSignal;
    }
    UsageStore {
        fn add_usage(batch: &[(UsageSubject, Usage)]) -> ();
        fn usage(tenant_id: Option<TenantId>, subject: UsageSubject) -> Usage;
        fn last_uses(reach: Reach, keys: &[ApiKeyId]) -> Vec<(ApiKeyId, Timestamp)>;
    }
    AnalyticsStore {
        fn add_usage_rollups(entries: &[UsageEntry]) -> ();
        fn usage_rollups(query: &UsageRollupQuery) -> Vec<UsageRollup>;
        fn server_figures(query: &FiguresQuery) -> Vec<ServerFigures>;
        fn prune_usage(prune: &UsagePrune) -> UsagePruned;
    }
}

#[async_trait]
impl Store for Timed {
    async fn ping(&self) -> Result<(), StoreError> {
        self.time("ping", self.inner.ping()).await
    }

    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.time("close", self.inner.close()).await
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let store = Arc::new(Timed::new(Arc::new(MemoryStore::new())));
    let dialer = Dialer::new(EgressPolicy::default(), UpstreamTls::new()?);
    let registry = Registry::new(RegistryParts {
        store: store.clone(),
        probe: Arc::new(UpstreamProbe::new(dialer)),
        clock: Arc::new(SystemClock),
        keyring: Keyring::parse(&Keyring::generate(&SystemClock))?,
        policy: Policy::default(),
        tokens: None,
        limiter: Limiter::local(),
    });
    let chosen = Bootstrap { key: Some(KeySecret::generate(&SystemClock)), password: None };
    if let Some(Bootstrapped { key: Some(made) }) = registry.setup.bootstrap(chosen).await? {
        let grant = registry.auth.authenticate(made.secret.expose()).await?;
        let keys = registry.keys.list(&grant.caller(Origin::default()), ListKeys::default()).await?;
        println!("the first start made {} key", keys.total);
    }
    registry.close().await?;
    for (method, times) in &*store.times.lock().unwrap_or_else(PoisonError::into_inner) {
        let slowest = times.iter().max().unwrap_or(&Duration::ZERO);
        println!("{method}: {} calls, the slowest took {slowest:?}", times.len());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use registry_core::conformance::Fixture;

    use super::*;

    struct TimedFixture(Arc<Timed>);

    #[async_trait]
    impl Fixture for TimedFixture {
        async fn open() -> Self {
            Self(Arc::new(Timed::new(Arc::new(MemoryStore::new()))))
        }

        fn store(&self) -> Arc<dyn Store> {
            self.0.clone()
        }

        async fn reopen(self) -> Option<Self> {
            None
        }
    }

    registry_core::conformance::suite!(TimedFixture, forgets: "the store behind it keeps everything in memory");
}
