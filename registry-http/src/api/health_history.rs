//! The history of a server's health as the API shows it.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use registry_core::model::check_rollup::{CheckTally, StatusChange};
use registry_core::model::health_history::{HistoryResolution, Uptime};
use registry_core::model::period::Resolution;
use registry_core::model::server::HealthStatus;
use registry_core::model::trend::TrendPoint;
use registry_core::service::{ServerHistory, Shown, Trend};
use serde::Serialize;
use uuid::Uuid;

use super::health::HealthCheckBody;
use super::page::Pagination;
use super::usage_body::ResponseTimes;
use crate::word::Word;

/// How much of the time checks found the server up, in percent, rounded down to three decimals; absent without checks.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Uptime")]
struct UptimeBody {
    /// In this hour and the 24 before it.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_24_hours: Option<f64>,
    /// In this hour and the seven days before it.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_7_days: Option<f64>,
    /// Today and on the 30 days before, in UTC.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_30_days: Option<f64>,
    /// Today and on the 90 days before, in UTC.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_90_days: Option<f64>,
}

/// What some checks came to.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "CheckTally")]
struct TallyBody {
    /// How many there were.
    checks: u64,
    /// In how many the server was of use.
    successes: u64,
    /// In how many of those not all of it worked.
    degraded: u64,
    /// How many failed.
    failures: u64,
    /// How many of them found the server up, in percent, rounded down to three decimals; absent without checks.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime: Option<f64>,
    /// How long the successful ones took; absent without any.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    response_times: Option<ResponseTimes>,
}

/// What the checks of a part of the range came to.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "HealthPoint")]
struct PointBody {
    /// From when on.
    from: DateTime<Utc>,
    /// To before when.
    to: DateTime<Utc>,
    /// What they came to.
    #[serde(flatten)]
    #[oai(flatten)]
    tally: TallyBody,
}

/// A change of a server's status.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "StatusChange")]
pub(super) struct StatusChangeBody {
    /// The server.
    server_id: Uuid,
    /// When.
    timestamp: DateTime<Utc>,
    /// What it was.
    from: Word<HealthStatus>,
    /// What it is since.
    to: Word<HealthStatus>,
    /// The check that found it.
    check_id: Uuid,
}

/// What checks came to over a range.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "HealthTrend")]
struct TrendBody {
    /// Where the range begins: at a full hour or day.
    from: DateTime<Utc>,
    /// Where it ends.
    to: DateTime<Utc>,
    /// By what.
    resolution: Word<HistoryResolution>,
    /// What all of its checks came to.
    total: TallyBody,
    /// What they came to part by part, in order: by hours or days that have checks, or in as many equal parts as were
    /// asked for.
    points: Vec<PointBody>,
    /// How the status changed, newest first, at most 100 times.
    changes: Vec<StatusChangeBody>,
}

/// A server's state and its history.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "ServerHealthBody")]
pub(super) struct ServerHealthBody {
    /// The server.
    server_id: Uuid,
    /// Its state.
    health_status: Word<HealthStatus>,
    /// When it was last checked.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_health_check: Option<DateTime<Utc>>,
    /// Failures in a row.
    health_check_failures: u32,
    /// The mean time of successful checks, in milliseconds.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    avg_response_time: Option<f64>,
    /// How many checks succeeded, in percent.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    success_rate: Option<f64>,
    /// How much of the time checks found it up.
    uptime: UptimeBody,
    /// The checks, newest first; with the resolution `raw`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<HealthCheckBody>>,
    /// Where the page of checks stands; with the resolution `raw`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<Pagination>,
    /// What the checks came to; with the resolutions `hour` and `day`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    trend: Option<TrendBody>,
}

impl From<Uptime> for UptimeBody {
    fn from(uptime: Uptime) -> Self {
        let Uptime { last_24_hours, last_7_days, last_30_days, last_90_days } = uptime;
        Self { last_24_hours, last_7_days, last_30_days, last_90_days }
    }
}

impl From<CheckTally> for TallyBody {
    fn from(tally: CheckTally) -> Self {
        Self {
            checks: tally.checks,
            successes: tally.successes,
            degraded: tally.degraded,
            failures: tally.failures,
            uptime: tally.uptime_percent(),
            response_times: ResponseTimes::of(&tally.response_times),
        }
    }
}

impl From<TrendPoint<CheckTally>> for PointBody {
    fn from(TrendPoint { from, to, tally }: TrendPoint<CheckTally>) -> Self {
        Self { from, to, tally: tally.into() }
    }
}

impl From<StatusChange> for StatusChangeBody {
    fn from(StatusChange { server_id, at, check_id, transition }: StatusChange) -> Self {
        Self {
            server_id: server_id.0,
            timestamp: at,
            from: Word(transition.from),
            to: Word(transition.to),
            check_id: check_id.0,
        }
    }
}

impl From<Trend> for TrendBody {
    fn from(Trend { query, total, points, changes }: Trend) -> Self {
        let resolution = match query.resolution {
            Resolution::Day => HistoryResolution::Day,
            Resolution::Hour | Resolution::Minute => HistoryResolution::Hour,
        };
        Self {
            from: query.from,
            to: query.to,
            resolution: Word(resolution),
            total: total.into(),
            points: points.into_iter().map(PointBody::from).collect(),
            changes: changes.into_iter().map(StatusChangeBody::from).collect(),
        }
    }
}

impl From<ServerHistory> for ServerHealthBody {
    fn from(ServerHistory { server, uptime, shown }: ServerHistory) -> Self {
        let (checks, trend) = match shown {
            Shown::Checks(checks) => (Some(checks), None),
            Shown::Trend(trend) => (None, Some(trend)),
        };
        let pagination = checks.as_ref().map(Pagination::from);
        let history = checks.map(|checks| checks.items.into_iter().map(HealthCheckBody::from).collect());
        Self {
            server_id: server.id.0,
            health_status: Word(server.health.status),
            last_health_check: server.health.last_check_at,
            health_check_failures: server.health.consecutive_failures,
            avg_response_time: server.health.avg_response_time_ms(),
            success_rate: server.health.success_rate(),
            uptime: uptime.into(),
            history,
            pagination,
            trend: trend.map(TrendBody::from),
        }
    }
}
