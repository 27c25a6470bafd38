//! The registry itself: key checks, lists, starts, registrations.

mod creates;
mod disk;
mod keys;
mod lists;
pub(crate) mod postgres;
mod servers;
mod start;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::settings::{Section, Settings};

pub(crate) fn measure(settings: &Settings) -> Result<Map<String, Value>> {
    let mut figures = Map::new();
    // What needs a quiet machine most comes first; the stores' sections fill disks and caches.
    let runtime = tokio::runtime::Runtime::new()?;
    for section in settings.sections() {
        eprintln!("== {section:?}");
        let figure = match section {
            Section::Keys => keys::measure(settings)?,
            Section::Start => start::measure(settings, &runtime)?,
            Section::Lists => runtime.block_on(lists::measure(settings))?,
            Section::Creates => runtime.block_on(creates::measure(settings))?,
        };
        figures.insert(format!("{section:?}").to_lowercase(), figure);
    }
    Ok(figures)
}
