//! From a request's credential to the [`Caller`].

use std::sync::Arc;

use http::{HeaderMap, header};
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaSecurityScheme, Registry as Document};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use registry_core::Registry;
use registry_core::access::Caller;
use registry_core::error::AuthError;
use registry_core::model::audit::{EventType, Origin};
use registry_core::service::{AddressUse, Grant, Refused, Use};
use registry_gateway::proxy::presented;

use crate::cookie::{self, SESSION_COOKIE};
use crate::error::{ApiError, ErrorCode};
use crate::limit::{self, LimitNote};
use crate::request_id::RequestContext;
use crate::site::Site;

const BEARER_SCHEME: &str = "bearerKey";
const HEADER_SCHEME: &str = "headerKey";
const SESSION_SCHEME: &str = "session";

/// The caller of an operation, proven by an API key, a bearer token or a session. An operation with this argument cannot be
/// called without.
#[derive(Debug)]
pub struct Auth(pub Caller);

impl<'a> ApiExtractor<'a> for Auth {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(document: &mut Document) {
        for (name, scheme) in schemes() {
            document.security_schemes.insert(name, scheme);
        }
    }

    fn security_schemes() -> Vec<&'static str> {
        schemes().map(|(name, _)| name).to_vec()
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<Self::ParamType>,
    ) -> Result<Self> {
        let (grant, origin) = admit(request).await?;
        Ok(Self(grant.caller(origin)))
    }
}

/// Whoever calls an operation that goes on for long: such a caller is asked again now and then whether it still may.
#[derive(Debug)]
pub struct LongAuth {
    /// What was proven.
    pub grant: Arc<Grant>,
    /// From where.
    pub origin: Origin,
}

impl<'a> ApiExtractor<'a> for LongAuth {
    const TYPES: &'static [ApiExtractorType] = <Auth as ApiExtractor<'a>>::TYPES;

    type ParamType = ();
    type ParamRawType = ();

    fn register(document: &mut Document) {
        Auth::register(document);
    }

    fn security_schemes() -> Vec<&'static str> {
        Auth::security_schemes()
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<Self::ParamType>,
    ) -> Result<Self> {
        let (grant, origin) = admit(request).await?;
        if grant.is_session() {
            // The answer is a stream that a page reads; and no browser asks first before it opens a WebSocket.
            site(request)?.require_same_origin(request.headers())?;
        }
        Ok(Self { grant, origin })
    }
}

/// From where a request comes.
///
/// # Errors
/// If the request did not come through the listener, which is a mistake in the wiring.
pub fn origin(request: &Request) -> Result<Origin, ApiError> {
    let context = request.extensions().get::<RequestContext>().ok_or_else(ApiError::internal)?;
    let user_agent =
        request.headers().get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let request_id = Some(context.request_id.to_string());
    Ok(Origin::new(Some(context.client), user_agent.as_deref(), request_id))
}

/// The site that the request came to.
///
/// # Errors
/// If the application did not put it there, which is a mistake in the wiring.
pub fn site(request: &Request) -> Result<&Arc<Site>, ApiError> {
    request.data::<Arc<Site>>().ok_or_else(ApiError::internal)
}

async fn admit(request: &Request) -> Result<(Arc<Grant>, Origin), ApiError> {
    // Put there by the application; without it the wiring is wrong.
    let registry = request.data::<Arc<Registry>>().ok_or_else(ApiError::internal)?;
    let origin = origin(request)?;
    let grant = match grant(request, registry).await {
        Err(registry_core::Error::Unauthenticated(error)) => {
            return Err(refused(request, registry, error, origin).await);
        }
        grant => grant?,
    };
    let decision = registry.limits.take(&grant, [None, None], || origin.clone()).await;
    LimitNote::set(request, decision);
    if !decision.is_allowed() {
        return Err(limit::exceeded(&decision));
    }
    defend(request, &grant)?;
    count(registry, &grant, &origin);
    Ok((grant, origin))
}

/// The grant of the key or token, or else of the session: who sends a key does not mean the cookie that a browser adds.
async fn grant(request: &Request, registry: &Registry) -> Result<Arc<Grant>, registry_core::Error> {
    let headers = request.headers();
    let grant = match presented(headers) {
        Err(AuthError::Missing) if has_cookie(headers) => {
            let secret = cookie::session(headers).ok_or(AuthError::Session)?;
            registry.auth.session(&secret).await?
        }
        presented => registry.auth.authenticate(presented?).await?,
    };
    // A token for one MCP server is for calling that server, and nothing else.
    if grant.only_for().is_some() { Err(AuthError::Refused.into()) } else { Ok(grant) }
}

fn has_cookie(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::COOKIE).iter();
    lines.filter_map(|line| line.to_str().ok()).any(|line| line.contains(SESSION_COOKIE))
}

/// A browser adds the cookie to whatever request any page makes it send: changes have to come from a page of ours.
fn defend(request: &Request, grant: &Grant) -> Result<(), ApiError> {
    if !grant.is_session() {
        return Ok(());
    }
    let secret = cookie::session(request.headers()).ok_or_else(ApiError::internal)?;
    site(request)?.require_own(request.method(), request.headers(), &secret.csrf_token())
}

/// A credential that is refused counts against the limit of its address, and is told to the audit log.
async fn refused(request: &Request, registry: &Registry, error: AuthError, origin: Origin) -> ApiError {
    let decision = registry.limits.take_address(AddressUse::Refused, &origin).await;
    if !matches!(error, AuthError::Missing | AuthError::Session) {
        let who = Refused::Address(origin.ip_address.map(Into::into));
        registry.refusals.note(EventType::AuthenticationFailed, who, "credential", origin);
    }
    if !decision.is_allowed() {
        LimitNote::set(request, decision);
        return limit::exceeded(&decision);
    }
    let Ok(site) = site(request) else { return ApiError::internal() };
    let challenge = site.discovery.challenge(request.headers(), request.uri().path());
    ApiError::new(ErrorCode::Unauthorized, error.to_string()).header(header::WWW_AUTHENTICATE, challenge)
}

fn count(registry: &Registry, grant: &Grant, origin: &Origin) {
    let Some(key) = grant.usage() else { return };
    let used = Use {
        error: None,
        bytes_in: 0,
        bytes_out: 0,
        latency: None,
        at: registry.clock().now(),
        ip_address: origin.ip_address,
    };
    registry.usage.count(key, &used);
}

fn schemes() -> [(&'static str, MetaSecurityScheme); 3] {
    let empty = || MetaSecurityScheme {
        ty: "apiKey",
        description: None,
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    };
    let bearer = MetaSecurityScheme {
        ty: "http",
        description: Some(
            "An API key (`Authorization: Bearer mcp_...`), or a token (JWT) of an issuer that the operator trusts",
        ),
        scheme: Some("bearer"),
        bearer_format: Some("mcp_ and 60 letters and digits, or a JWT"),
        ..empty()
    };
    let header = MetaSecurityScheme {
        description: Some("An API key in a header of its own"),
        name: Some("X-API-Key"),
        key_in: Some("header"),
        ..empty()
    };
    let session = MetaSecurityScheme {
        description: Some(
            "The session of somebody who signed in. Changes also need the session's token in `X-CSRF-Token`",
        ),
        name: Some(SESSION_COOKIE),
        key_in: Some("cookie"),
        ..empty()
    };
    [(BEARER_SCHEME, bearer), (HEADER_SCHEME, header), (SESSION_SCHEME, session)]
}
