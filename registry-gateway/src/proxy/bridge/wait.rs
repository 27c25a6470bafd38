//! A request that waits for its response.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout_at};

use super::id::Id;
use super::lend::Lent;
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
    asked: Asked,
    inbox: Receiver<Heard>,
    /// When the last word on it came.
    heard: Option<Instant>,
    is_done: bool,
}

/// What was asked.
#[derive(Debug)]
pub(super) struct Asked {
    /// The id under which the upstream knows it.
    pub(super) id: Id,
    /// What tells it from later ones with its id.
    pub(super) serial: u64,
    /// What its client calls it, if the channel is shared.
    pub(super) lent: Option<Arc<Lent>>,
    pub(super) began: Instant,
    /// It is `initialize`.
    pub(super) opens: bool,
}

impl Waiter {
    pub(super) fn new(session: Arc<Session>, asked: Asked, inbox: Receiver<Heard>) -> Self {
        Self { session, asked, inbox, heard: None, is_done: false }
    }

    /// The id under which the client knows it.
    pub(super) fn id(&self) -> &Id {
        self.lent().map_or(&self.asked.id, |lent| &lent.id)
    }

    /// What its client calls it, if the channel is shared.
    pub(super) fn lent(&self) -> Option<&Lent> {
        self.asked.lent.as_deref()
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
            Heard::Response(_, error) => {
                self.is_done = true;
                if self.asked.opens && error.is_some() {
                    self.session.end(Failure::NoSuchSession);
                }
            }
            Heard::Cancelled => {
                self.is_done = true;
                self.session.lock().take_only(&self.asked.id, self.asked.serial);
            }
            Heard::Other(_) => self.heard = Some(Instant::now()),
            // No person is asked, and the request may hang for all that.
            Heard::Ping(_) => {}
        }
        heard
    }

    fn deadline(&self, patience: Patience) -> Instant {
        let asked = self.session.lock().asked.filter(|asked| *asked > self.asked.began);
        let heard = self.heard.max(asked).map(|heard| heard + patience.next);
        heard.map_or(self.asked.began + patience.first, |until| until.max(self.asked.began + patience.first))
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        let was_in_flight = self.session.lock().take_only(&self.asked.id, self.asked.serial).is_some();
        if self.asked.opens {
            // A request to begin a session must not be cancelled.
            self.session.end(Failure::NoSuchSession);
        } else if was_in_flight {
            self.session.send_soon(cancelled(&self.asked.id), NOTICE_TIMEOUT);
        }
    }
}

/// The notice that nobody waits for the response any more.
pub(super) fn cancelled(id: &Id) -> Bytes {
    let params = json!({ "requestId": id, "reason": "the client is gone" });
    json!({ "jsonrpc": "2.0", "method": super::message::CANCELLED, "params": params }).to_string().into()
}
