//! Settings of people and limits: where the service is reached, who may sign in elsewhere, sessions, rate limits.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use chrono::TimeDelta;
use clap::Args;
use limits_redis::RedisLimits;
use registry_core::clock::SystemClock;
use registry_core::limit::{Limit, Limiter, RateLimits, SHARED_WAIT};
use registry_core::service::SessionPolicy;
use registry_gateway::dial::Dialer;
use registry_gateway::proxy::Discovery;
use registry_identity::{IdentityConfig, Oidc, Tokens};
use secrecy::SecretString;
use url::Url;

/// The longest session, in minutes: 30 days.
const MAX_SESSION_MINUTES: i64 = 30 * 24 * 60;

/// Settings of people and limits.
#[derive(Debug, Clone, Args)]
pub(crate) struct AccountSettings {
    /// Where browsers and clients reach the service, as in `https://registry.example.com`; by default where they say they do.
    #[arg(long, global = true, env = "MCP_REGISTRY_PUBLIC_URL")]
    public_url: Option<Url>,
    /// The file of OpenID providers and of issuers of bearer tokens (docs/identity.md).
    #[arg(long, global = true, env = "MCP_REGISTRY_IDENTITY")]
    identity: Option<PathBuf>,
    /// After how many minutes without use a session ends.
    #[arg(long, global = true, env = "MCP_REGISTRY_SESSION_IDLE_MINUTES", default_value_t = 30,
        value_parser = clap::value_parser!(i64).range(1..=MAX_SESSION_MINUTES))]
    session_idle_minutes: i64,
    /// After how many minutes a session ends at all.
    #[arg(long, global = true, env = "MCP_REGISTRY_SESSION_MINUTES", default_value_t = 12 * 60,
        value_parser = clap::value_parser!(i64).range(1..=MAX_SESSION_MINUTES))]
    session_minutes: i64,
    /// Requests a minute of an administrator, or `off`.
    #[arg(long, global = true, env = "MCP_REGISTRY_RATE_LIMIT_ADMIN", default_value_t = RateLimits::default().admin)]
    rate_limit_admin: Limit,
    /// Requests a minute of a server owner, or `off`.
    #[arg(long, global = true, env = "MCP_REGISTRY_RATE_LIMIT_SERVER_OWNER",
        default_value_t = RateLimits::default().server_owner)]
    rate_limit_server_owner: Limit,
    /// Requests a minute of a user, or `off`.
    #[arg(long, global = true, env = "MCP_REGISTRY_RATE_LIMIT_USER", default_value_t = RateLimits::default().user)]
    rate_limit_user: Limit,
    /// Requests a minute of all users of a tenant together, but its administrators, or `off`.
    #[arg(long, global = true, env = "MCP_REGISTRY_RATE_LIMIT_TENANT", default_value_t = RateLimits::default().tenant)]
    rate_limit_tenant: Limit,
    /// Sign-ins, and refused credentials, a minute of an address, or `off`.
    #[arg(long, global = true, env = "MCP_REGISTRY_RATE_LIMIT_ANONYMOUS",
        default_value_t = RateLimits::default().anonymous)]
    rate_limit_anonymous: Limit,
    /// Requests a minute of an address for health, documentation and pages, or `off`.
    #[arg(long, global = true, env = "MCP_REGISTRY_RATE_LIMIT_PUBLIC", default_value_t = RateLimits::default().public)]
    rate_limit_public: Limit,
    /// Ignores the limits of keys and servers, and those that users set for themselves: for measurements.
    #[arg(long, global = true, env = "MCP_REGISTRY_NO_OWN_RATE_LIMITS")]
    no_own_rate_limits: bool,
    /// Where nodes share their rate limits: `redis://HOST:PORT`; by default each node has its own.
    #[arg(long, global = true, env = "MCP_REGISTRY_REDIS", hide_env_values = true)]
    redis: Option<SecretString>,
}

/// Who may sign in elsewhere.
#[derive(Default)]
pub(crate) struct Identity {
    /// The OpenID providers.
    pub(crate) oidc: Option<Arc<Oidc>>,
    /// The issuers of bearer tokens.
    pub(crate) tokens: Option<Arc<Tokens>>,
}

impl Identity {
    /// The issuers, as clients find them.
    pub(crate) fn issuers(&self) -> Vec<String> {
        self.tokens.as_ref().map(|tokens| tokens.issuers()).unwrap_or_default()
    }
}

impl AccountSettings {
    /// How long sessions last.
    pub(crate) fn sessions(&self) -> SessionPolicy {
        SessionPolicy {
            idle: TimeDelta::minutes(self.session_idle_minutes),
            absolute: TimeDelta::minutes(self.session_minutes),
        }
    }

    /// How often may be called.
    pub(crate) fn limits(&self) -> RateLimits {
        RateLimits {
            admin: self.rate_limit_admin,
            server_owner: self.rate_limit_server_owner,
            user: self.rate_limit_user,
            anonymous: self.rate_limit_anonymous,
            tenant: self.rate_limit_tenant,
            public: self.rate_limit_public,
            own: !self.no_own_rate_limits,
        }
    }

    /// What counts against the limits.
    pub(crate) async fn limiter(&self) -> anyhow::Result<Limiter> {
        match &self.redis {
            None => Ok(Limiter::local()),
            Some(url) => {
                let redis = RedisLimits::connect(url).await.context("--redis")?;
                Ok(Limiter::local().sharing(Arc::new(redis), SHARED_WAIT))
            }
        }
    }

    /// Who may sign in elsewhere.
    pub(crate) fn identity(&self, dialer: &Dialer) -> anyhow::Result<Identity> {
        let Some(path) = &self.identity else { return Ok(Identity::default()) };
        let config = IdentityConfig::load(path).context("--identity")?;
        let clock = Arc::new(SystemClock);
        let oidc = Oidc::new(&config, dialer.clone(), clock.clone());
        let tokens = Tokens::new(&config, self.public_url.as_ref(), dialer.clone(), clock);
        Ok(Identity {
            oidc: (!oidc.list().is_empty()).then(|| Arc::new(oidc)),
            tokens: (!tokens.issuers().is_empty()).then(|| Arc::new(tokens)),
        })
    }

    /// Where clients reach the service, and whether there is somewhere to get tokens.
    pub(crate) fn discovery(&self, identity: &Identity) -> anyhow::Result<Discovery> {
        let public_url = match &self.public_url {
            Some(url) if url.path() != "/" || url.query().is_some() || url.host().is_none() => {
                bail!("--public-url must be a scheme and a host, as in https://registry.example.com")
            }
            url => url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
        };
        Ok(Discovery { has_issuers: identity.tokens.is_some(), public_url })
    }
}
