//! `openapi`: prints the OpenAPI document.

use std::process::ExitCode;

use registry_gateway::probe::UpstreamProbe;
use registry_http::app;

use super::account::Identity;
use super::{Settings, say};

/// Prints the document, indented, as it is checked in. It is the same for every store.
pub(super) async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let settings = Settings { store: Some("memory:".to_owned()), ..settings.clone() };
    let registry = settings.registry(UpstreamProbe::new(settings.dialer()?), &Identity::default()).await?;
    say(&serde_json::to_string_pretty(&app::openapi(&registry)?)?);
    Ok(ExitCode::SUCCESS)
}
