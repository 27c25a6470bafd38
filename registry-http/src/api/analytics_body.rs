//! Usage over time as the API shows it.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use registry_core::model::period::Resolution;
use registry_core::model::server::{HealthStatus, Server, ServerStatus};
use registry_core::model::trend::TrendPoint;
use registry_core::model::usage_ranking::{RankedServer, Times};
use registry_core::model::usage_rollup::UsageTally;
use registry_core::service::{Ranking, UsageSeries, UsageTrend};
use serde::Serialize;
use uuid::Uuid;

use super::health::milliseconds;
use super::page::Pagination;
use super::usage_body::{CallErrors, ResponseTimes, percent};
use crate::word::Word;

/// What some calls came to.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "UsageTally")]
pub(super) struct UsageTallyBody {
    /// How many there were, those that a limit refused included.
    requests: u64,
    /// How many of them failed.
    errors: u64,
    /// The same in percent; absent without calls.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    error_rate: Option<f64>,
    /// Those that failed by whose doing it was.
    errors_by_kind: CallErrors,
    /// Bytes of the requests' bodies.
    bytes_in: u64,
    /// Bytes of the answers' bodies.
    bytes_out: u64,
    /// How long those that reached a server took until their answer began; absent without any.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    response_times: Option<ResponseTimes>,
}

/// What the calls of a part of the range came to.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "UsagePoint")]
pub(super) struct UsagePointBody {
    /// From when on.
    from: DateTime<Utc>,
    /// To before when.
    to: DateTime<Utc>,
    /// What they came to.
    #[serde(flatten)]
    #[oai(flatten)]
    tally: UsageTallyBody,
}

/// How a server was called over the range, or all of them together.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "UsageSeries")]
struct UsageSeriesBody {
    /// The server; absent for all together.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    server_id: Option<Uuid>,
    /// What all calls came to.
    total: UsageTallyBody,
    /// What they came to part by part, in order: by minutes, hours or days that have calls, or in as many equal parts as
    /// were asked for.
    points: Vec<UsagePointBody>,
}

/// Usage over a range.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "UsageTrend")]
pub(super) struct UsageTrendBody {
    /// Where the range begins: at a full minute, hour or day.
    from: DateTime<Utc>,
    /// Where it ends.
    to: DateTime<Utc>,
    /// By what.
    resolution: Word<Resolution>,
    /// Each server that was asked for, in that order; or one of all together.
    series: Vec<UsageSeriesBody>,
}

/// A server among others, with what became of its calls and checks.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "RankedServer")]
pub(super) struct RankedServerBody {
    /// The server.
    server_id: Uuid,
    /// Its name.
    name: String,
    /// Whether calls are routed to it.
    status: Word<ServerStatus>,
    /// What checks said of it.
    health_status: Word<HealthStatus>,
    /// How often it was called.
    requests: u64,
    /// How many of the calls failed.
    errors: u64,
    /// The same in percent; absent without calls.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    error_rate: Option<f64>,
    /// Bytes of the requests' bodies.
    bytes_in: u64,
    /// Bytes of the answers' bodies.
    bytes_out: u64,
    /// How long calls took until their answer began; absent without any.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    response_times: Option<ResponseTimes>,
    /// In how many of the checks it was up, in percent, rounded down to three decimals; absent without checks.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime: Option<f64>,
}

/// Servers compared.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "ServerRanking")]
pub(super) struct RankingBody {
    /// Where the range begins: at a full hour or day.
    from: DateTime<Utc>,
    /// Where it ends.
    to: DateTime<Utc>,
    /// When the servers were compared.
    compared_at: DateTime<Utc>,
    /// The servers in order.
    servers: Vec<RankedServerBody>,
    /// Where the page stands.
    pagination: Pagination,
}

impl From<UsageTally> for UsageTallyBody {
    fn from(tally: UsageTally) -> Self {
        let errors = tally.errors.total();
        Self {
            requests: tally.requests,
            errors,
            error_rate: percent(errors, tally.requests),
            errors_by_kind: tally.errors.into(),
            bytes_in: tally.bytes_in,
            bytes_out: tally.bytes_out,
            response_times: ResponseTimes::of(&tally.latencies),
        }
    }
}

impl From<TrendPoint<UsageTally>> for UsagePointBody {
    fn from(TrendPoint { from, to, tally }: TrendPoint<UsageTally>) -> Self {
        Self { from, to, tally: tally.into() }
    }
}

impl From<UsageSeries> for UsageSeriesBody {
    fn from(UsageSeries { server_id, total, points }: UsageSeries) -> Self {
        Self {
            server_id: server_id.map(|id| id.0),
            total: total.into(),
            points: points.into_iter().map(UsagePointBody::from).collect(),
        }
    }
}

impl From<UsageTrend> for UsageTrendBody {
    fn from(UsageTrend { query, series }: UsageTrend) -> Self {
        Self {
            from: query.from,
            to: query.to,
            resolution: Word(query.resolution),
            series: series.into_iter().map(UsageSeriesBody::from).collect(),
        }
    }
}

impl From<Times> for ResponseTimes {
    fn from(times: Times) -> Self {
        Self {
            average: milliseconds(times.average_us),
            p50: milliseconds(times.p50_us),
            p95: milliseconds(times.p95_us),
            p99: milliseconds(times.p99_us),
        }
    }
}

impl From<(RankedServer, Server)> for RankedServerBody {
    fn from((ranked, server): (RankedServer, Server)) -> Self {
        Self {
            server_id: server.id.0,
            name: server.name.to_string(),
            status: Word(server.status),
            health_status: Word(server.health.status),
            requests: ranked.requests,
            errors: ranked.errors,
            error_rate: percent(ranked.errors, ranked.requests),
            bytes_in: ranked.bytes_in,
            bytes_out: ranked.bytes_out,
            response_times: ranked.times.map(ResponseTimes::from),
            uptime: ranked.uptime,
        }
    }
}

impl From<Ranking> for RankingBody {
    fn from(Ranking { range, at, servers }: Ranking) -> Self {
        let pagination = Pagination::from(&servers);
        Self {
            from: range.from,
            to: range.to,
            compared_at: at,
            servers: servers.items.into_iter().map(RankedServerBody::from).collect(),
            pagination,
        }
    }
}
