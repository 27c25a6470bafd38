//! The binary `mcp-registry`.

mod cli;

use std::process::ExitCode;

use clap::Parser;

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
