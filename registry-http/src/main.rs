//! The binary `mcp-registry`.

mod cli;

use std::process::ExitCode;

use clap::Parser;

// glibc's allocator keeps the room of what each of its many arenas once held: with 10,000 servers watched on sled the process
// had 423 MiB after a quarter of an hour and went on growing; with this one it comes to
// what the store keeps in memory.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Parses the command line, runs the command, and tells its failure in one line.
#[tokio::main]
async fn main() -> ExitCode {
    match cli::Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            cli::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
