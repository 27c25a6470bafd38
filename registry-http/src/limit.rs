//! Rate limits of the API: what a request is told of them, and who is limited by address.

use std::sync::{Arc, OnceLock};

use http::{HeaderMap, Method};
use poem::{Endpoint, Request, Response, Result};
use registry_core::Registry;
use registry_core::limit::Decision;
use registry_core::service::AddressUse;
use registry_gateway::proxy::tell_limit;

use crate::auth;
use crate::error::{ApiError, ErrorCode};

/// Where the decision on a request is noted, so that its answer can tell of it, whatever it is.
#[derive(Debug, Clone, Default)]
pub struct LimitNote(Arc<OnceLock<Decision>>);

impl LimitNote {
    /// Notes the decision on this request.
    pub fn set(request: &Request, decision: Decision) {
        if let Some(Self(note)) = request.extensions().get::<Self>() {
            // There is one decision for a request.
            let _ = note.set(decision);
        }
    }

    /// Adds the fields of the decision to the answer.
    pub fn tell(&self, headers: &mut HeaderMap) {
        if let Some(decision) = self.0.get() {
            tell_limit(headers, decision);
        }
    }
}

/// The error of a request that is one too many.
pub fn exceeded(decision: &Decision) -> ApiError {
    let seconds = decision.retry_after().unwrap_or(1);
    let limit = decision.standing().map_or("", |standing| standing.kind().as_str());
    let message = format!("Too many requests; try again in {seconds} s");
    ApiError::new(ErrorCode::RateLimited, message).field("limit", limit).retry_after(seconds)
}

/// Takes a request of somebody who is known by address only.
///
/// # Errors
/// 429 if it is one too many.
pub async fn of_address(request: &Request, purpose: AddressUse) -> Result<(), ApiError> {
    let registry = request.data::<Arc<Registry>>().ok_or_else(ApiError::internal)?;
    let decision = registry.limits.take_address(purpose, &auth::origin(request)?).await;
    LimitNote::set(request, decision);
    if decision.is_allowed() { Ok(()) } else { Err(exceeded(&decision)) }
}

/// Limits what is public: health, documentation and pages. The operations of the API limit themselves.
///
/// # Errors
/// Those of the endpoint, and 429.
pub async fn public<E: Endpoint<Output = Response>>(endpoint: Arc<E>, request: Request) -> Result<Response> {
    if is_public(request.method(), request.uri().path()) {
        of_address(&request, AddressUse::Public).await?;
    }
    endpoint.call(request).await
}

fn is_public(method: &Method, path: &str) -> bool {
    let is_page = !path.starts_with("/api/") && path != "/metrics";
    let is_open = ["/api/health", "/api/ready", "/api/auth/providers"].contains(&path)
        || path == crate::docs::DOCUMENT_PATH
        || path.starts_with(crate::docs::DOCS_PATH);
    (is_page || is_open) && method != Method::OPTIONS
}
