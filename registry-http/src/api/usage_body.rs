//! Usage as the API shows it.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use registry_core::model::latency::Latencies;
use registry_core::model::server::Server;
use registry_core::model::usage::{ErrorCounts, Usage};
use serde::Serialize;

use super::health::milliseconds;

/// Failed requests by whose doing it was. What was counted before this was told apart is in none of them.
#[derive(Debug, Object, Serialize)]
pub(super) struct CallErrors {
    /// The client's: the gateway or the server refused what it sent, or it went away before the answer.
    client: u64,
    /// The server's: it could not be reached, failed, or broke off.
    upstream: u64,
    /// The server took too long.
    timeout: u64,
    /// A limit was exceeded.
    limited: u64,
    /// The gateway's own.
    gateway: u64,
}

/// How long calls of MCP servers took until their answer began, or checks, in milliseconds. Percentiles are within 12.5
/// percent of the true value.
#[derive(Debug, Object, Serialize)]
pub(super) struct ResponseTimes {
    /// The mean.
    pub(super) average: f64,
    /// Half of them took no longer.
    pub(super) p50: f64,
    /// 95 of 100 took no longer.
    pub(super) p95: f64,
    /// 99 of 100 took no longer.
    pub(super) p99: f64,
}

/// How calls of a server through the gateway went. Counted in memory and stored each second.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct ServerPerformance {
    /// Calls, those that a limit refused included.
    request_count: u64,
    /// How many of them failed.
    error_count: u64,
    /// The same in percent; absent before the first call.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    error_rate: Option<f64>,
    /// Failed calls by whose doing it was.
    errors_by_kind: CallErrors,
    /// Bytes of the requests' bodies.
    bytes_in: u64,
    /// Bytes of the answers' bodies.
    bytes_out: u64,
    /// The mean time of calls until their answer began, in milliseconds; absent before the first.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    avg_response_time: Option<f64>,
    /// How long calls took; absent before the first.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    response_times: Option<ResponseTimes>,
    /// How many health checks found it up, in percent; absent before the first.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime: Option<f64>,
    /// When it was last called.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used: Option<DateTime<Utc>>,
}

impl ResponseTimes {
    /// Those of this histogram; `None` if it is empty.
    pub(super) fn of(latencies: &Latencies) -> Option<Self> {
        let within = |per_mille| latencies.within_us(per_mille).map(milliseconds);
        let average = latencies.mean_us().map(milliseconds)?;
        Some(Self { average, p50: within(500)?, p95: within(950)?, p99: within(990)? })
    }
}

impl ServerPerformance {
    pub(super) fn new(server: &Server, usage: Usage) -> Self {
        let response_times = ResponseTimes::of(&usage.latencies);
        Self {
            request_count: usage.requests,
            error_count: usage.errors,
            error_rate: percent(usage.errors, usage.requests),
            errors_by_kind: usage.errors_by_kind.into(),
            bytes_in: usage.bytes_in,
            bytes_out: usage.bytes_out,
            avg_response_time: response_times.as_ref().map(|times| times.average),
            response_times,
            uptime: server.health.success_rate(),
            last_used: usage.last_used_at,
        }
    }
}

/// To two decimals; `None` of nothing.
pub(super) fn percent(part: u64, whole: u64) -> Option<f64> {
    let permyriad = (u128::from(part) * 10_000).checked_div(whole.into())?;
    u32::try_from(permyriad).ok().map(|permyriad| f64::from(permyriad) / 100.0)
}

impl From<ErrorCounts> for CallErrors {
    fn from(ErrorCounts { client, upstream, timeout, limited, gateway }: ErrorCounts) -> Self {
        Self { client, upstream, timeout, limited, gateway }
    }
}
