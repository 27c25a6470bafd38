//! The head of a JSON-RPC message: what the bridge has to know of it. The rest is passed on as it is.
//!
//! A key that stands twice is refused where it is read, for the other side may read the other one.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::id::Id;

/// What a message is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head<'a> {
    /// A request.
    Request {
        /// Its id.
        id: Id,
        /// Its method.
        method: Cow<'a, str>,
        /// The token that progress of it is told under.
        token: Option<Id>,
        /// The protocol version that it says itself (2026-07-28 and later).
        version: Option<Cow<'a, str>>,
    },
    /// A notification.
    Notification {
        /// Its method.
        method: Cow<'a, str>,
        /// Of which request it is: the token of progress, the id of what is cancelled.
        about: Option<Id>,
    },
    /// The response to a request.
    Response {
        /// The id of the request; none in the error for a request that could not be read.
        id: Option<Id>,
        /// Whether it is an error.
        is_error: bool,
    },
}

/// The notification of progress.
pub(super) const PROGRESS: &str = "notifications/progress";
/// The notification that a request is not wanted any more.
pub(super) const CANCELLED: &str = "notifications/cancelled";
/// The request that only asks whether the other side is there.
pub(super) const PING: &str = "ping";
/// The request that begins a session.
pub(super) const INITIALIZE: &str = "initialize";

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    /// `Some(None)` is a null.
    #[serde(default, deserialize_with = "present")]
    id: Option<Option<Id>>,
    #[serde(default, borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    params: Option<Params<'a>>,
    #[serde(default, deserialize_with = "present")]
    result: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(default, rename = "_meta", borrow)]
    meta: Option<Meta<'a>>,
    #[serde(default, rename = "progressToken")]
    token: Option<Id>,
    #[serde(default, rename = "requestId")]
    request: Option<Id>,
}

#[derive(Deserialize)]
struct Meta<'a> {
    #[serde(default, rename = "progressToken")]
    token: Option<Id>,
    #[serde(default, rename = "io.modelcontextprotocol/protocolVersion", borrow)]
    version: Option<Cow<'a, str>>,
}

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<'a> Head<'a> {
    /// That of `message`; `None` if it is no JSON-RPC message of MCP.
    pub(super) fn of(message: &'a [u8]) -> Option<Self> {
        // What is passed over is not looked at for this.
        let text = std::str::from_utf8(message).ok()?;
        // serde reads a list as an object whose keys are left out.
        if !text.trim_ascii_start().starts_with('{') {
            return None;
        }
        let raw: Raw<'a> = serde_json::from_str(text).ok()?;
        if raw.jsonrpc != "2.0" {
            return None;
        }
        let is_response = raw.result.is_some() || raw.error.is_some();
        match (raw.method, raw.id) {
            (Some(_), _) if is_response => None,
            (Some(method), Some(id)) => {
                let meta = raw.params.and_then(|params| params.meta);
                let (token, version) = meta.map_or((None, None), |meta| (meta.token, meta.version));
                Some(Self::Request { id: id?, method, token, version })
            }
            (Some(method), None) => {
                let about = raw.params.and_then(|params| match &*method {
                    PROGRESS => params.token,
                    CANCELLED => params.request,
                    _ => None,
                });
                Some(Self::Notification { method, about })
            }
            (None, Some(id)) if raw.result.is_some() != raw.error.is_some() => (id.is_some()
                || raw.error.is_some())
            .then_some(Self::Response { id, is_error: raw.error.is_some() }),
            (None, None) if raw.error.is_some() && raw.result.is_none() => {
                Some(Self::Response { id: None, is_error: true })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Head, Id};

    /// Fuzz target: what is taken for a message is one to any other parser too, with the same method.
    #[test]
    fn fuzz_bridge_message() {
        bolero::check!().for_each(|bytes: &[u8]| {
            let Some(head) = Head::of(bytes) else { return };
            let Ok(whole) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
            assert_eq!(whole["jsonrpc"], "2.0");
            match head {
                Head::Request { method, .. } | Head::Notification { method, .. } => {
                    assert_eq!(whole["method"].as_str(), Some(&*method));
                }
                Head::Response { is_error, .. } => assert_eq!(whole.get("error").is_some(), is_error),
            }
        });
    }

    fn request(json: &str) -> Option<(Id, String, Option<Id>)> {
        match Head::of(json.as_bytes())? {
            Head::Request { id, method, token, .. } => Some((id, method.into_owned(), token)),
            _ => None,
        }
    }

    #[test]
    fn the_head_of_a_request_is_found_wherever_it_stands() {
        let json = r#" {"params":{"a":[{"id":7}],"_meta":{"x":{"progressToken":9},"progressToken":"t"}},
            "method":"tools\/call","id":1.0,"jsonrpc":"2.0","more":{"method":"no"}}"#;
        assert_eq!(request(json), Some((Id::Number(1), "tools/call".to_owned(), Some(Id::Text("t".into())))));
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        for json in [
            r#"{"jsonrpc":"2.0","id":1,"method":"a","id":2}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"a","\u0069d":2}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{},"params":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"_meta":{},"_meta":{}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"_meta":{"progressToken":1,"progressToken":2}}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":1,"result":2}"#,
        ] {
            assert_eq!(Head::of(json.as_bytes()), None, "{json}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let cases: [&[u8]; 13] = [
            b"",
            b"{}",
            b"null",
            b"\"x\"",
            br#"["2.0",1,"a"]"#,
            br#"{"jsonrpc":"1.0","id":1,"method":"a"}"#,
            br#"{"jsonrpc":"2.0","id":null,"method":"a"}"#,
            br#"{"jsonrpc":"2.0","id":1}"#,
            br#"{"jsonrpc":"2.0","id":1,"result":1,"error":{}}"#,
            br#"{"jsonrpc":"2.0","id":null,"result":1}"#,
            br#"{"jsonrpc":"2.0","id":1,"method":"a","result":1}"#,
            br#"{"jsonrpc":"2.0","id":1,"method":"a"} x"#,
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":{\"x\":\"\xff\"}}",
        ];
        for json in cases {
            assert_eq!(Head::of(json), None, "{}", String::from_utf8_lossy(json));
        }
    }

    #[test]
    fn a_response_may_be_null_and_an_error_may_be_of_no_request() {
        let response = |id, is_error| Some(Head::Response { id, is_error });
        let id = || Some(Id::Number(1));
        assert_eq!(Head::of(br#"{"jsonrpc":"2.0","id":1,"result":null}"#), response(id(), false));
        assert_eq!(Head::of(br#"{"jsonrpc":"2.0","id":1,"error":{}}"#), response(id(), true));
        assert_eq!(Head::of(br#"{"jsonrpc":"2.0","id":null,"error":{}}"#), response(None, true));
        assert_eq!(Head::of(br#"{"jsonrpc":"2.0","error":{}}"#), response(None, true));
    }

    #[test]
    fn progress_and_cancellation_say_of_what() {
        let about = |json: &'static str| match Head::of(json.as_bytes()) {
            Some(Head::Notification { about, .. }) => about,
            other => panic!("{other:?}"),
        };
        let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":5}}"#;
        let cancelled = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"r"}}"#;
        assert_eq!(about(progress), Some(Id::Number(5)));
        assert_eq!(about(cancelled), Some(Id::Text("r".into())));
        assert_eq!(about(r#"{"jsonrpc":"2.0","method":"notifications/message","params":null}"#), None);
    }

    /// O2: neither the stack nor the memory grows with the depth.
    #[test]
    fn o2_a_deeply_nested_message_is_passed_over() {
        let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        let json = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{{"x":{deep}}}}}"#);
        assert!(request(&json).is_some());
        let json = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"a","params":{{"_meta":{deep}}}}}"#);
        assert!(request(&json).is_none());
    }
}
