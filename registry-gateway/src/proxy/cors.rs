//! Calls from browsers: which origins may make them, and what a browser is told (Fetch standard, "CORS protocol").
//!
//! An `Origin` that the operator did not list is refused, whatever the key: a page of somebody else's must not reach a
//! gateway on the user's own machine (MCP transports, "Security Warning").

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};

use super::{AnswerBody, Failure};

/// What a page may send.
const ALLOWED_HEADERS: &str = "authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, \
     mcp-session-id, traceparent, x-api-key";
/// What a page may read of an answer.
const EXPOSED_HEADERS: &str =
    "mcp-protocol-version, mcp-session-id, ratelimit, ratelimit-policy, retry-after, x-request-id";
const ALLOWED_METHODS: &str = "GET, POST, DELETE";
/// How long a browser may keep the answer to a preflight, in seconds.
const MAX_AGE_SECONDS: u32 = 600;

/// The origin of a call from a listed origin; `None` if no browser makes it.
pub(super) fn origin(headers: &HeaderMap, allowed: &[HeaderValue]) -> Result<Option<HeaderValue>, Failure> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => Ok(None),
        (Some(origin), None) if allowed.contains(origin) => Ok(Some(origin.clone())),
        _ => Err(Failure::Origin),
    }
}

/// Whether a browser asks if it may call.
pub(super) fn is_preflight(parts: &Parts) -> bool {
    parts.method == Method::OPTIONS && parts.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to that.
pub(super) fn preflight() -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::whole(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(ALLOWED_METHODS));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS.into());
    response
}

/// Lets a page of `origin` read the answer.
pub(super) fn expose(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    headers.append(header::VARY, HeaderValue::from(HeaderName::from_static("origin")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origins: &[&'static str]) -> HeaderMap {
        origins.iter().map(|origin| (header::ORIGIN, HeaderValue::from_static(origin))).collect()
    }

    #[test]
    fn a_foreign_origin_is_refused() {
        let allowed = [HeaderValue::from_static("https://app.example")];
        assert_eq!(origin(&headers(&[]), &allowed), Ok(None));
        assert_eq!(origin(&headers(&["https://app.example"]), &allowed), Ok(Some(allowed[0].clone())));
        for foreign in
            [&["https://evil.example"][..], &["null"], &["https://app.example", "https://evil.example"]]
        {
            assert_eq!(origin(&headers(foreign), &allowed), Err(Failure::Origin));
        }
        assert_eq!(origin(&headers(&["https://app.example"]), &[]), Err(Failure::Origin));
    }
}
