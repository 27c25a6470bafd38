//! The headers that keep a browser from misusing an answer.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// What the answers of the API may do in a browser: nothing. Pages set a policy of their own.
const API_CONTENT_SECURITY_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// Adds the headers that the answer does not have yet; `path` is that of the request.
pub fn apply(headers: &mut HeaderMap, path: &str) {
    let csp = HeaderValue::from_static(API_CONTENT_SECURITY_POLICY);
    set(headers, header::CONTENT_SECURITY_POLICY, csp);
    set(headers, header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    set(headers, header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    set(headers, header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let resource_policy = HeaderName::from_static("cross-origin-resource-policy");
    set(headers, resource_policy, HeaderValue::from_static("same-origin"));
    if path == "/api" || path.starts_with("/api/") {
        set(headers, header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}
