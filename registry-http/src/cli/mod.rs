//! The command line: settings by flag and by environment (`MCP_REGISTRY_*`), one file per command.

mod account;
mod alert;
mod audit;
mod bridge;
mod guard;
mod key;
mod logging;
mod migrate;
mod monitor;
mod observe;
mod openapi;
mod retention;
mod secret_key;
mod serve;
mod store;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use account::Identity;
use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use registry_core::Registry;
use registry_core::clock::SystemClock;
use registry_core::identity::TokenVerifier;
use registry_core::service::{Policy, RegistryParts};
use registry_gateway::dial::{AllowRule, Dialer, EgressPolicy, UpstreamTls};
use registry_gateway::launcher::Launchers;
use registry_gateway::probe::UpstreamProbe;
use registry_gateway::transport::Channels;

/// Registers MCP servers, hands out the keys that reach them, watches their health, proxies the calls, audits it all.
#[derive(Debug, Parser)]
#[command(name = "mcp-registry", version, about)]
pub(crate) struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the service (the default).
    Serve,
    /// Brings the store to the form that this version wants; `serve` does so too.
    Migrate,
    /// API keys.
    #[command(subcommand)]
    Keys(key::KeysCommand),
    /// The audit log.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Prints the OpenAPI document.
    Openapi,
}

/// Settings that every command shares.
#[derive(Debug, Clone, Args)]
pub(crate) struct Settings {
    /// The address to listen on.
    #[arg(long, global = true, env = "MCP_REGISTRY_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// The folder for the embedded store and the encryption key.
    #[arg(long, global = true, env = "MCP_REGISTRY_DATA_DIR", default_value = "./mcp-registry-data")]
    pub(crate) data_dir: PathBuf,
    /// The store: `memory:`, `sled:PATH` or `postgres://...`; sled in the data folder by default.
    #[arg(long, global = true, env = "MCP_REGISTRY_STORE", hide_env_values = true)]
    pub(crate) store: Option<String>,
    /// The most connections to PostgreSQL.
    #[arg(long, global = true, env = "MCP_REGISTRY_POSTGRES_CONNECTIONS", default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..=50))]
    pub(crate) postgres_connections: u32,
    /// Upstream addresses to allow although they are private or loopback: `10.0.0.0/8`, `host`, `host:port`.
    #[arg(long, global = true, env = "MCP_REGISTRY_ALLOW_UPSTREAM", value_delimiter = ',')]
    pub(crate) allow_upstream: Vec<AllowRule>,
    /// Allows plain http to upstreams anywhere, not only to allowed private addresses.
    #[arg(long, global = true, env = "MCP_REGISTRY_ALLOW_INSECURE_UPSTREAMS")]
    pub(crate) allow_insecure_upstreams: bool,
    /// The certificate authorities to trust for upstreams besides the public ones: a PEM file.
    #[arg(long, global = true, env = "MCP_REGISTRY_UPSTREAM_CA")]
    pub(crate) upstream_ca: Option<PathBuf>,
    /// The file of launchers, which start servers over stdio (docs/configuration.md); by default nothing is started.
    #[arg(long, global = true, env = "MCP_REGISTRY_LAUNCHERS")]
    pub(crate) launchers: Option<PathBuf>,
    /// Origins of browsers that may call `/mcp` themselves.
    #[arg(long, global = true, env = "MCP_REGISTRY_ALLOW_ORIGIN", value_delimiter = ',')]
    pub(crate) allow_origin: Vec<String>,
    /// Keeps the role server_owner from removing its own servers.
    #[arg(long, global = true, env = "MCP_REGISTRY_OWNERS_MAY_NOT_DELETE")]
    pub(crate) owners_may_not_delete: bool,
    /// What is logged, as in `info,rmcp=off,access::mcp=off`.
    #[arg(long, global = true, env = "MCP_REGISTRY_LOG", default_value = "info,rmcp=off")]
    pub(crate) log: String,
    #[command(flatten)]
    pub(crate) observe: observe::ObserveSettings,
    #[command(flatten)]
    pub(crate) guard: guard::GuardSettings,
    #[command(flatten)]
    pub(crate) alerts: alert::AlertSettings,
    #[command(flatten)]
    pub(crate) monitor: monitor::MonitorArgs,
    #[command(flatten)]
    pub(crate) bridge: bridge::BridgeSettings,
    #[command(flatten)]
    pub(crate) account: account::AccountSettings,
    #[command(flatten)]
    pub(crate) retention: retention::RetentionSettings,
}

impl Cli {
    /// Runs the command.
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let settings = &self.settings;
        match self.command.unwrap_or(Command::Serve) {
            Command::Serve => serve::run(settings).await,
            Command::Migrate => migrate::run(settings).await,
            Command::Keys(command) => key::run(settings, command).await,
            Command::Audit(command) => audit::run(settings, &command).await,
            Command::Openapi => openapi::run(settings).await,
        }
    }
}

impl Settings {
    /// The way out to upstreams. Loopback is open only while the service itself is on loopback.
    pub(crate) fn dialer(&self) -> anyhow::Result<Dialer> {
        let policy = EgressPolicy::new(self.allow_upstream.clone())
            .allow_loopback(self.listen.ip().is_loopback())
            .allow_insecure_upstreams(self.allow_insecure_upstreams);
        Ok(Dialer::new(policy, self.tls()?))
    }

    /// The conversations with upstreams that need one, and the processes that they may start.
    pub(crate) fn channels(&self, dialer: &Dialer) -> anyhow::Result<Channels> {
        let channels = Channels::new(dialer.clone());
        Ok(match &self.launchers {
            Some(path) => channels.with_launchers(Launchers::load(path).context("--launchers")?),
            None => channels,
        })
    }

    /// Whom to trust when connecting out.
    pub(crate) fn tls(&self) -> anyhow::Result<UpstreamTls> {
        Ok(match &self.upstream_ca {
            Some(path) => UpstreamTls::with_extra_roots(&std::fs::read(path)?)?,
            None => UpstreamTls::new()?,
        })
    }

    /// The registry on the store that is set, migrated. Bearer tokens are accepted of the issuers of `identity`.
    pub(crate) async fn registry(
        &self,
        probe: UpstreamProbe,
        identity: &Identity,
    ) -> anyhow::Result<Arc<Registry>> {
        let store = store::open(self).await?;
        let keyring = secret_key::keyring(self, &*store).await?;
        let parts = RegistryParts {
            store,
            probe: Arc::new(probe),
            clock: Arc::new(SystemClock),
            keyring,
            policy: Policy {
                server_owner_may_delete: !self.owners_may_not_delete,
                sessions: self.account.sessions(),
                limits: self.account.limits(),
                alerts: self.alerts.policy(),
                webhooks: self.alerts.webhooks(),
                history: self.retention.history(),
            },
            tokens: identity.tokens.clone().map(|tokens| tokens as Arc<dyn TokenVerifier>),
            limiter: self.account.limiter().await?,
        };
        Ok(Arc::new(Registry::new(parts)))
    }
}

/// Writes a line to standard output: what a command is for.
pub(crate) fn say(line: &str) {
    // Who closed the pipe does not want the rest.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Writes a line to standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "mcp-registry: {line}");
}
