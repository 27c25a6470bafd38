//! Where each message of the upstream goes.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::time::Instant;

use super::id::Id;
use super::limits::{NOTICE_TIMEOUT, STALL};
use super::message::{Message, PING, PROGRESS};
use super::parcel::{Heard, Parcel};
use super::session::Session;
use super::wait::cancelled;
use crate::proxy::Failure;
use crate::proxy::head::Head;
use crate::proxy::list_changed::LIST_CHANGED;
use crate::transport::channel::on_one_line;

/// JSON-RPC's code for what the implementation could not do.
const INTERNAL_ERROR: i32 = -32603;

impl Session {
    /// Hands a message of the upstream to whoever waits for it; whether it says that the upstream lists other things now.
    /// An error ends the session.
    pub(super) async fn deliver(self: &Arc<Self>, received: Parcel) -> Result<bool, Failure> {
        let Parcel { message, room } = received;
        let head = Head::read(&message).ok();
        let Some((head, kind)) = head.and_then(|head| Message::of(&head).map(|kind| (head, kind))) else {
            tracing::debug!(session = %self.id, bytes = message.len(), "an upstream sent what is no JSON-RPC message");
            return Ok(false);
        };
        let says_changed =
            matches!(&kind, Message::Notification { method, .. } if method.ends_with(LIST_CHANGED));
        if self.common.is_some() {
            self.deliver_shared(&message, &head, kind, room).await?;
            return Ok(says_changed);
        }
        let route = match kind {
            Message::Response { id: Some(id), error } => Route::Response(id, error),
            // Of no request that could be told apart.
            Message::Response { id: None, .. } => return Ok(false),
            Message::Notification { method, about: Some(token) } if method == PROGRESS => {
                Route::Progress(token)
            }
            Message::Notification { .. } => Route::Other(None),
            Message::Request { id, method, .. } if method == PING => Route::Ping(id),
            Message::Request { id, .. } => Route::Other(Some(id)),
        };
        let parcel = Parcel { message: on_one_line(message), room };
        match route {
            Route::Response(id, error) => self.respond(&id, parcel, error).await,
            Route::Progress(token) => {
                let call = self.lock().by_token(&token);
                match call {
                    Some(call) => self.tell_call(&call, Heard::Other(parcel)).await,
                    // Late, or for a client that takes no event stream as an answer.
                    None => self.tell(parcel, None, Heard::Other).await?,
                }
            }
            Route::Other(asks) => {
                if asks.is_some() {
                    self.lock().asked = Some(Instant::now());
                }
                self.tell(parcel, asks, Heard::Other).await?;
            }
            Route::Ping(id) => self.tell(parcel, Some(id), Heard::Ping).await?,
        }
        Ok(says_changed)
    }

    /// What nobody waits for any more is dropped.
    pub(super) async fn respond(&self, id: &Id, parcel: Parcel, error: Option<i64>) {
        let call = self.lock().take(id);
        if let Some(call) = call {
            // One that is gone is no loss, and one that does not read loses its answer.
            let _ = call.send_timeout(Heard::Response(parcel, error), STALL).await;
        }
    }

    /// To the stream of a request. One that is not read ends, for it would miss a message.
    pub(super) async fn tell_call(self: &Arc<Self>, call: &Sender<Heard>, word: Heard) {
        if let Err(SendTimeoutError::Timeout(_)) = call.send_timeout(word, STALL).await {
            let id = self.lock().take_by_inbox(call);
            if let Some(id) = id {
                self.send_soon(cancelled(&id), NOTICE_TIMEOUT);
            }
        }
    }

    /// To the stream of GET, or to that of a request in flight, or to be kept. An upstream whose requests nobody hears
    /// waits until it has taken the answer to each.
    async fn tell(
        self: &Arc<Self>,
        parcel: Parcel,
        asks: Option<Id>,
        word: fn(Parcel) -> Heard,
    ) -> Result<(), Failure> {
        let Some(parcel) = self.tell_listener(parcel).await else { return Ok(()) };
        let call = self.lock().newest_stream();
        if let Some(call) = call {
            self.tell_call(&call, word(parcel)).await;
            return Ok(());
        }
        let kept = self.lock().unheard.keep(parcel);
        if let (Err(_), Some(id)) = (kept, asks) {
            self.send(unheard(&id), NOTICE_TIMEOUT).await?;
        }
        Ok(())
    }

    /// Gives the message back if there is no stream of GET that takes it.
    async fn tell_listener(&self, mut parcel: Parcel) -> Option<Parcel> {
        loop {
            let Some(listener) = self.lock().listener() else { return Some(parcel) };
            let Err(refused) = listener.send_timeout(parcel, STALL).await else { return None };
            parcel = refused.into_inner();
            // It is not read: it ends.
            self.lock().listeners.retain(|other| !other.same_channel(&listener));
        }
    }
}

enum Route {
    Response(Id, Option<i64>),
    Progress(Id),
    /// With the id if it is a request.
    Other(Option<Id>),
    Ping(Id),
}

/// The answer to a request for which there is no room.
fn unheard(id: &Id) -> Bytes {
    let error = json!({ "code": INTERNAL_ERROR, "message": "the client listens on no stream" });
    json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string().into()
}
