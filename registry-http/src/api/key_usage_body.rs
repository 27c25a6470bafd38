//! Usage of API keys as the API shows it.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use registry_core::model::period::Resolution;
use registry_core::service::{KeyTrend, KeyUsage};
use serde::Serialize;

use super::analytics_body::{UsagePointBody, UsageTallyBody};
use super::usage_body::{CallErrors, ResponseTimes};
use crate::word::Word;

/// How much a key was used. Counted in memory and stored each second.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct ApiKeyUsage {
    /// Requests, those that a limit refused included.
    requests: u64,
    /// How many of them failed.
    errors: u64,
    /// Those by whose doing it was.
    errors_by_kind: CallErrors,
    /// Bytes of bodies, both ways.
    bytes_transferred: u64,
    /// Bytes of the requests' bodies.
    bytes_in: u64,
    /// Bytes of the answers' bodies.
    bytes_out: u64,
    /// How long calls took; absent before the first.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    response_times: Option<ResponseTimes>,
    /// When it was last used.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<DateTime<Utc>>,
    /// From where it was last used.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_ip: Option<String>,
    /// What the requests came to over a range; if one was asked for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    trend: Option<KeyTrendBody>,
}

/// What the requests with a key came to over a range.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "ApiKeyUsageTrend")]
struct KeyTrendBody {
    /// Where the range begins: at a full hour or day.
    from: DateTime<Utc>,
    /// Where it ends.
    to: DateTime<Utc>,
    /// By what: `hour` or `day`.
    resolution: Word<Resolution>,
    /// What all of them came to.
    total: UsageTallyBody,
    /// What they came to part by part, in order: by hours or days that have requests, or in as many equal parts as were
    /// asked for.
    points: Vec<UsagePointBody>,
}

impl From<KeyTrend> for KeyTrendBody {
    fn from(KeyTrend { query, total, points }: KeyTrend) -> Self {
        Self {
            from: query.from,
            to: query.to,
            resolution: Word(query.resolution),
            total: total.into(),
            points: points.into_iter().map(UsagePointBody::from).collect(),
        }
    }
}

impl From<KeyUsage> for ApiKeyUsage {
    fn from(KeyUsage { counters: usage, trend }: KeyUsage) -> Self {
        Self {
            requests: usage.requests,
            errors: usage.errors,
            errors_by_kind: usage.errors_by_kind.into(),
            bytes_transferred: usage.bytes_transferred,
            bytes_in: usage.bytes_in,
            bytes_out: usage.bytes_out,
            response_times: ResponseTimes::of(&usage.latencies),
            last_used: usage.last_used_at,
            last_used_ip: usage.last_used_ip.map(|ip| ip.to_string()),
            trend: trend.map(KeyTrendBody::from),
        }
    }
}
