//! Which protocol versions are spoken in bridged sessions: those with sessions.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};

use super::head::Head;
use crate::proxy::Failure;

const HEADER: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The versions of MCP that begin with `initialize`, the newest first.
pub(in crate::proxy) const WITH_SESSIONS: [&str; 4] =
    ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// The first version without sessions.
const STATELESS: &str = "2026-07-28";

/// Refuses a request in a session that names another version (MCP transports, "Protocol Version Header"). Which of them
/// was agreed on is the upstream's matter.
pub(super) fn require_known(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get(HEADER).map(|value| value.to_str().unwrap_or("not ASCII")) {
        Some(version) if !WITH_SESSIONS.contains(&version) => Err(Failure::Version(version.into())),
        _ => Ok(()),
    }
}

/// The version of a request that asks for none of those with sessions: by its header, by its own words, or because only
/// newer ones have this request.
pub(super) fn stateless<'a>(headers: &'a HeaderMap, head: &'a Head<'_>) -> Option<Cow<'a, str>> {
    let Head::Request { method, version, .. } = head else { return None };
    let header = headers.get(HEADER).and_then(|value| value.to_str().ok());
    let named = version.as_deref().or(header).filter(|version| !WITH_SESSIONS.contains(version));
    match named {
        Some(version) => Some(version.into()),
        None => (method == "server/discover").then_some(STATELESS.into()),
    }
}
