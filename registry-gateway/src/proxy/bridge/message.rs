//! What a JSON-RPC message is to the bridge. The rest of it is passed on as it is.

use std::borrow::Cow;

use serde::Deserialize;

use super::id::Id;
use crate::proxy::head::{Head, string};

/// What a message is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// A request.
    Request {
        /// Its id.
        id: Id,
        /// Its method.
        method: Cow<'a, str>,
        /// The token that progress of it is told under.
        token: Option<Id>,
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
        /// The code, if it is an error.
        error: Option<i64>,
    },
}

/// The notification of progress.
pub(super) const PROGRESS: &str = "notifications/progress";
/// The notification that a request is not wanted any more.
pub(super) const CANCELLED: &str = "notifications/cancelled";
/// The notification of something to be logged.
pub(super) const LOGGED: &str = "notifications/message";
/// The request that only asks whether the other side is there.
pub(super) const PING: &str = "ping";
/// The request that begins a session.
pub(super) const INITIALIZE: &str = "initialize";
/// The request that asks which versions there are (2026-07-28).
pub(super) const DISCOVER: &str = "server/discover";
/// The request whose answer is a stream of what changes (2026-07-28).
pub(super) const LISTEN: &str = "subscriptions/listen";

impl<'a> Message<'a> {
    /// That with this head; `None` if it is no JSON-RPC message of MCP.
    pub(super) fn of(head: &Head<'a>) -> Option<Self> {
        if head.jsonrpc.and_then(string)? != "2.0" {
            return None;
        }
        let is_response = head.result.is_some() || head.error.is_some();
        match (&head.method, head.id) {
            (Some(_), _) if is_response => None,
            (Some(method), Some(id)) => {
                let token = optional(head.params.meta.progress_token)?;
                Some(Self::Request { id: Id::parse(id)?, method: method.clone(), token })
            }
            (Some(method), None) => {
                let about = match &**method {
                    PROGRESS => optional(head.params.progress_token)?,
                    CANCELLED => optional(head.params.request_id)?,
                    _ => None,
                };
                Some(Self::Notification { method: method.clone(), about })
            }
            (None, _) if head.result.is_some() == head.error.is_some() => None,
            (None, id) => {
                let id = optional(id)?;
                let error = head.error.map(code);
                (id.is_some() || error.is_some()).then_some(Self::Response { id, error })
            }
        }
    }
}

/// An id that need not be there; `None` if it is there and is none.
fn optional(written: Option<&str>) -> Option<Option<Id>> {
    match written {
        None | Some("null") => Some(None),
        Some(written) => Id::parse(written).map(Some),
    }
}

/// The code of an error; 0, which is none, if it has none.
fn code(error: &str) -> i64 {
    #[derive(Deserialize)]
    struct Error {
        code: i64,
    }

    serde_json::from_str(error).map_or(0, |Error { code }| code)
}

#[cfg(test)]
mod tests {
    use super::{Id, Message};
    use crate::proxy::head::Head;

    fn read(json: &[u8]) -> Option<Message<'_>> {
        Message::of(&Head::read(json).ok()?)
    }

    /// Fuzz target: what is taken for a message is one to any other parser too, with the same method.
    #[test]
    fn fuzz_bridge_message() {
        bolero::check!().for_each(|bytes: &[u8]| {
            let Some(message) = read(bytes) else { return };
            let Ok(whole) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
            assert_eq!(whole["jsonrpc"], "2.0");
            match message {
                Message::Request { method, .. } | Message::Notification { method, .. } => {
                    assert_eq!(whole["method"].as_str(), Some(&*method));
                }
                Message::Response { error, .. } => assert_eq!(whole.get("error").is_some(), error.is_some()),
            }
        });
    }

    fn request(json: &str) -> Option<(Id, String, Option<Id>)> {
        match read(json.as_bytes())? {
            Message::Request { id, method, token, .. } => Some((id, method.into_owned(), token)),
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
            assert_eq!(read(json.as_bytes()), None, "{json}");
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
            assert_eq!(read(json), None, "{}", String::from_utf8_lossy(json));
        }
    }

    #[test]
    fn a_response_may_be_null_and_an_error_may_be_of_no_request() {
        let response = |id, error| Some(Message::Response { id, error });
        let id = || Some(Id::Number(1));
        assert_eq!(read(br#"{"jsonrpc":"2.0","id":1,"result":null}"#), response(id(), None));
        assert_eq!(
            read(br#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601}}"#),
            response(id(), Some(-32601))
        );
        assert_eq!(read(br#"{"jsonrpc":"2.0","id":null,"error":{}}"#), response(None, Some(0)));
        assert_eq!(read(br#"{"jsonrpc":"2.0","error":{}}"#), response(None, Some(0)));
    }

    #[test]
    fn progress_and_cancellation_say_of_what() {
        let about = |json: &'static str| match read(json.as_bytes()) {
            Some(Message::Notification { about, .. }) => about,
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
    }
}
