//! The file as it is written. Nothing is checked here but the names and types of its fields. It may hold secrets, so it
//! has no `Debug`.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) launcher: Vec<Launcher>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Launcher {
    pub(super) name: String,
    pub(super) command: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) env: BTreeMap<String, String>,
    pub(super) env_from: Vec<String>,
    pub(super) working_dir: Option<PathBuf>,
    pub(super) memory_mib: Option<u64>,
    pub(super) cpu_seconds: Option<u64>,
    pub(super) open_files: Option<u64>,
    pub(super) processes: Option<u64>,
    pub(super) max_running: Option<usize>,
}
