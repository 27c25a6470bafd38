//! The figures of `docs/performance.md`. Run it with `scripts/bench core`, which builds the release binary that two of
//! the sections start as a process of its own.
//!
//! Progress goes to standard error. Standard output gets one line: a JSON object with every figure.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement prints, and its helper processes talk to it by standard output"
)]

mod bare;
mod calls;
mod creates;
mod disk;
mod exchange;
mod gateway;
mod keys;
mod lists;
mod load;
mod postgres;
mod process;
mod role;
mod servers;
mod settings;
mod start;
mod stats;
mod upstream;
mod world;

use anyhow::Result;
use serde_json::{Map, Value, json};

use settings::{Section, Settings};

fn main() -> Result<()> {
    if let Some(role) = role::wanted()? {
        return role.run();
    }
    let settings = Settings::from_arguments()?;
    let mut figures = Map::new();
    figures.insert("machine".to_owned(), machine(&settings));
    // What needs a quiet machine most comes first; the stores' sections fill disks and caches.
    let runtime = tokio::runtime::Runtime::new()?;
    for section in settings.sections() {
        eprintln!("== {section:?}");
        let figure = match section {
            Section::Keys => keys::measure(&settings)?,
            Section::Calls => calls::measure(&settings, &runtime)?,
            Section::Start => start::measure(&settings, &runtime)?,
            Section::Lists => runtime.block_on(lists::measure(&settings))?,
            Section::Creates => runtime.block_on(creates::measure(&settings))?,
        };
        figures.insert(format!("{section:?}").to_lowercase(), figure);
    }
    figures.insert("load_average_after".to_owned(), load_average());
    println!("{}", Value::Object(figures));
    Ok(())
}

fn machine(settings: &Settings) -> Value {
    json!({
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "quick": settings.quick,
        "load_average_before": load_average(),
        "folder_filesystem": disk::filesystem(&settings.folder),
    })
}

/// Other work on the machine makes the figures worse; whoever reads them has to see it.
fn load_average() -> Value {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).filter_map(|number| number.parse::<f64>().ok()).collect()
}
