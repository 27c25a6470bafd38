//! Sample records with a clock that repeats itself: the same run makes the same ids, times and keys.

mod account;
mod alert;
mod inventory;
mod session;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use serde_json::Map;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::clock::{Clock, Timestamp};
use crate::model::alert::AlertCause;
use crate::model::audit::{AuditEvent, AuditResult, EventType, Origin};
use crate::model::capability::ToolChanges;
use crate::model::credential::UpstreamAuth;
use crate::model::dependency::Dependencies;
use crate::model::endpoint::{Endpoint, Transport};
use crate::model::header::HeaderName;
use crate::model::health::{CheckError, CheckReport, CheckStatus, CheckType, HealthCheck};
use crate::model::health_record::{AlertIds, HealthRecord};
use crate::model::id::{AlertId, ApiKeyId, HealthCheckId, ServerId, TenantId, UserId, derived_id};
use crate::model::key::{ApiKey, KeySecret, PreviousDigest, RotationPolicy};
use crate::model::role::Scopes;
use crate::model::server::{HealthStatus, Metadata, Server, ServerHealth, ServerStatus, Version};
use crate::model::settings::{HealthPolicy, RateLimit, ServerSettings};
use crate::model::text::{Category, Description, KeyDescription, KeyName, ServerName, Tags};
use crate::model::tools::Tools;
use crate::model::user::User;
use crate::model::watch::Lease;
use crate::secret::Sealed;

pub use account::{admin, full_preference, full_user, identity, password_hash, preference, tenant, user};
pub use alert::{alert_end, alert_signal, all_alerts, attempt, decided, full_webhook, server_alert, webhook};
pub use inventory::{inventory, tool};
pub use session::{full_session, full_ticket, session, ticket};

/// 2026-01-02T03:04:05.000006Z, in microseconds since 1970.
const START_US: i64 = 1_767_323_045_000_006;

/// A clock that starts at the same moment each time, goes on by a second and a microsecond at each look, and draws
/// its randomness from a counter.
#[derive(Debug, Default)]
pub struct SampleClock {
    ticks: AtomicU64,
}

impl SampleClock {
    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::Relaxed)
    }
}

impl Clock for SampleClock {
    fn now(&self) -> Timestamp {
        let ticks = i64::try_from(self.tick()).expect("a test does not look so often");
        at_us(START_US + ticks * 1_000_001)
    }

    fn new_id(&self) -> Uuid {
        let mut random = [0; 10];
        self.fill_random(&mut random);
        let millis = u64::try_from(self.now().timestamp_millis()).expect("it is after 1970");
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        let seed = self.tick();
        for (block, chunk) in (0_u64..).zip(bytes.chunks_mut(32)) {
            let digest = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(block.to_be_bytes());
            chunk.copy_from_slice(&digest.finalize()[..chunk.len()]);
        }
    }
}

/// The moment this many microseconds after 1970.
pub fn at_us(us: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(us).expect("the calendar goes so far")
}

/// An active, private server of this user's tenant. Fields that may be empty are.
pub fn server(clock: &dyn Clock, owner: &User, name: &str) -> Server {
    let now = clock.now();
    Server {
        id: ServerId(clock.new_id()),
        tenant_id: Some(owner.tenant_id),
        owner_id: owner.id,
        name: ServerName::parse(name).expect("a valid name"),
        description: None,
        version: Version::parse("1.0.0").expect("a version"),
        endpoint: Endpoint::parse(Transport::Http, "https://mcp.example.com/mcp").expect("a URL"),
        auth: UpstreamAuth::None,
        metadata: Metadata::default(),
        tags: Tags::default(),
        category: None,
        is_public: false,
        settings: ServerSettings::default(),
        health_policy: HealthPolicy::default(),
        status: ServerStatus::Active,
        health: ServerHealth::default(),
        depends_on: Dependencies::default(),
        api_key_id: None,
        created_at: now,
        updated_at: now,
        revision: 1,
    }
}

/// A server with something in every field.
pub fn full_server(clock: &dyn Clock, owner: &User, name: &str) -> Server {
    let secret = |text: &str| Sealed::from_text(format!("v1.k1.AAAAAAAAAAAAAAAA.{text}"));
    let header = |name: &str| HeaderName::parse(name).expect("a header");
    let headers = BTreeMap::from([(header("x-one"), secret("b25l")), (header("x-two"), secret("dHdv"))]);
    Server {
        description: Some(Description::parse("Line one\n\tLine \"two\" 100% \\ ☂ 𝄞").expect("a text")),
        version: Version::parse("1.2.3-rc.1+build.5").expect("a version"),
        endpoint: Endpoint::parse(Transport::Websocket, "wss://example.com:8443/mcp?x=%20y").expect("a URL"),
        auth: UpstreamAuth::Custom { headers },
        metadata: metadata(r#"{"region": "eu", "nested": {"list": [1, null, true, "x"]}}"#),
        tags: Tags::parse(&["prod", "Weather", "a_b-c"]).expect("tags"),
        category: Some(Category::parse("Météo & more").expect("a category")),
        is_public: true,
        settings: ServerSettings {
            timeout_ms: 300_000,
            max_retries: 10,
            backoff_ms: 60_000,
            rate_limit: Some(RateLimit { rpm: 10_000, burst: 1_000 }),
            cache_ttl_seconds: Some(86_400),
            tool_changes: ToolChanges::Hold,
        },
        health_policy: HealthPolicy {
            auto: false,
            interval_seconds: 3_600,
            timeout_seconds: 30,
            retries: 10,
            alert_threshold: 100,
            degraded_above_ms: 30_000,
        },
        status: ServerStatus::Maintenance,
        health: full_health(clock),
        depends_on: Dependencies::new(vec![ServerId(clock.new_id()), ServerId(clock.new_id())]).expect("few"),
        api_key_id: Some(ApiKeyId(clock.new_id())),
        updated_at: clock.now(),
        revision: 7,
        ..server(clock, owner, name)
    }
}

fn full_health(clock: &dyn Clock) -> ServerHealth {
    ServerHealth {
        status: HealthStatus::Degraded,
        last_check_at: Some(clock.now()),
        consecutive_failures: 2,
        checks: 5_000_000_000,
        successes: 4_999_999_998,
        total_response_us: 900_000_000_000_000,
        last_error: Some("HTTP 503 \"Service Unavailable\"".to_owned()),
        last_error_at: Some(clock.now()),
        last_deep_at: Some(clock.now()),
        degraded_by: None,
        impaired_checks: 4_000_000_000,
    }
}

/// An owner's metadata from JSON.
pub fn metadata(json: &str) -> Metadata {
    let object = serde_json::from_str(json).expect("a JSON object");
    Metadata::new(object).expect("valid metadata")
}

/// A key of this user, linked to no server. Fields that may be empty are.
pub fn key(clock: &dyn Clock, owner: &User, name: &str) -> ApiKey {
    let now = clock.now();
    let secret = KeySecret::generate(clock);
    ApiKey {
        id: ApiKeyId(clock.new_id()),
        tenant_id: owner.tenant_id,
        owner_id: owner.id,
        created_by: owner.id,
        name: KeyName::parse(name).expect("a valid name"),
        description: None,
        digest: secret.digest(),
        prefix: secret.shown_prefix(),
        previous: None,
        scopes: Scopes::of_registration(),
        server_id: None,
        tools: None,
        expires_at: now + TimeDelta::days(90),
        rotation: RotationPolicy::default(),
        last_rotated_at: None,
        rotation_count: 0,
        unclaimed_until: None,
        rate_limit: RateLimit::OF_KEY,
        created_ip: None,
        revoked_at: None,
        created_at: now,
        updated_at: now,
        revision: 1,
    }
}

/// A key with something in every field, linked to this server.
pub fn full_key(clock: &dyn Clock, owner: &User, server: &Server) -> ApiKey {
    let previous = KeySecret::generate(clock).digest();
    ApiKey {
        created_by: UserId(clock.new_id()),
        description: Some(KeyDescription::parse("for \"CI\"\nand 'more' 100%").expect("a text")),
        previous: Some(PreviousDigest { digest: previous, valid_until: clock.now() }),
        scopes: Scopes::all(),
        server_id: Some(server.id),
        tools: Some(Tools::parse(&["get_*", "écho/\"'%\\", "a.b-c"]).expect("patterns")),
        rotation: RotationPolicy { days: 365, auto_rotate: true },
        last_rotated_at: Some(clock.now()),
        rotation_count: 4_000_000_000,
        unclaimed_until: Some(clock.now()),
        rate_limit: RateLimit { rpm: 10_000, burst: 1_000 },
        created_ip: Some(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1])),
        revoked_at: Some(clock.now()),
        updated_at: clock.now(),
        revision: 9,
        ..key(clock, owner, "Büro ☂")
    }
}

/// An event in this tenant's chain; its kind of resource and its action follow from its type.
pub fn event(
    clock: &dyn Clock,
    tenant_id: TenantId,
    event_type: EventType,
    resource_id: Option<Uuid>,
) -> AuditEvent {
    let (resource_type, action) = event_type.nature();
    AuditEvent {
        id: clock.new_id(),
        tenant_id,
        event_type,
        actor_id: None,
        api_key_id: None,
        resource_type,
        resource_id,
        action,
        result: AuditResult::Success,
        timestamp: clock.now(),
        origin: Origin::default(),
        metadata: Map::new(),
    }
}

/// A scheduled check of this server with this outcome, which took 1.5 ms.
pub fn check(clock: &dyn Clock, server: &Server, status: CheckStatus) -> HealthCheck {
    let error = || CheckError { code: "TIMEOUT".to_owned(), message: "no answer within 10 s".to_owned() };
    let success = status.is_success();
    HealthCheck {
        id: HealthCheckId(clock.new_id()),
        tenant_id: server.tenant_id,
        server_id: server.id,
        performed_at: clock.now(),
        performed_by: None,
        check_type: CheckType::Scheduled,
        deep: false,
        report: CheckReport {
            status,
            response_time_us: 1_500,
            connectivity: success,
            authentication: success,
            capabilities: Vec::new(),
            protocol_version: None,
            tools_count: None,
            resources_count: None,
            prompts_count: None,
            error: (!success).then(error),
        },
    }
}

/// A check on its way into the store; nobody asked for it.
pub fn record(check: &HealthCheck) -> HealthRecord {
    let derived = |what: &str| derived_id(check.id.0, what);
    let ids = |cause: AlertCause| AlertIds {
        alert: AlertId(derived(cause.as_str())),
        event: derived(&format!("{cause} event")),
    };
    HealthRecord {
        check: check.clone(),
        asked: None,
        claim: None,
        transition_id: check.id.0,
        alert_ids: [ids(AlertCause::ServerUnhealthy), ids(AlertCause::ServerDegraded)],
    }
}

/// A check on its way into the store that was due and claimed.
pub fn claimed(check: &HealthCheck, claim: Lease) -> HealthRecord {
    HealthRecord { claim: Some(claim), ..record(check) }
}

/// A check on its way into the store; somebody asked for it.
pub fn asked(check: &HealthCheck, event: AuditEvent) -> HealthRecord {
    HealthRecord { asked: Some(event), ..record(check) }
}
