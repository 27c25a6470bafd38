//! Names of requests on a channel that several requests share: the upstream is told names of the gateway's own, so that no
//! two are the same, and each client hears of its request under the names that it gave it.

use std::ops::Range;

use bytes::Bytes;

use super::id::Id;
use super::message::{DISCOVER, LISTEN};
use crate::proxy::head::{Head, Params, span};

/// A request on a shared channel, as its client sees it.
#[derive(Debug)]
pub(super) struct Lent {
    /// Its id.
    pub(super) id: Id,
    /// The token of its progress.
    pub(super) token: Option<Id>,
    /// Its answer is a stream of what changes.
    pub(super) listens: bool,
    /// It wants log messages.
    pub(super) logs: bool,
    /// It says in its `_meta` what a request has to say there.
    pub(super) is_whole: bool,
}

impl Lent {
    /// That with this head, id and token.
    pub(super) fn of(head: &Head<'_>, id: Id, token: Option<Id>) -> Self {
        let meta = &head.params.meta;
        let listens = head.method.as_deref() == Some(LISTEN);
        let is_whole = meta.version.is_some() && meta.capabilities.is_some();
        Self { id, token, listens, logs: meta.log_level.is_some() && !listens, is_whole }
    }

    /// The response to it, which stands under another id.
    pub(super) fn response(&self, message: &[u8], head: &Head<'_>) -> Bytes {
        let mut parts = Vec::new();
        let result = head.result.filter(|_| self.listens).and_then(Params::read);
        parts.extend(head.id.map(|id| (id, &self.id)));
        parts.extend(result.and_then(|result| result.meta.subscription).map(|id| (id, &self.id)));
        replaced(message, parts)
    }

    /// A notification of its progress.
    pub(super) fn progress(&self, message: &[u8], head: &Head<'_>) -> Bytes {
        let token = head.params.progress_token.zip(self.token.as_ref());
        replaced(message, token.into_iter().collect())
    }

    /// A notification of what it listens for.
    pub(super) fn change(&self, message: &[u8], head: &Head<'_>) -> Bytes {
        let id = head.params.meta.subscription.map(|id| (id, &self.id));
        replaced(message, id.into_iter().collect())
    }
}

/// The request with this head under another name, which is its id and the token of its progress.
pub(super) fn renamed(message: &[u8], head: &Head<'_>, name: &Id) -> Bytes {
    let token = head.params.meta.progress_token.filter(|token| *token != "null");
    replaced(message, head.id.into_iter().chain(token).map(|part| (part, name)).collect())
}

/// `message` with these parts of it written otherwise.
fn replaced(message: &[u8], parts: Vec<(&str, &Id)>) -> Bytes {
    let mut parts: Vec<(Range<usize>, String)> =
        parts.into_iter().map(|(part, id)| (span(message, part), id.written())).collect();
    parts.sort_unstable_by_key(|(range, _)| range.start);
    let mut whole =
        Vec::with_capacity(message.len() + parts.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut from = 0;
    for (range, text) in parts {
        whole.extend_from_slice(&message[from..range.start]);
        whole.extend_from_slice(text.as_bytes());
        from = range.end;
    }
    whole.extend_from_slice(&message[from..]);
    whole.into()
}

/// What the gateway asks of an upstream before it shares a channel to it.
pub(super) fn discover(id: &Id) -> Bytes {
    let meta = serde_json::json!({
        "io.modelcontextprotocol/protocolVersion": super::version::STATELESS,
        "io.modelcontextprotocol/clientInfo":
            { "name": "mcp-registry-gateway", "version": env!("CARGO_PKG_VERSION") },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = serde_json::json!({ "_meta": meta });
    serde_json::json!({ "jsonrpc": "2.0", "id": id, "method": DISCOVER, "params": params }).to_string().into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Lent, renamed};
    use crate::proxy::bridge::id::Id;
    use crate::proxy::head::Head;

    fn lent(listens: bool) -> Lent {
        Lent {
            id: Id::Text("of \"the\" client".into()),
            token: Some(Id::Number(-5)),
            listens,
            logs: false,
            is_whole: true,
        }
    }

    fn head(message: &Value) -> (Vec<u8>, Value) {
        (message.to_string().into_bytes(), message.clone())
    }

    #[test]
    fn a_request_goes_up_under_another_name_and_is_otherwise_as_it_was() {
        let text = br#"{ "params":{"x":[1.50,{"id":7}],"_meta":{"progressToken":7,"y":1}} ,"id":7,"method":"a","jsonrpc":"2.0"}"#;
        let up = renamed(text, &Head::parse(text).unwrap(), &Id::Text("r12".into()));
        let expected = br#"{ "params":{"x":[1.50,{"id":7}],"_meta":{"progressToken":"r12","y":1}} ,"id":"r12","method":"a","jsonrpc":"2.0"}"#;
        assert_eq!(up, &expected[..]);
    }

    #[test]
    fn what_comes_down_has_the_names_of_the_client() {
        let subscription = json!({ "io.modelcontextprotocol/subscriptionId": "r1" });
        let (response, _) =
            head(&json!({ "jsonrpc": "2.0", "id": "r1", "result": { "_meta": subscription } }));
        let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        let mine = lent(true);
        let got = read(&mine.response(&response, &Head::read(&response).unwrap()));
        assert_eq!(got["id"], "of \"the\" client");
        assert_eq!(got["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"], got["id"]);
        let (progress, _) =
            head(&json!({ "method": "p", "params": { "progressToken": "r1", "progress": 1 } }));
        assert_eq!(
            read(&mine.progress(&progress, &Head::read(&progress).unwrap()))["params"]["progressToken"],
            -5
        );
        let (change, _) = head(&json!({ "method": "c", "params": { "_meta": subscription, "uri": "a" } }));
        let got = read(&mine.change(&change, &Head::read(&change).unwrap()));
        assert_eq!(got["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "of \"the\" client");
    }

    /// A result of another request may have such a member, which is its own.
    #[test]
    fn only_the_answer_to_a_subscription_is_looked_into() {
        let subscription = json!({ "io.modelcontextprotocol/subscriptionId": "r1" });
        let (response, whole) =
            head(&json!({ "jsonrpc": "2.0", "id": "r1", "result": { "_meta": subscription } }));
        let got = lent(false).response(&response, &Head::read(&response).unwrap());
        let got: Value = serde_json::from_slice(&got).unwrap();
        assert_eq!(got["result"], whole["result"]);
    }
}
