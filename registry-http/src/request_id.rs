//! What names a request: its id, the trace it belongs to, and who sent it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use poem::{FromRequest, Request, RequestBody, Result};
use uuid::fmt::Hyphenated;

use crate::{ambient::Ambient, error::ApiError, forwarded::TrustedProxies};

/// The header that carries the request id, in and out.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most characters of a client's request id; longer ones are replaced.
pub const MAX_REQUEST_ID: usize = 64;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The name of one request. Handlers and the MCP service take it as an argument.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The client's `X-Request-Id` when it is sane, else a new UUID of version 7. Echoed on the answer.
    pub request_id: Arc<str>,
    /// The trace id of the client's W3C `traceparent`; when traces are exported, of the request's span.
    pub trace_id: Option<Arc<str>>,
    /// The address of the peer of the connection, which may be a proxy's.
    pub remote: SocketAddr,
    /// The address of who calls: the peer's, or what a listed proxy says. This one is for audit, limits and usage.
    pub client: IpAddr,
}

impl RequestContext {
    /// Names a request by its headers.
    pub fn new(headers: &HeaderMap, remote: SocketAddr, proxies: &TrustedProxies, ambient: &Ambient) -> Self {
        let request_id = match given_id(headers) {
            Some(id) => id.into(),
            None => (*ambient.new_id().as_hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH])).into(),
        };
        let client = proxies.client(remote.ip(), headers);
        Self { request_id, trace_id: trace_id(headers).map(Into::into), remote, client }
    }

    /// The id as a header value; every id that [`RequestContext::new`] lets through is one.
    pub fn header_value(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.request_id).ok()
    }
}

impl<'a> FromRequest<'a> for RequestContext {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        // Only absent when an endpoint is called without the listener, which is a mistake in the wiring.
        request.extensions().get::<Self>().cloned().ok_or_else(|| ApiError::internal().into())
    }
}

/// The client's id, if there is exactly one and it is harmless in logs and headers.
fn given_id(headers: &HeaderMap) -> Option<&str> {
    let id = only(headers, &X_REQUEST_ID)?;
    let sane = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'=')
    };
    (!id.is_empty() && id.len() <= MAX_REQUEST_ID && id.bytes().all(sane)).then_some(id)
}

/// The trace id of a well-formed `traceparent` (`version-traceid-parentid-flags`), which is not all zeros.
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut parts = only(headers, &TRACEPARENT)?.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let well_formed = is_hex(version, 2) && version != "ff" && is_hex(parent, 16) && is_hex(flags, 2);
    (well_formed && is_hex(trace, 32) && trace.bytes().any(|byte| byte != b'0')).then_some(trace)
}

fn is_hex(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{given_id, trace_id};

    /// Fuzz target: what is taken over into logs and headers is plain, and what was sent.
    #[test]
    fn fuzz_request_id() {
        bolero::check!().for_each(|bytes: &[u8]| {
            let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
            let named = |name| HeaderMap::from_iter([(http::HeaderName::from_static(name), value.clone())]);
            let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
            if let Some(id) = given_id(&named("x-request-id")) {
                assert!(id.as_bytes() == bytes && is_plain(id));
            }
            if let Some(trace) = trace_id(&named("traceparent")) {
                assert!(trace.len() == 32 && is_plain(trace) && trace.bytes().any(|byte| byte != b'0'));
            }
        });
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn only_sane_ids_are_taken() {
        assert_eq!(given_id(&headers("x-request-id", "a-B_1.2:3")), Some("a-B_1.2:3"));
        for bad in ["", "a b", "a\"b", "<x>", &"a".repeat(65)] {
            assert_eq!(given_id(&headers("x-request-id", bad)), None, "{bad}");
        }
        let mut twice = headers("x-request-id", "a");
        twice.append("x-request-id", HeaderValue::from_static("b"));
        assert_eq!(given_id(&twice), None);
    }

    #[test]
    fn only_well_formed_traces_are_taken() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let good = format!("00-{trace}-00f067aa0ba902b7-01");
        assert_eq!(trace_id(&headers("traceparent", &good)), Some(trace));
        let zeros = format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32));
        for bad in ["", "00-x-y-z", &zeros, &good.to_uppercase(), &good.replace("00-4", "ff-4")] {
            assert_eq!(trace_id(&headers("traceparent", bad)), None, "{bad}");
        }
    }
}
