//! What is measured, and in what size.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::service::DEFAULT_LOG;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measurement {
    /// The registry: keys, lists, starts, registrations.
    Core,
    /// Calls through the gateway.
    Gateway,
    /// Servers that are watched.
    Monitor,
    /// Live events.
    Events,
}

/// One part of the measurement of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Keys,
    Start,
    Lists,
    Creates,
}

impl Section {
    const ALL: [Self; 4] = [Self::Keys, Self::Start, Self::Lists, Self::Creates];
}

/// The settings of a run.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) measurement: Measurement,
    /// Small sizes: whether it works, not how fast it is.
    pub(crate) quick: bool,
    /// The binary `mcp-registry`.
    binary: Option<PathBuf>,
    /// Where embedded stores are kept while they are measured.
    pub(crate) folder: PathBuf,
    /// The server that `scripts/postgres` started.
    pub(crate) postgres: Option<String>,
    /// Where that server keeps its data, if it is known.
    pub(crate) postgres_folder: Option<PathBuf>,
    /// What the gateway logs.
    pub(crate) log: String,
    only: Vec<String>,
    /// How long servers are watched, or changes are told, if it was said.
    minutes: Option<u64>,
}

impl Settings {
    /// Reads `core|gateway|monitor|events [--quick] [--minutes N] [--only SECTION,...] [--binary PATH] [--folder PATH] [--log FILTER]`.
    pub(crate) fn from_arguments() -> Result<Self> {
        let mut arguments = std::env::args().skip(1);
        let measurement = match arguments.next().as_deref() {
            Some("core") => Measurement::Core,
            Some("gateway") => Measurement::Gateway,
            Some("monitor") => Measurement::Monitor,
            Some("events") => Measurement::Events,
            _ => bail!("core, gateway, monitor or events must be named first"),
        };
        let mut settings = Self {
            measurement,
            quick: false,
            binary: None,
            folder: env!("CARGO_TARGET_TMPDIR").into(),
            postgres: std::env::var("MCP_REGISTRY_TEST_POSTGRES").ok(),
            postgres_folder: std::env::var_os("MCP_REGISTRY_BENCH_POSTGRES_FOLDER").map(PathBuf::from),
            log: DEFAULT_LOG.to_owned(),
            only: Vec::new(),
            minutes: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} wants a value"));
            match argument.as_str() {
                "--quick" => settings.quick = true,
                "--minutes" => settings.minutes = Some(value()?.parse()?),
                "--only" => settings.only = value()?.split(',').map(str::to_owned).collect(),
                "--binary" => settings.binary = Some(value()?.into()),
                "--log" => settings.log = value()?,
                "--folder" => settings.folder = value()?.into(),
                // cargo says so to every benchmark.
                "--bench" => {}
                other => bail!("unknown argument {other}"),
            }
        }
        Ok(settings)
    }

    pub(crate) fn sections(&self) -> impl Iterator<Item = Section> {
        let wanted = |section: &Section| {
            self.only.is_empty() || self.only.contains(&format!("{section:?}").to_lowercase())
        };
        Section::ALL.into_iter().filter(wanted)
    }

    pub(crate) fn binary(&self) -> Result<&PathBuf> {
        self.binary.as_ref().context("--binary must name the binary mcp-registry; scripts/bench does so")
    }

    /// How many servers a tenant has.
    pub(crate) fn servers(&self) -> usize {
        if self.quick { 2_000 } else { 100_000 }
    }

    /// How many keys there are.
    pub(crate) fn keys(&self) -> [usize; 2] {
        if self.quick { [100, 1_000] } else { [1_000, 100_000] }
    }

    /// How long writers write in one round, and clients call in one turn of each way.
    pub(crate) fn round(&self) -> Duration {
        match (self.quick, self.measurement) {
            (true, _) => Duration::from_millis(300),
            (false, Measurement::Core) => Duration::from_secs(5),
            // There are many turns.
            (false, Measurement::Gateway) => Duration::from_secs(1),
            (false, Measurement::Monitor | Measurement::Events) => Duration::from_secs(2),
        }
    }

    /// Whether this section, which is named by its store, is to be measured.
    pub(crate) fn wants(&self, section: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == section)
    }

    /// How many servers are watched.
    pub(crate) fn watched(&self) -> usize {
        if self.quick { 500 } else { 10_000 }
    }

    /// How long they are watched, on each store.
    pub(crate) fn watching(&self) -> Duration {
        Duration::from_secs(60 * self.minutes.unwrap_or(if self.quick { 1 } else { 10 }))
    }

    /// How many WebSockets are open for events, on each node.
    pub(crate) fn subscribers(&self) -> usize {
        if self.quick { 100 } else { 1_000 }
    }

    /// How long changes are made that they are told of, on each store.
    pub(crate) fn changing(&self) -> Duration {
        let quick = self.quick && self.minutes.is_none();
        if quick { Duration::from_secs(5) } else { Duration::from_secs(60 * self.minutes.unwrap_or(1)) }
    }

    /// How long clients list and call, with and without.
    pub(crate) fn clients(&self) -> Duration {
        if self.quick { Duration::from_secs(5) } else { Duration::from_secs(40) }
    }

    /// How many streams are held open, if the process may have as many files.
    pub(crate) fn streams(&self) -> usize {
        if self.quick { 500 } else { 10_000 }
    }
}
