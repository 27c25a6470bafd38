//! The figures of `docs/performance.md`. Run it with `scripts/bench core`, `gateway`, `monitor` or `events`, which
//! builds the release binary that is started as a process of its own.
//!
//! Progress goes to standard error. Standard output gets one line: a JSON object with every figure.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement prints, and its helper processes talk to it by standard output"
)]

mod bare;
mod core;
mod events;
mod exchange;
mod gateway;
mod load;
mod machine;
mod monitor;
mod process;
mod role;
mod service;
mod settings;
mod stats;
mod stores;
mod unsteady;
mod upstream;
mod world;

use anyhow::Result;
use serde_json::Value;

use settings::{Measurement, Settings};

fn main() -> Result<()> {
    if let Some(role) = role::wanted()? {
        return role.run();
    }
    let settings = Settings::from_arguments()?;
    let before = machine::describe(&settings);
    let mut figures = match settings.measurement {
        Measurement::Core => core::measure(&settings)?,
        Measurement::Gateway => gateway::measure(&settings)?,
        Measurement::Monitor => monitor::measure(&settings)?,
        Measurement::Events => events::measure(&settings)?,
    };
    figures.insert("machine".to_owned(), before);
    figures.insert("load_average_after".to_owned(), machine::load_average());
    println!("{}", Value::Object(figures));
    Ok(())
}
