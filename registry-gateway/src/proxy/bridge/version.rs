//! Which protocol versions are spoken through the bridge: those with sessions, and with upstreams that speak them, those
//! without.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};
use serde::Deserialize;

use super::message::{DISCOVER, INITIALIZE};
use crate::proxy::Failure;
use crate::proxy::head::{Head, string};
use crate::proxy::headers::SESSION_ID;

const HEADER: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The versions of MCP that begin with `initialize`, the newest first.
const WITH_SESSIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// The first version without sessions.
pub(super) const STATELESS: &str = "2026-07-28";

/// The one version whose clients send batches.
const WITH_BATCHES: &str = "2025-03-26";

/// A version of the protocol that a server does not speak, and those that it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedVersion {
    /// What the client asked for.
    pub(in crate::proxy) requested: Box<str>,
    pub(in crate::proxy) supported: Vec<Box<str>>,
    /// Whether the server speaks versions without sessions. Clients of both eras fall back to `initialize` only if not.
    pub(in crate::proxy) is_modern: bool,
}

impl UnsupportedVersion {
    /// A version that a server with sessions does not speak.
    pub(super) fn of_sessions(requested: &str) -> Failure {
        let supported = WITH_SESSIONS.map(Into::into).into();
        Failure::Version(Box::new(Self { requested: requested.into(), supported, is_modern: false }))
    }

    /// A version that a server without sessions does not speak.
    pub(super) fn of_stateless(requested: &str, supported: &[Box<str>]) -> Failure {
        let supported = supported.to_vec();
        Failure::Version(Box::new(Self { requested: requested.into(), supported, is_modern: true }))
    }
}

/// Refuses a request in a session that names another version (MCP transports, "Protocol Version Header"). Which of them
/// was agreed on is the upstream's matter.
pub(super) fn require_known(headers: &HeaderMap) -> Result<(), Failure> {
    match named(headers) {
        Some(version) if !WITH_SESSIONS.contains(&version) => Err(UnsupportedVersion::of_sessions(version)),
        _ => Ok(()),
    }
}

/// Refuses a batch of another version than the one that has them, which has no header for it.
pub(super) fn require_batches(headers: &HeaderMap) -> Result<(), Failure> {
    match named(headers) {
        None | Some(WITH_BATCHES) => Ok(()),
        Some(_) => Err(Failure::bad_request("only version 2025-03-26 has batches")),
    }
}

/// The version of a message that asks for none of those with sessions: by its header, by its own words, or because only
/// newer ones have this request. In a session the header alone decides.
pub(super) fn stateless<'a>(headers: &'a HeaderMap, head: &Head<'a>) -> Option<Cow<'a, str>> {
    let header = named(headers).map(Cow::Borrowed);
    let is_new = |version: &Cow<'_, str>| !WITH_SESSIONS.contains(&&**version);
    if headers.contains_key(SESSION_ID) {
        return header.filter(is_new);
    }
    let own = head.params.meta.version.and_then(string);
    let method = head.method.as_deref();
    if method == Some(INITIALIZE) && own.is_none() {
        return None;
    }
    own.or(header).filter(is_new).or_else(|| (method == Some(DISCOVER)).then_some(STATELESS.into()))
}

/// The version that an `initialize` asks for.
pub(super) fn agreed_on(initialize: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Initialize {
        params: Params,
    }
    #[derive(Deserialize)]
    struct Params {
        #[serde(rename = "protocolVersion")]
        version: String,
    }

    serde_json::from_slice(initialize).ok().map(|Initialize { params }| params.version)
}

fn named(headers: &HeaderMap) -> Option<&str> {
    headers.get(HEADER).map(|value| value.to_str().unwrap_or("not ASCII"))
}
