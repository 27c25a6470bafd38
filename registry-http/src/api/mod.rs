//! The API: DTOs and handlers, one file per noun. A handler turns its input into the core's, calls one service method,
//! and turns the answer into its DTO.

mod audit;
mod health;
mod health_job;
mod key;
mod key_body;
mod me;
mod metrics;
mod oidc;
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

use std::sync::Arc;

use poem_openapi::{OpenApiService, Tags};
use registry_core::Registry;
use registry_identity::Oidc;

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
    /// Who did what.
    Audit,
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
type Service = (probe::ProbeApi, metrics::MetricsApi);
type Health = (health::HealthApi, health_job::HealthJobApi);
type Apis = (server::ServerApi, key::KeyApi, Accounts, Health, audit::AuditApi, Service);

/// Every operation.
pub fn service(registry: &Arc<Registry>, oidc: Option<&Arc<Oidc>>) -> OpenApiService<Apis, ()> {
    let apis = (
        server::ServerApi::new(registry.clone()),
        key::KeyApi::new(registry.clone()),
        accounts(registry, oidc),
        (health::HealthApi::new(registry.clone()), health_job::HealthJobApi::new(registry.clone())),
        audit::AuditApi::new(registry.clone()),
        (probe::ProbeApi::new(registry.clone()), metrics::MetricsApi),
    );
    OpenApiService::new(apis, "MCP Registry Gateway", env!("CARGO_PKG_VERSION")).description(
        "Registers MCP servers, hands out the keys that reach them, watches their health, audits it all.",
    )
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
