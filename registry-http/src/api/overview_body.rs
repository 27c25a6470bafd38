//! The overview as the API shows it.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use registry_core::model::audit::{Action, AuditEntry, AuditResult, EventType, ResourceType};
use registry_core::model::key::ApiKey;
use registry_core::model::overview::ServerCounts;
use registry_core::model::page::Page;
use registry_core::model::server::{HealthStatus, ServerStatus};
use registry_core::model::usage_rollup::RecentUsage;
use registry_core::service::{AlertCounts, Overview};
use serde::Serialize;
use uuid::Uuid;

use super::analytics_body::{RankedServerBody, UsageTallyBody};
use super::health_history::StatusChangeBody;
use crate::word::Word;

/// Servers by whether calls are routed to them.
#[derive(Debug, Object, Serialize)]
struct ByStatus {
    /// They are.
    active: u64,
    /// They are switched off, or were never reached.
    inactive: u64,
    /// Monitoring took them out.
    error: u64,
    /// They are not, for a while.
    maintenance: u64,
}

/// Servers by their health, as lists show it.
#[derive(Debug, Object, Serialize)]
struct ByHealth {
    /// They answer well.
    healthy: u64,
    /// They answer slowly or in part, or failed lately, or need a server that is unhealthy.
    degraded: u64,
    /// They do not answer.
    unhealthy: u64,
    /// Nothing is known of them.
    unknown: u64,
}

/// How many servers the caller sees.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "ServerCounts")]
struct ServerCountsBody {
    /// All of them.
    total: u64,
    /// By whether calls are routed to them.
    by_status: ByStatus,
    /// By their health, as lists show it.
    by_health: ByHealth,
}

/// The calls of two days.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "RecentUsage")]
struct RecentUsageBody {
    /// In the last 24 hours, to the minute.
    last_24_hours: UsageTallyBody,
    /// In the 24 hours before them.
    previous_24_hours: UsageTallyBody,
}

/// A key that expires soon.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct ExpiringKey {
    /// Its id.
    id: Uuid,
    /// Its name.
    name: String,
    /// Its first characters.
    key_prefix: String,
    /// The user that it acts as.
    owner_id: Uuid,
    /// The one server that it is for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    server_id: Option<Uuid>,
    /// When it expires.
    expires_at: DateTime<Utc>,
    /// Whether it is rotated without being asked.
    auto_rotate: bool,
}

/// Keys that expire within 14 days.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "ExpiringKeys")]
struct ExpiringKeysBody {
    /// How many there are.
    total: u64,
    /// Those that expire first, at most five.
    keys: Vec<ExpiringKey>,
}

/// Alerts by how bad they are.
#[derive(Debug, Object, Serialize)]
struct BySeverity {
    /// To be known.
    low: u64,
    /// To be looked at.
    medium: u64,
    /// To be looked at soon.
    high: u64,
    /// To be looked at now.
    critical: u64,
}

/// How many alerts there are that are not over.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "AlertCounts")]
struct AlertCountsBody {
    /// Those that nobody said they know of.
    open: u64,
    /// The same by how bad they are.
    open_by_severity: BySeverity,
    /// Those that somebody knows of.
    acknowledged: u64,
}

/// An entry of the audit log, in short.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct Activity {
    /// Its id.
    id: Uuid,
    /// In whose chain it stands.
    tenant_id: Uuid,
    /// What happened.
    event_type: Word<EventType>,
    /// Who did it; absent for the service itself.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<Uuid>,
    /// What it happened to.
    resource_type: Word<ResourceType>,
    /// Which one.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<Uuid>,
    /// What was done.
    action: Word<Action>,
    /// What came of it.
    result: Word<AuditResult>,
    /// When.
    timestamp: DateTime<Utc>,
}

/// What is there, and what happened lately.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Overview")]
pub(super) struct OverviewBody {
    /// The servers that the caller sees.
    servers: ServerCountsBody,
    /// How their health changed in the last 24 hours, newest first, at most ten times.
    recent_changes: Vec<StatusChangeBody>,
    /// The calls of the caller's tenant (of all tenants for administrators).
    usage: RecentUsageBody,
    /// When servers were compared for the next two; absent while that takes long, and the next two are empty.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    compared_at: Option<DateTime<Utc>>,
    /// The servers of the caller's tenant that were called most in the last 24 hours, at most five.
    busiest: Vec<RankedServerBody>,
    /// Those that were slowest, by the time within which 95 of 100 calls were answered, at most five.
    slowest: Vec<RankedServerBody>,
    /// Alerts that are not over.
    alerts: AlertCountsBody,
    /// Keys that expire soon, of those that the caller manages; absent if it may not see keys.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expiring_keys: Option<ExpiringKeysBody>,
    /// The newest entries of the audit log, at most ten; absent if the caller may not read it.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    recent_activity: Option<Vec<Activity>>,
}

impl From<&ServerCounts> for ServerCountsBody {
    fn from(counts: &ServerCounts) -> Self {
        Self {
            total: counts.total(),
            by_status: ByStatus {
                active: counts.of_status(ServerStatus::Active),
                inactive: counts.of_status(ServerStatus::Inactive),
                error: counts.of_status(ServerStatus::Error),
                maintenance: counts.of_status(ServerStatus::Maintenance),
            },
            by_health: ByHealth {
                healthy: counts.of_health(HealthStatus::Healthy),
                degraded: counts.of_health(HealthStatus::Degraded),
                unhealthy: counts.of_health(HealthStatus::Unhealthy),
                unknown: counts.of_health(HealthStatus::Unknown),
            },
        }
    }
}

impl From<RecentUsage> for RecentUsageBody {
    fn from(RecentUsage { last, before }: RecentUsage) -> Self {
        Self { last_24_hours: last.into(), previous_24_hours: before.into() }
    }
}

impl From<ApiKey> for ExpiringKey {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.0,
            name: key.name.to_string(),
            key_prefix: key.prefix,
            owner_id: key.owner_id.0,
            server_id: key.server_id.map(|id| id.0),
            expires_at: key.expires_at,
            auto_rotate: key.rotation.auto_rotate,
        }
    }
}

impl From<Page<ApiKey>> for ExpiringKeysBody {
    fn from(page: Page<ApiKey>) -> Self {
        Self { total: page.total, keys: page.items.into_iter().map(ExpiringKey::from).collect() }
    }
}

impl From<AlertCounts> for AlertCountsBody {
    fn from(AlertCounts { open, acknowledged }: AlertCounts) -> Self {
        let [low, medium, high, critical] = open;
        let open_by_severity = BySeverity { low, medium, high, critical };
        Self { open: open.iter().sum(), open_by_severity, acknowledged }
    }
}

impl From<AuditEntry> for Activity {
    fn from(AuditEntry { event, .. }: AuditEntry) -> Self {
        Self {
            id: event.id,
            tenant_id: event.tenant_id.0,
            event_type: Word(event.event_type),
            actor_id: event.actor_id.map(|actor| actor.0),
            resource_type: Word(event.resource_type),
            resource_id: event.resource_id,
            action: Word(event.action),
            result: Word(event.result),
            timestamp: event.timestamp,
        }
    }
}

impl From<Overview> for OverviewBody {
    fn from(overview: Overview) -> Self {
        let activity = |entries: Vec<AuditEntry>| entries.into_iter().map(Activity::from).collect();
        let ranked = |servers: Vec<_>| servers.into_iter().map(RankedServerBody::from).collect();
        Self {
            servers: (&overview.servers).into(),
            recent_changes: overview.changes.into_iter().map(StatusChangeBody::from).collect(),
            usage: overview.usage.into(),
            compared_at: overview.compared_at,
            busiest: ranked(overview.busiest),
            slowest: ranked(overview.slowest),
            alerts: overview.alerts.into(),
            expiring_keys: overview.expiring_keys.map(ExpiringKeysBody::from),
            recent_activity: overview.activity.map(activity),
        }
    }
}
