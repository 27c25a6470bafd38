//! What the store has of the checks afterwards: whether each server had its own, and how far apart.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use registry_core::access::Reach;
use registry_core::model::id::ServerId;
use registry_core::model::page::PageRequest;
use registry_core::model::period::Period;
use registry_core::store::Store;
use serde_json::{Value, json};

use crate::stats::{percentile, round};

/// The most checks of a server that are looked at.
const CHECKS: u32 = 100;

/// How many checks there were, and the time between two of one server.
pub(super) async fn gaps(store: Arc<dyn Store>, servers: &[ServerId]) -> Result<Value> {
    let request = PageRequest::new(1, CHECKS).map_err(|error| anyhow!("{error:?}"))?;
    let (mut gaps, mut checks, mut unchecked) = (Vec::new(), 0, 0);
    for id in servers {
        let page = store.health_checks(Reach::AllTenants, *id, Period::EVER, request).await?;
        (checks, unchecked) = (checks + page.items.len(), unchecked + usize::from(page.items.is_empty()));
        let pairs = page.items.windows(2);
        gaps.extend(pairs.map(|pair| (pair[0].performed_at - pair[1].performed_at).as_seconds_f64()));
    }
    store.close().await?;
    let gap = |gaps: &mut Vec<f64>, share| round(percentile(gaps, share), 2);
    Ok(json!({ "checks": checks, "servers_never_checked": unchecked, "gap_p50_s": gap(&mut gaps, 0.5),
        "gap_p99_s": gap(&mut gaps, 0.99), "gap_max_s": gap(&mut gaps, 1.0), "gap_min_s": gap(&mut gaps, 0.0) }))
}
