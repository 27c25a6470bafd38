//! What the figures were measured on.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::settings::Settings;

/// The machine before the first measurement.
pub(crate) fn describe(settings: &Settings) -> Value {
    json!({
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "quick": settings.quick,
        "load_average_before": load_average(),
        "folder_filesystem": filesystem(&settings.folder),
    })
}

/// Other work on the machine makes the figures worse; whoever reads them has to see it.
pub(crate) fn load_average() -> Value {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).filter_map(|number| number.parse::<f64>().ok()).collect()
}

/// How many files this process, and each that it starts, may have open.
pub(crate) fn open_files() -> Result<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).context("a limit of open files")?;
    Ok(soft.parse()?)
}

/// The kind of file system that a folder is on.
pub(crate) fn filesystem(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let of_folder = mounts.filter(|(point, _)| folder.starts_with(point));
    of_folder.max_by_key(|(point, _)| point.len()).map_or_else(String::new, |(_, kind)| kind.to_owned())
}
