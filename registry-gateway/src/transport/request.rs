//! The headers of a request to a streamable HTTP upstream.

use std::{collections::HashMap, sync::Arc};

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, TE, TRANSFER_ENCODING, UPGRADE,
    },
};
use rmcp::transport::{
    common::http_header::{
        EVENT_STREAM_MIME_TYPE, HEADER_LAST_EVENT_ID, HEADER_MCP_METHOD, HEADER_MCP_NAME,
        HEADER_MCP_PARAM_PREFIX, HEADER_MCP_PROTOCOL_VERSION, HEADER_SESSION_ID, JSON_MIME_TYPE,
    },
    streamable_http_client::StreamableHttpError,
};

use super::streamable_http::{Failure, ReservedHeader};
use crate::dial::UpstreamError;

/// What rmcp gives with each message, apart from the message.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    pub(super) session_id: Option<Arc<str>>,
    pub(super) last_event_id: Option<String>,
    pub(super) bearer: Option<String>,
    pub(super) custom: HashMap<HeaderName, HeaderValue>,
}

impl Envelope {
    /// The headers of the request; `credentials` win over a bearer token of the same name.
    pub(super) fn headers(self, credentials: &HeaderMap) -> Result<HeaderMap, Failure> {
        let mut headers = HeaderMap::new();
        for (name, value) in self.custom {
            if frames_the_request(&name) {
                return Err(StreamableHttpError::ReservedHeaderConflict(name.to_string()));
            }
            headers.insert(name, value);
        }
        headers.insert(ACCEPT, value(&format!("{JSON_MIME_TYPE}, {EVENT_STREAM_MIME_TYPE}"))?);
        if let Some(id) = self.session_id {
            headers.insert(name(HEADER_SESSION_ID)?, value(&id)?);
        }
        if let Some(id) = self.last_event_id {
            headers.insert(name(HEADER_LAST_EVENT_ID)?, value(&id)?);
        }
        if let Some(token) = self.bearer {
            headers.insert(AUTHORIZATION, sensitive(value(&format!("Bearer {token}"))?));
        }
        for (name, value) in credentials {
            headers.insert(name, value.clone());
        }
        Ok(headers)
    }
}

/// Checks headers that an owner configured for the upstream, and keeps their values out of debug output.
pub(super) fn credentials(headers: HeaderMap) -> Result<HeaderMap, ReservedHeader> {
    if let Some(name) = headers.keys().find(|name| frames_the_request(name) || belongs_to_mcp(name)) {
        return Err(ReservedHeader(name.clone()));
    }
    let mut kept = HeaderMap::with_capacity(headers.keys_len());
    for (name, value) in &headers {
        kept.insert(name, sensitive(value.clone()));
    }
    Ok(kept)
}

/// Headers that decide where a request ends, where it goes, or how its answer is read.
fn frames_the_request(name: &HeaderName) -> bool {
    [ACCEPT, CONTENT_TYPE, CONTENT_LENGTH, HOST, CONNECTION, TE, TRANSFER_ENCODING, UPGRADE].contains(name)
        || is_one_of(name, &[HEADER_SESSION_ID, HEADER_LAST_EVENT_ID])
        || name.as_str().starts_with("sec-websocket-")
}

/// Headers that must agree with the message (SEP-2243) and that rmcp writes itself.
fn belongs_to_mcp(name: &HeaderName) -> bool {
    is_one_of(name, &[HEADER_MCP_PROTOCOL_VERSION, HEADER_MCP_METHOD, HEADER_MCP_NAME])
        || name.as_str().starts_with(&HEADER_MCP_PARAM_PREFIX.to_ascii_lowercase())
}

fn is_one_of(name: &HeaderName, names: &[&str]) -> bool {
    names.iter().any(|other| name.as_str().eq_ignore_ascii_case(other))
}

fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

fn name(text: &str) -> Result<HeaderName, Failure> {
    text.parse::<HeaderName>().map_err(|error| invalid(error.into()))
}

/// A session or event id comes from the upstream and may hold bytes that no header can.
fn value(text: &str) -> Result<HeaderValue, Failure> {
    text.parse::<HeaderValue>().map_err(|error| invalid(error.into()))
}

fn invalid(error: http::Error) -> Failure {
    StreamableHttpError::Client(UpstreamError::Request(error))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{Envelope, credentials};

    #[test]
    fn reserved_credentials_are_refused() {
        for name in ["host", "content-length", "mcp-session-id", "mcp-protocol-version", "mcp-param-region"] {
            let headers =
                HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static("x"))]);
            assert_eq!(credentials(headers).unwrap_err().0, name);
        }
    }

    #[test]
    fn credentials_are_sent_and_not_printed() {
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("x-api-key"),
            HeaderValue::from_static("canary"),
        )]);
        let sent = Envelope::default().headers(&credentials(headers).unwrap()).unwrap();
        assert_eq!(sent["x-api-key"], "canary");
        assert!(!format!("{sent:?}").contains("canary"));
    }
}
