//! The API: DTOs and handlers, one file per noun. A handler turns its input into the core's, calls one service method,
//! and turns the answer into its DTO.

mod alert;
mod alert_body;
mod analytics;
mod analytics_body;
mod audit;
mod capability;
mod capability_body;
mod event;
mod event_body;
mod health;
mod health_history;
mod health_job;
mod key;
mod key_body;
mod key_usage_body;
mod me;
mod metrics;
mod oidc;
mod overview;
mod overview_body;
mod page;
mod precondition;
mod preference;
mod probe;
mod server;
mod server_body;
mod server_input;
mod session_body;
mod setup;
mod sign_in;
mod tenant;
mod usage_body;
mod user;
mod user_body;
mod webhook;
mod webhook_body;

use std::sync::Arc;

use poem_openapi::{OpenApiService, Tags};
use registry_core::Registry;
use registry_identity::Oidc;

pub(crate) use event_body::{EventMessage, EventMessageKind};

/// The groups of operations in the documentation.
#[derive(Tags)]
enum Tag {
    /// MCP servers: register, find, change, remove.
    Servers,
    /// API keys: issue, rotate, revoke.
    ApiKeys,
    /// Signing in and out, and the first administrator.
    SignIn,
    /// Users, and whoever calls.
    Users,
    /// Tenants.
    Tenants,
    /// Health of servers.
    Health,
    /// How servers are used.
    Analytics,
    /// What servers offer: tools, resources, prompts.
    Capabilities,
    /// What somebody should know of.
    Alerts,
    /// Who is told of alerts.
    Webhooks,
    /// Who did what.
    Audit,
    /// What happens, as it happens.
    Events,
    /// The service itself.
    Service,
}

type Accounts = (
    setup::SetupApi,
    sign_in::SignInApi,
    oidc::OidcApi,
    me::MeApi,
    preference::PreferenceApi,
    user::UserApi,
    tenant::TenantApi,
);
type Watching = (alert::AlertApi, webhook::WebhookApi);
type Logs = (audit::AuditApi, event::EventApi);
type Service = (probe::ProbeApi, metrics::MetricsApi);
type Health = (health::HealthApi, health_job::HealthJobApi);
type Figures = (overview::OverviewApi, analytics::AnalyticsApi);
type Servers = (server::ServerApi, Health, capability::CapabilityApi, Figures);
type Apis = (Servers, key::KeyApi, Accounts, Watching, Logs, Service);

/// Every operation.
pub fn service(registry: &Arc<Registry>, oidc: Option<&Arc<Oidc>>) -> OpenApiService<Apis, ()> {
    let apis = (
        servers(registry),
        key::KeyApi::new(registry.clone()),
        accounts(registry, oidc),
        watching(registry),
        (audit::AuditApi::new(registry.clone()), event::EventApi::new(registry.clone())),
        (probe::ProbeApi::new(registry.clone()), metrics::MetricsApi),
    );
    OpenApiService::new(apis, "MCP Registry Gateway", env!("CARGO_PKG_VERSION")).description(
        "Registers MCP servers, hands out the keys that reach them, watches their health, audits it all.",
    )
}

fn servers(registry: &Arc<Registry>) -> Servers {
    (
        server::ServerApi::new(registry.clone()),
        (health::HealthApi::new(registry.clone()), health_job::HealthJobApi::new(registry.clone())),
        capability::CapabilityApi::new(registry.clone()),
        (overview::OverviewApi::new(registry.clone()), analytics::AnalyticsApi::new(registry.clone())),
    )
}

fn watching(registry: &Arc<Registry>) -> Watching {
    (alert::AlertApi::new(registry.clone()), webhook::WebhookApi::new(registry.clone()))
}

fn accounts(registry: &Arc<Registry>, oidc: Option<&Arc<Oidc>>) -> Accounts {
    (
        setup::SetupApi::new(registry.clone()),
        sign_in::SignInApi::new(registry.clone(), oidc.cloned()),
        oidc::OidcApi::new(registry.clone(), oidc.cloned()),
        me::MeApi::new(registry.clone()),
        preference::PreferenceApi::new(registry.clone()),
        user::UserApi::new(registry.clone()),
        tenant::TenantApi::new(registry.clone()),
    )
}
