//! A request that waits for its response.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout_at};

use super::id::Id;
use super::limits::NOTICE_TIMEOUT;
use super::parcel::Heard;
use super::session::Session;
use crate::proxy::Failure;

/// How long the upstream may be silent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Until the first word on the request.
    pub(super) first: Duration,
    /// After a word on it: progress, or a question to the client.
    pub(super) next: Duration,
}

/// A request in flight. Dropped before its response, it is cancelled at the upstream.
#[derive(Debug)]
pub(super) struct Waiter {
    session: Arc<Session>,
    id: Id,
    serial: u64,
    inbox: Receiver<Heard>,
    began: Instant,
    /// When the last word on it came.
    heard: Option<Instant>,
    opens: bool,
    is_done: bool,
}

impl Waiter {
    pub(super) fn new(
        session: Arc<Session>,
        (id, serial): (Id, u64),
        inbox: Receiver<Heard>,
        began: Instant,
        opens: bool,
    ) -> Self {
        Self { session, id, serial, inbox, began, heard: None, opens, is_done: false }
    }

    pub(super) fn id(&self) -> &Id {
        &self.id
    }

    /// The next word on the request. Cancel-safe.
    pub(super) async fn next(&mut self, patience: Patience) -> Result<Heard, Failure> {
        loop {
            let until = self.deadline(patience);
            match timeout_at(until, self.inbox.recv()).await {
                Ok(Some(heard)) => return Ok(self.note(heard)),
                Ok(None) => {
                    self.is_done = true;
                    return Err(self.session.why());
                }
                // The upstream may have asked the client in the meantime, on another stream.
                Err(_) if self.deadline(patience) > until => {}
                Err(_) => return Err(Failure::Timeout(patience.first)),
            }
        }
    }

    fn note(&mut self, heard: Heard) -> Heard {
        match heard {
            Heard::Response(_, is_error) => {
                self.is_done = true;
                if self.opens && is_error {
                    self.session.end(Failure::NoSuchSession);
                }
            }
            Heard::Cancelled => {
                self.is_done = true;
                self.session.lock().take_only(&self.id, self.serial);
            }
            Heard::Other(_) => self.heard = Some(Instant::now()),
            // No person is asked, and the request may hang for all that.
            Heard::Ping(_) => {}
        }
        heard
    }

    fn deadline(&self, patience: Patience) -> Instant {
        let asked = self.session.lock().asked.filter(|asked| *asked > self.began);
        let heard = self.heard.max(asked).map(|heard| heard + patience.next);
        heard.map_or(self.began + patience.first, |until| until.max(self.began + patience.first))
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        let was_in_flight = self.session.lock().take_only(&self.id, self.serial).is_some();
        if self.opens {
            // A request to begin a session must not be cancelled.
            self.session.end(Failure::NoSuchSession);
        } else if was_in_flight {
            self.session.send_soon(cancelled(&self.id), NOTICE_TIMEOUT);
        }
    }
}

/// The notice that nobody waits for the response any more.
pub(super) fn cancelled(id: &Id) -> Bytes {
    let params = json!({ "requestId": id, "reason": "the client is gone" });
    json!({ "jsonrpc": "2.0", "method": super::head::CANCELLED, "params": params }).to_string().into()
}
