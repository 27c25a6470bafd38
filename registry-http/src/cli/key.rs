//! `keys`: API keys, for the operator. On the embedded store the service must be stopped.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use registry_core::model::role::Role;
use registry_core::service::{DEFAULT_ADMIN, DEFAULT_TENANT, KeyInput};
use registry_gateway::probe::UpstreamProbe;

use super::account::Identity;
use super::{Settings, complain, say};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Makes a key and prints it, this once. Tenant and user are made if they are not there.
    Create(CreateKey),
}

#[derive(Debug, Args)]
pub(super) struct CreateKey {
    /// The tenant that it acts in.
    #[arg(long, default_value = DEFAULT_TENANT)]
    tenant: String,
    /// The user that it acts as.
    #[arg(long, default_value = DEFAULT_ADMIN)]
    user: String,
    /// The user's role: admin, server_owner or user. Needed for every user but the first administrator.
    #[arg(long, value_parser = Role::parse)]
    role: Option<Role>,
    /// What the key may do: server:read, server:write, health:check, mcp:invoke, keys:manage, audit:read,
    /// users:manage.
    #[arg(long, value_delimiter = ',', default_value = "server:read")]
    scopes: Vec<String>,
    /// The one server that it is for.
    #[arg(long)]
    server: Option<String>,
    /// How long it lives, in days: 1 to 365.
    #[arg(long, default_value_t = 90)]
    expires_in_days: u32,
    /// Its name.
    #[arg(long, default_value = "operator")]
    name: String,
}

/// Runs a command on keys.
pub(super) async fn run(settings: &Settings, command: KeysCommand) -> anyhow::Result<ExitCode> {
    let KeysCommand::Create(create) = command;
    let role = role(&create)?;
    let input = KeyInput {
        name: Some(create.name),
        expires_in_days: Some(create.expires_in_days),
        scopes: Some(create.scopes),
        server_id: create.server,
        ..KeyInput::default()
    };
    // Before tenant and user are made.
    input.validate()?;
    let registry = settings.registry(UpstreamProbe::new(settings.dialer()?), &Identity::default()).await?;
    let caller = registry.setup.operator(&create.tenant, &create.user, role).await?;
    let issued = registry.keys.create(&caller, input).await?;
    registry.close().await?;
    complain(&format!("key {} of user {} in tenant {}:", issued.key.id, create.user, create.tenant));
    say(issued.secret.expose());
    Ok(ExitCode::SUCCESS)
}

/// A slip must not make an administrator.
fn role(create: &CreateKey) -> anyhow::Result<Role> {
    match create.role {
        Some(role) => Ok(role),
        None if create.user == DEFAULT_ADMIN => Ok(Role::Admin),
        None => bail!("say the user's role with --role: admin, server_owner or user"),
    }
}
