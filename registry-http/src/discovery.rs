//! Metadata of the protected resources (RFC 9728): where MCP clients learn who gives them tokens.

use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use poem::web::Data;
use poem::{IntoResponse, Request, Response, Route, get, handler};
use registry_core::model::role::Scope;
use registry_gateway::proxy::WELL_KNOWN;
use serde_json::json;

use crate::site::Site;

/// The issuers that a client may get tokens from.
#[derive(Debug, Clone, Default)]
pub struct TokenIssuers(pub Vec<String>);

/// Adds the metadata of the API and of each MCP server to the routes.
pub fn mount(route: Route) -> Route {
    route.at(WELL_KNOWN, get(metadata)).at(format!("{WELL_KNOWN}/mcp/:server"), get(metadata))
}

/// The paths that [`mount`] adds, for [`crate::error::AllowTable::with`].
pub fn paths() -> [(String, [&'static str; 1]); 2] {
    [(WELL_KNOWN.to_owned(), ["GET"]), (format!("{WELL_KNOWN}/mcp/{{server}}"), ["GET"])]
}

/// The same for every server, be it there or not: nobody learns here which there are.
#[handler]
fn metadata(
    request: &Request,
    site: Data<&Arc<Site>>,
    issuers: Data<&Arc<TokenIssuers>>,
) -> poem::Result<Response> {
    if issuers.0.0.is_empty() {
        return Err(poem::error::NotFoundError.into());
    }
    let resource = request.uri().path().strip_prefix(WELL_KNOWN).unwrap_or_default();
    let scopes: Vec<&str> = match resource {
        "" => Scope::ALL.iter().map(|scope| scope.as_str()).collect(),
        _ => vec![Scope::McpInvoke.as_str()],
    };
    let body = json!({
        "resource": format!("{}{resource}", site.discovery.base(request.headers())),
        "authorization_servers": issuers.0.0,
        "scopes_supported": scopes,
        "bearer_methods_supported": ["header"],
    });
    let mut response = (StatusCode::OK, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Clients in browsers read it too; there is nothing in it that is not public.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::VARY, HeaderValue::from_static("Host"));
    Ok(response)
}
