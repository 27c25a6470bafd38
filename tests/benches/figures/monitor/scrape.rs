//! The service's own metrics of its checks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};

use crate::exchange::Connection;
use crate::service::log_of;

const ANNOUNCED: &str = "metrics on http://";
const LATE: &str = "mcp_registry_health_check_late_seconds_bucket";
const CHECKS: &str = "mcp_registry_health_checks_total";
const LAPSED: &str = "mcp_registry_health_checks_lapsed_total";

/// Where the service on this data folder tells its metrics.
pub(super) fn address(data: &Path) -> Result<SocketAddr> {
    let log = std::fs::read_to_string(log_of(data))?;
    let (_, rest) = log.split_once(ANNOUNCED).context("the service says where its metrics are")?;
    let (address, _) = rest.split_once('/').context("an address")?;
    Ok(address.parse()?)
}

/// Values by name and labels.
pub(super) struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    pub(super) async fn of(address: SocketAddr) -> Result<Self> {
        let request = format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\n\r\n");
        let mut connection = Connection::open(address).await?;
        let answer = String::from_utf8_lossy(connection.exchange(request.as_bytes()).await?).into_owned();
        let lines = answer.lines().filter(|line| line.starts_with("mcp_registry_health_"));
        let values = lines.filter_map(|line| line.rsplit_once(' '));
        Ok(Self(values.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()))
    }

    /// What came since.
    pub(super) fn since(mut self, before: &Self) -> Self {
        for (name, value) in &mut self.0 {
            *value -= before.0.get(name).copied().unwrap_or_default();
        }
        self
    }

    fn sum(&self, prefix: &str, without: &str) -> f64 {
        let of_name = self.0.iter().filter(|(name, _)| name.starts_with(prefix));
        of_name
            .filter(|(name, _)| without.is_empty() || !name.contains(without))
            .fold(0.0, |sum, (_, value)| sum + value)
    }

    pub(super) fn checks(&self) -> f64 {
        self.sum(CHECKS, "")
    }

    /// Checks that did not find the server well.
    pub(super) fn failed(&self) -> f64 {
        self.sum(CHECKS, "\"healthy\"")
    }

    pub(super) fn lapsed(&self) -> f64 {
        self.sum(LAPSED, "")
    }

    /// The lateness below which this share of the checks was, between the bounds of its bucket.
    pub(super) fn late(&self, share: f64) -> f64 {
        let mut buckets: Vec<(f64, f64)> = self
            .0
            .iter()
            .filter_map(|(name, count)| {
                let bound = name.strip_prefix(LATE)?.split_once("le=\"")?.1.split_once('"')?.0;
                Some((bound.parse().unwrap_or(f64::INFINITY), *count))
            })
            .collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let wanted = share * buckets.last().map_or(0.0, |(_, count)| *count);
        let (mut below, mut lower) = (0.0, 0.0);
        for (bound, count) in buckets {
            if count >= wanted && count > below {
                return if bound.is_finite() {
                    lower + (bound - lower) * (wanted - below) / (count - below)
                } else {
                    lower
                };
            }
            (below, lower) = (count, bound);
        }
        lower
    }
}
