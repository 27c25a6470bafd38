//! The door: which messages pass, judged by the body where a header cannot be trusted.
//!
//! A body is read only if something depends on it: the key is narrowed to tools, or tools of the server are withheld, or
//! the request says that it is of 2026-07-28 or later, where `Mcp-Method` and `Mcp-Name` have to agree with it. What was
//! read goes up byte for byte. All other bodies stream by, unread.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use registry_core::model::tools::Tools;

use super::head::{self, Head, HeadError};
use super::mirror;
use super::refusal::{Kind, Refusal};
use super::{Failure, LingeringBody};

/// A body that passed: the client's, bounded; as it comes, or read because something depended on it.
pub(super) type PassedBody = Either<Limited<LingeringBody>, Full<Bytes>>;

/// How the bodies of requests are bounded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// In bytes.
    pub(super) max_bytes: usize,
    /// How long a body that is read may take to arrive.
    pub(super) timeout: Duration,
}

/// Which tools may be called.
#[derive(Debug, Clone, Copy)]
pub(super) struct ToolRules<'a> {
    /// Those that the key is narrowed to.
    pub(super) allowed: Option<&'a Tools>,
    /// Those of the server that wait to be approved, in order.
    pub(super) withheld: &'a [String],
}

impl ToolRules<'_> {
    /// Whether every tool may be called.
    fn is_empty(self) -> bool {
        self.allowed.is_none() && self.withheld.is_empty()
    }

    fn judge(self, head: &Head<'_>) -> Result<(), Refusal> {
        if self.is_empty() || head.method.as_deref() != Some("tools/call") {
            return Ok(());
        }
        let Some(name) = head.params.name.and_then(head::string) else {
            return Err(Refusal::new(Kind::Message, "the name of the tool is no string"));
        };
        if !self.allowed.is_none_or(|tools| tools.allow(&name)) {
            return Err(Refusal::new(Kind::Tool, "the key may not call this tool"));
        }
        let is_withheld = self.withheld.binary_search_by(|held| held.as_str().cmp(&name)).is_ok();
        if is_withheld { Err(Refusal::new(Kind::Withheld, WITHHELD)) } else { Ok(()) }
    }
}

const WITHHELD: &str = "the tool's definition changed, and waits for somebody to approve it";

/// Lets a request through that may pass, with its body as it came.
pub(super) async fn pass(
    parts: &Parts,
    body: LingeringBody,
    tools: ToolRules<'_>,
    bounds: Bounds,
) -> Result<PassedBody, Failure> {
    let body = Limited::new(body, bounds.max_bytes);
    if parts.method != Method::POST {
        // MCP gives it no body, and nobody would judge one; an upstream that left it unread would take it for a request.
        return Ok(Either::Right(Full::default()));
    }
    let is_modern = mirror::is_modern(&parts.headers);
    if tools.is_empty() && !is_modern {
        return Ok(Either::Left(body));
    }
    require_plain_json(&parts.headers)?;
    let body = read(body, bounds.timeout).await?;
    judge(&body, is_modern.then_some(&parts.headers), tools)?;
    Ok(Either::Right(Full::new(body)))
}

/// Reads the whole body of a request to an upstream that takes messages and no HTTP. It is judged by [`judge`].
pub(super) async fn take(headers: &HeaderMap, body: LingeringBody, bounds: Bounds) -> Result<Bytes, Failure> {
    require_plain_json(headers)?;
    read(Limited::new(body, bounds.max_bytes), bounds.timeout).await
}

/// What the upstream would decode before it reads it could say something else than what is judged.
fn require_plain_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let content_type = types.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_one = types.next().is_none();
    if is_one && !headers.contains_key(header::CONTENT_ENCODING) && is_utf8_json(content_type) {
        return Ok(());
    }
    Err(Refusal::new(Kind::MediaType, "the body must be application/json, of UTF-8, and not coded"))
}

fn is_utf8_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    is_json && parts.all(|part| part.is_empty() || is_utf8(part))
}

fn is_utf8(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
}

async fn read(body: Limited<LingeringBody>, timeout: Duration) -> Result<Bytes, Failure> {
    let late = |_| Refusal::new(Kind::Late, "the body did not arrive in time");
    match tokio::time::timeout(timeout, body.collect()).await.map_err(late)? {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Failure::TooLarge),
        Err(_) => Err(Refusal::new(Kind::Message, "the body broke off").into()),
    }
}

/// Judges a message by its head; `mirrors` are the headers that have to agree with it.
pub(super) fn judge<'a>(
    body: &'a [u8],
    mirrors: Option<&HeaderMap>,
    tools: ToolRules<'_>,
) -> Result<Head<'a>, Refusal> {
    let head = Head::parse(body).map_err(unreadable)?;
    let judged =
        mirrors.map_or(Ok(()), |headers| mirror::agree(headers, &head)).and_then(|()| tools.judge(&head));
    judged.map_err(|refusal| refusal.of(head.id))?;
    Ok(head)
}

fn unreadable(error: HeadError) -> Refusal {
    let why = match &error {
        HeadError::Batch => Cow::Borrowed("a batch of messages cannot be judged; send them one by one"),
        error => Cow::Owned(error.to_string()),
    };
    Refusal::new(Kind::Message, why)
}

#[cfg(test)]
mod tests {
    use super::is_utf8_json;

    #[test]
    fn only_json_of_utf_8_is_judged() {
        for plain in
            ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\";"]
        {
            assert!(is_utf8_json(plain), "{plain}");
        }
        for other in
            ["", "text/plain", "application/json; charset=utf-7", "application/json; x", "application/jsonx"]
        {
            assert!(!is_utf8_json(other), "{other}");
        }
    }
}
