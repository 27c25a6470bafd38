//! The stream of GET: what the upstream says of its own accord.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::event::{self, Said};
use super::limits::KEEP_ALIVE;
use super::parcel::Parcel;
use super::session::{Inbox, Session};

/// What one stream hears.
pub(super) struct Ear {
    session: Arc<Session>,
    /// What came before it.
    unheard: VecDeque<Parcel>,
    inbox: Inbox,
}

impl Ear {
    pub(super) fn new(session: Arc<Session>, unheard: VecDeque<Parcel>, inbox: Inbox) -> Self {
        Self { session, unheard, inbox }
    }

    /// The events, until the session is over or `stop` is cancelled.
    pub(super) fn events(self, stop: CancellationToken) -> BoxStream<'static, Said> {
        let begin = stream::once(async { Said::Comment });
        let events = stream::unfold(self, async |mut ear| Some((ear.next().await?, ear)));
        begin.chain(events).take_until(stop.cancelled_owned()).boxed()
    }

    async fn next(&mut self) -> Option<Said> {
        let parcel = match self.unheard.pop_front() {
            Some(parcel) => parcel,
            None => match timeout(KEEP_ALIVE, self.inbox.recv()).await {
                Ok(parcel) => parcel?,
                Err(_) => return Some(Said::Comment),
            },
        };
        Some(Said::Event(event::of(&parcel.message)))
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.inbox.close();
        // From now on the session may be idle.
        self.session.touch();
    }
}
