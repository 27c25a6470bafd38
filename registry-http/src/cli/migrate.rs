//! `migrate`: brings the store to the form that this version wants.

use std::process::ExitCode;

use super::{Settings, say, store};

/// Opens the store, which migrates it, and closes it.
pub(super) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    store::open(settings).await?.close().await?;
    say("the store has the form that this version wants");
    Ok(ExitCode::SUCCESS)
}
