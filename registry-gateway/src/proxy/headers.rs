//! Which headers pass. Both ways by allow-list: what is not named here stays where it came from, so the client's key,
//! cookies, forwarding and hop-by-hop headers never go up, and the upstream's cookies and challenges never come down.

use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::mirror;
use super::spare;

/// The session of eras before 2026-07-28 (MCP transports, "Session Management").
pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// What a request asks for (MCP 2026-07-28), and the method that only listens.
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const SUBSCRIBE: &str = "subscriptions/listen";

/// What the client may say to the upstream.
static UP: [HeaderName; 10] = [
    header::ACCEPT,
    header::CONTENT_ENCODING,
    header::CONTENT_TYPE,
    HeaderName::from_static("last-event-id"),
    METHOD,
    HeaderName::from_static("mcp-name"),
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    header::ACCEPT_LANGUAGE,
];

/// Headers that mirror a tool's parameters (MCP 2026-07-28).
const PARAM_PREFIX: &str = "mcp-param-";

/// What the upstream may say to the client.
static DOWN: [HeaderName; 8] = [
    header::CACHE_CONTROL,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_TYPE,
    header::RETRY_AFTER,
    SESSION_ID,
    HeaderName::from_static("mcp-protocol-version"),
    header::ALLOW,
];

/// What goes up with a request: what the client may say, and the upstream's own credentials.
pub(super) fn upward(client: &HeaderMap, credentials: &HeaderMap) -> HeaderMap {
    let mut up = spare::take();
    for (name, value) in client {
        if UP.contains(name) || name.as_str().starts_with(PARAM_PREFIX) {
            up.append(name.clone(), value.clone());
        }
    }
    for (name, value) in credentials {
        up.insert(name.clone(), value.clone());
    }
    up
}

/// Whether the request asks for a stream that is only listened on: by GET, or as MCP 2026-07-28 subscribes. In older versions
/// nobody compares the header with the message, so it is not believed.
pub(super) fn listens(method: &Method, headers: &HeaderMap) -> bool {
    let is_subscription =
        || mirror::is_modern(headers) && headers.get(METHOD).is_some_and(|method| method == SUBSCRIBE);
    *method == Method::GET || is_subscription()
}

/// What comes down with an answer: of a header that is there several times, the first.
pub(super) fn downward(mut upstream: HeaderMap) -> HeaderMap {
    let mut down = spare::take();
    // Only the first of several has its name with it.
    for (name, value) in upstream.drain().filter_map(|(name, value)| Some((name?, value))) {
        if DOWN.contains(&name) {
            down.insert(name, value);
        }
    }
    spare::give_back(upstream);
    if is_event_stream(&down) {
        // Proxies before this service must not hold events back.
        down.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    }
    down.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    down
}

/// What a body is, by its `Content-Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyKind {
    /// JSON or an event stream: what streamable HTTP answers with.
    Mcp,
    /// Plain text, or nothing that is named.
    Plain,
    /// Anything else.
    Other,
}

/// What the body is.
pub(super) fn body_kind(headers: &HeaderMap) -> BodyKind {
    match essence(headers) {
        essence if is(essence, EVENT_STREAM) || is(essence, "application/json") => BodyKind::Mcp,
        essence if essence.is_empty() || is(essence, "text/plain") => BodyKind::Plain,
        _ => BodyKind::Other,
    }
}

/// Whether the body is an event stream.
pub(super) fn is_event_stream(headers: &HeaderMap) -> bool {
    is(essence(headers), EVENT_STREAM)
}

const EVENT_STREAM: &str = "text/event-stream";

fn essence(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

fn is(essence: &str, wanted: &str) -> bool {
    essence.eq_ignore_ascii_case(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(names: &[&'static str]) -> HeaderMap {
        names.iter().map(|name| (HeaderName::from_static(name), HeaderValue::from_static("client"))).collect()
    }

    #[test]
    fn the_upstream_never_sees_the_clients_key_cookie_or_forwarding_headers() {
        let client = headers(&[
            "authorization",
            "x-api-key",
            "cookie",
            "forwarded",
            "x-forwarded-for",
            "x-real-ip",
            "connection",
            "te",
            "transfer-encoding",
            "upgrade",
            "host",
            "origin",
            "proxy-authorization",
            "mcp-session-id",
            "x-request-id",
        ]);
        assert!(upward(&client, &HeaderMap::new()).is_empty());
    }

    #[test]
    fn the_upstream_gets_what_mcp_defines_and_its_own_credentials() {
        let client = headers(&[
            "mcp-protocol-version",
            "mcp-method",
            "mcp-param-city",
            "traceparent",
            "last-event-id",
        ]);
        let mut credentials = HeaderMap::new();
        credentials.insert("authorization", HeaderValue::from_static("Bearer upstream"));
        let up = upward(&client, &credentials);
        assert_eq!(up.len(), 6);
        assert_eq!(up["authorization"], "Bearer upstream");
    }

    #[test]
    fn a_header_is_believed_to_subscribe_only_where_it_has_to_agree_with_the_message() {
        let mut claims = HeaderMap::new();
        claims.insert("mcp-method", HeaderValue::from_static("subscriptions/listen"));
        assert!(!listens(&Method::POST, &claims));
        for (version, is_believed) in [("2025-11-25", false), ("2026-07-28", true)] {
            claims.insert("mcp-protocol-version", HeaderValue::from_static(version));
            assert_eq!(listens(&Method::POST, &claims), is_believed, "{version}");
        }
        assert!(listens(&Method::GET, &HeaderMap::new()));
    }

    #[test]
    fn the_client_never_sees_the_upstreams_cookies_and_challenges() {
        let mut upstream = headers(&["set-cookie", "www-authenticate", "location", "server", "connection"]);
        upstream.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
        let down = downward(upstream);
        assert_eq!(down.len(), 3);
        assert!(is_event_stream(&down));
    }
}
