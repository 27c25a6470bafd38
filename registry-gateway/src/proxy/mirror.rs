//! Headers that mirror the body (MCP 2026-07-28, SEP-2243): `Mcp-Method`, and `Mcp-Name` for what has a name. Proxies route
//! by them, so they have to say what the body says.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;

use super::head::{self, Head};
use super::refusal::{Kind, Refusal};

/// The first version whose headers mirror the body.
const FIRST: &str = "2026-07-28";
const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";
/// What stands around a value that no header can hold as it is.
const CODED: (&str, &str) = ("=?base64?", "?=");

/// Whether a request says that it is of a version whose headers mirror the body. Versions are dates, which sort as text.
pub(super) fn is_modern(headers: &HeaderMap) -> bool {
    headers.get_all(VERSION).iter().any(|version| version.as_bytes() >= FIRST.as_bytes())
}

/// Checks that the headers say what the message says. A request has to have them; what comes before the version is agreed
/// on, and notifications, may have them.
pub(super) fn agree(headers: &HeaderMap, head: &Head<'_>) -> Result<(), Refusal> {
    let version = single(headers, VERSION)?;
    let own = head.params.meta.version.and_then(head::string);
    if version.zip(own).is_some_and(|(told, own)| told != own) {
        return Err(mismatch("the header MCP-Protocol-Version differs from the version in the body"));
    }
    let Some(method) = head.method.as_deref() else { return Ok(()) };
    let is_request = head.id.is_some() && method != "initialize";
    match single(headers, METHOD)? {
        Some(told) if told == method => {}
        None if !is_request => {}
        None => return Err(mismatch("the header Mcp-Method is missing")),
        Some(_) => return Err(mismatch("the header Mcp-Method differs from the body's method")),
    }
    let Some((name, is_required)) = name_of(method, head) else { return Ok(()) };
    match single(headers, NAME)? {
        Some(told) if decoded(told).is_some_and(|told| told == name) => Ok(()),
        None if !is_required => Ok(()),
        None => Err(mismatch("the header Mcp-Name is missing")),
        Some(_) => Err(mismatch("the header Mcp-Name differs from the name in the body")),
    }
}

/// The same of a request to the bridge, which is the server of it: it has to have all headers.
pub(super) fn agree_in_full(headers: &HeaderMap, head: &Head<'_>) -> Result<(), Refusal> {
    let agreed = match single(headers, VERSION) {
        Ok(None) => Err(mismatch("the header MCP-Protocol-Version is missing")),
        Ok(Some(_)) => agree(headers, head),
        Err(refusal) => Err(refusal),
    };
    agreed.map_err(|refusal| refusal.of(head.id))
}

/// What `Mcp-Name` mirrors, and whether it is required (by the specification; some clients send it with more).
fn name_of<'a>(method: &str, head: &Head<'a>) -> Option<(Cow<'a, str>, bool)> {
    let (written, is_required) = match method {
        "tools/call" | "prompts/get" => (head.params.name, true),
        "resources/read" => (head.params.uri, true),
        "resources/subscribe" | "resources/unsubscribe" => (head.params.uri, false),
        "tasks/get" | "tasks/update" | "tasks/cancel" => (head.params.task_id, true),
        _ => return None,
    };
    Some((head::string(written?)?, is_required))
}

/// The one value of a header; of two it is not known by which the upstream goes.
fn single<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(mismatch(match name {
            VERSION => "the header MCP-Protocol-Version is there twice",
            METHOD => "the header Mcp-Method is there twice",
            _ => "the header Mcp-Name is there twice",
        }));
    }
    value.to_str().map(Some).map_err(|_| mismatch("a header has characters that it cannot have"))
}

/// The value of a header, which may be coded; `None` if it is coded badly.
fn decoded(value: &str) -> Option<Cow<'_, str>> {
    let (before, after) = CODED;
    match value.strip_prefix(before).and_then(|value| value.strip_suffix(after)) {
        Some(coded) => String::from_utf8(BASE64_STANDARD.decode(coded).ok()?).ok().map(Cow::Owned),
        None => Some(Cow::Borrowed(value)),
    }
}

fn mismatch(message: &'static str) -> Refusal {
    Refusal::new(Kind::Mismatch, message)
}
