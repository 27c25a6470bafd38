//! What the gateway costs: the same calls to the upstream itself, through a bare proxy, and through the gateway; and
//! what streams cost that are merely open.

mod streams;
mod summary;
mod turns;
mod ways;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::settings::Settings;
use crate::upstream::{JSON, SSE};
use ways::Ways;

/// How many clients call at the same time: alone, as many as a team has, as many as a company has.
const CONNECTIONS: [usize; 3] = [1, 32, 256];

pub(crate) fn measure(settings: &Settings) -> Result<Map<String, Value>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let streams = streams::measure(settings, &runtime)?;
    let ways = Ways::start(settings, &runtime, &[JSON.to_owned(), SSE.to_owned()])?;
    let turns = turns::run(&ways, settings)?;
    let mut figures = summary::of(&turns);
    figures.insert("gateway_resident_kib_after".to_owned(), ways.gateway.process.resident_kib()?.into());
    figures.insert("streams".to_owned(), streams);
    Ok(figures)
}
