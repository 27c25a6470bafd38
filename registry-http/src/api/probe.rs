//! Whether the service lives, and whether it is ready.

use std::sync::Arc;

use poem_openapi::{Object, OpenApi};
use registry_core::Registry;
use serde::Serialize;

use super::Tag;
use crate::error::ApiError;
use crate::payload::Json;

/// The service's own state.
#[derive(Debug, Object, Serialize)]
struct ServiceStatus {
    /// `ok`.
    status: String,
    /// The service's version.
    version: String,
}

/// The probes of deployments.
pub struct ProbeApi {
    registry: Arc<Registry>,
}

impl ProbeApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api", tag = "Tag::Service")]
impl ProbeApi {
    /// Tells that the process answers.
    #[oai(path = "/health", method = "get", operation_id = "live")]
    async fn live(&self) -> Json<ServiceStatus> {
        ok()
    }

    /// Tells that the store answers too.
    #[oai(path = "/ready", method = "get", operation_id = "ready")]
    async fn ready(&self) -> Result<Json<ServiceStatus>, ApiError> {
        self.registry.ready().await?;
        Ok(ok())
    }
}

fn ok() -> Json<ServiceStatus> {
    Json(ServiceStatus { status: "ok".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() })
}
