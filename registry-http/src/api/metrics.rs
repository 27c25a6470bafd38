//! The metrics of the service.

use poem_openapi::payload::PlainText;
use poem_openapi::{ApiResponse, OpenApi};
use registry_core::Error;
use registry_core::access::Permission;

use super::Tag;
use crate::auth::Auth;
use crate::error::{ApiError, ErrorCode};
use crate::metrics;

/// The metrics.
#[derive(ApiResponse)]
enum MetricsText {
    /// Every metric of this process.
    #[oai(status = 200, content_type = "text/plain; version=0.0.4; charset=utf-8")]
    Text(PlainText<String>),
}

/// Operations on metrics.
pub struct MetricsApi;

#[OpenApi(tag = "Tag::Service")]
impl MetricsApi {
    /// Tells the metrics of this node in the text format of Prometheus. Administrators only.
    #[oai(path = "/metrics", method = "get", operation_id = "metrics")]
    async fn metrics(&self, auth: Auth) -> Result<MetricsText, ApiError> {
        auth.0.require(Permission::AuditRead)?;
        if auth.0.linked_server().is_some() {
            return Err(Error::Forbidden("the key is for one server".to_owned()).into());
        }
        let metrics = metrics::installed();
        let metrics =
            metrics.ok_or_else(|| ApiError::new(ErrorCode::ServiceUnavailable, "No metrics are kept"))?;
        Ok(MetricsText::Text(PlainText(metrics.render())))
    }
}
