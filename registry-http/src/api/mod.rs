//! The API: DTOs and handlers, one file per noun. A handler turns its input into the core's, calls one service method,
//! and turns the answer into its DTO.

mod audit;
mod health;
mod key;
mod key_body;
mod metrics;
mod page;
mod precondition;
mod probe;
mod server;
mod server_body;
mod server_input;

use std::sync::Arc;

use poem_openapi::{OpenApiService, Tags};
use registry_core::Registry;

/// The groups of operations in the documentation.
#[derive(Tags)]
enum Tag {
    /// MCP servers: register, find, change, remove.
    Servers,
    /// API keys: issue, rotate, revoke.
    ApiKeys,
    /// Health of servers.
    Health,
    /// Who did what.
    Audit,
    /// The service itself.
    Service,
}

type Apis = (
    server::ServerApi,
    key::KeyApi,
    health::HealthApi,
    audit::AuditApi,
    probe::ProbeApi,
    metrics::MetricsApi,
);

/// Every operation.
pub fn service(registry: &Arc<Registry>) -> OpenApiService<Apis, ()> {
    let apis = (
        server::ServerApi::new(registry.clone()),
        key::KeyApi::new(registry.clone()),
        health::HealthApi::new(registry.clone()),
        audit::AuditApi::new(registry.clone()),
        probe::ProbeApi::new(registry.clone()),
        metrics::MetricsApi,
    );
    OpenApiService::new(apis, "MCP Registry Gateway", env!("CARGO_PKG_VERSION")).description(
        "Registers MCP servers, hands out the keys that reach them, watches their health, audits it all.",
    )
}
