//! Where each message goes of an upstream whose channel several requests share: to the one request that it is of, under the
//! names that its client knows, or nowhere. No two clients hear of each other's requests.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc::Sender;

use super::id::Id;
use super::limits::NOTICE_TIMEOUT;
use super::message::{CANCELLED, LOGGED, Message, PING, PROGRESS};
use super::parcel::{Heard, Parcel};
use super::session::Session;
use crate::proxy::Failure;
use crate::proxy::head::Head;
use crate::transport::budget::Room;
use crate::transport::channel::on_one_line;

/// JSON-RPC's code for a method that there is not.
const METHOD_NOT_FOUND: i32 = -32601;

impl Session {
    /// Hands a message of a shared channel to the request that it is of. An error ends the channel.
    pub(super) async fn deliver_shared(
        self: &Arc<Self>,
        message: &[u8],
        head: &Head<'_>,
        kind: Message<'_>,
        room: Option<Room>,
    ) -> Result<(), Failure> {
        match kind {
            Message::Response { id: Some(id), error } => {
                let Some((_, lent)) = self.lock().lent(&id) else { return Ok(()) };
                let parcel = Parcel { message: on_one_line(lent.response(message, head)), room };
                self.respond(&id, parcel, error).await;
            }
            Message::Response { id: None, .. } => {}
            Message::Notification { method, about } => {
                let Some((call, word)) = self.whose(message, head, &method, about) else { return Ok(()) };
                let word = match word {
                    Some(message) => Heard::Other(Parcel { message: on_one_line(message), room }),
                    None => Heard::Cancelled,
                };
                self.tell_call(&call, word).await;
            }
            // Servers of this era ask clients nothing but in answers.
            Message::Request { id, method, .. } => self.send(reply(&id, &method), NOTICE_TIMEOUT).await?,
        }
        Ok(())
    }

    /// The request that a notification is of, and what it hears: that the upstream ends its subscription, if nothing.
    fn whose(
        &self,
        message: &[u8],
        head: &Head<'_>,
        method: &str,
        about: Option<Id>,
    ) -> Option<(Sender<Heard>, Option<Bytes>)> {
        let state = self.lock();
        match (method, about) {
            (PROGRESS, Some(name)) => {
                let call = state.by_token(&name)?;
                Some((call, Some(state.lent(&name)?.1.progress(message, head))))
            }
            (CANCELLED, Some(name)) => {
                let (call, lent) = state.lent(&name)?;
                lent.listens.then_some((call, None))
            }
            (LOGGED, _) => Some((state.logging()?, Some(Bytes::copy_from_slice(message)))),
            _ => {
                let (call, lent) = state.lent(&Id::parse(head.params.meta.subscription?)?)?;
                lent.listens.then(|| (call, Some(lent.change(message, head))))
            }
        }
    }
}

fn reply(id: &Id, method: &str) -> Bytes {
    let mut reply = json!({ "jsonrpc": "2.0", "id": id });
    match method {
        PING => reply["result"] = json!({}),
        _ => reply["error"] = json!({ "code": METHOD_NOT_FOUND, "message": "the client is asked nothing" }),
    }
    reply.to_string().into()
}
