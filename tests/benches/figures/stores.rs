//! What is measured on each kind of store.

use anyhow::Result;
use serde_json::{Map, Value};

use crate::settings::Settings;

/// Measures on those stores that the settings want: on sled, and on PostgreSQL at the URL of its server.
pub(crate) fn each(
    settings: &Settings,
    sled: impl FnOnce() -> Result<Value>,
    postgres: impl FnOnce(&str) -> Result<Value>,
) -> Result<Map<String, Value>> {
    let mut figures = Map::new();
    if settings.wants("sled") {
        eprintln!("== sled");
        figures.insert("sled".to_owned(), sled()?);
    }
    if let Some(server) = settings.postgres.as_ref().filter(|_| settings.wants("postgres")) {
        eprintln!("== postgres");
        figures.insert("postgres".to_owned(), postgres(server)?);
    }
    Ok(figures)
}

/// The greatest that a figure is on any store.
pub(crate) fn greatest(
    stores: &Map<String, Value>,
    figure: impl for<'a> Fn(&'a Value) -> &'a Value,
) -> Option<f64> {
    stores.values().filter_map(|store| figure(store).as_f64()).reduce(f64::max)
}
