//! From a request's credential to the [`Caller`].

use std::sync::Arc;

use http::{HeaderMap, header};
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaSecurityScheme, Registry as Document};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use registry_core::Registry;
use registry_core::access::Caller;
use registry_core::error::AuthError;
use registry_core::model::audit::Origin;
use registry_core::service::Use;

use crate::error::ApiError;
use crate::request_id::RequestContext;

const BEARER_SCHEME: &str = "bearerKey";
const HEADER_SCHEME: &str = "headerKey";

/// The caller of an operation, proven by an API key. An operation with this argument cannot be called without.
#[derive(Debug)]
pub struct Auth(pub Caller);

impl<'a> ApiExtractor<'a> for Auth {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(document: &mut Document) {
        let (bearer, header) = schemes();
        document.security_schemes.insert(BEARER_SCHEME, bearer);
        document.security_schemes.insert(HEADER_SCHEME, header);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![BEARER_SCHEME, HEADER_SCHEME]
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<Self::ParamType>,
    ) -> Result<Self> {
        Ok(Self(caller(request).await?))
    }
}

async fn caller(request: &Request) -> Result<Caller, ApiError> {
    // Both are put there by the application; without them the wiring is wrong.
    let registry = request.data::<Arc<Registry>>().ok_or_else(ApiError::internal)?;
    let context = request.extensions().get::<RequestContext>().ok_or_else(ApiError::internal)?;
    let grant = registry.auth.authenticate(presented(request.headers())?).await?;
    let ip_address = Some(context.client);
    let used = Use {
        is_error: false,
        bytes: 0,
        latency: std::time::Duration::ZERO,
        at: registry.clock().now(),
        ip_address,
    };
    if let Some(key) = grant.usage() {
        registry.usage.count(key, &used);
    }
    let user_agent =
        request.headers().get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    Ok(grant.caller(Origin::new(ip_address, user_agent.as_deref(), Some(context.request_id.to_string()))))
}

/// The one key in `Authorization: Bearer` (RFC 6750 section 2.1) or `X-API-Key`; two different ones are refused.
fn presented(headers: &HeaderMap) -> Result<&str, AuthError> {
    registry_gateway::proxy::presented(headers)
}

fn schemes() -> (MetaSecurityScheme, MetaSecurityScheme) {
    let bearer = MetaSecurityScheme {
        ty: "http",
        description: Some("An API key as bearer token: `Authorization: Bearer mcp_...`"),
        name: None,
        key_in: None,
        scheme: Some("bearer"),
        bearer_format: Some("mcp_ and 60 letters and digits"),
        flows: None,
        openid_connect_url: None,
    };
    let header = MetaSecurityScheme {
        ty: "apiKey",
        description: Some("An API key in a header of its own"),
        name: Some("X-API-Key"),
        key_in: Some("header"),
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    };
    (bearer, header)
}
