//! The task behind a session: it carries what the upstream says, and ends when either side goes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use registry_core::Registry;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::ENDED;
use super::session::Session;
use super::sessions::{Place, Sessions};
use crate::proxy::Failure;
use crate::proxy::body::Stop;
use crate::transport::channel::{Channel, ChannelError};

/// Begins a session over `channel`. It ends when `withdrawn` completes.
pub(super) fn start(
    sessions: &Arc<Sessions>,
    id: Uuid,
    place: Place,
    channel: Channel,
    withdrawn: Stop,
    alive: &CancellationToken,
    registry: Arc<Registry>,
) -> Arc<Session> {
    let (outgoing, incoming, guard) = channel.split();
    let session = Session::new(id, place.scope, outgoing, alive.child_token());
    sessions.insert(session.clone());
    let sessions = sessions.clone();
    let pump = Pump { sessions, session: session.clone(), registry, _place: place, _guard: guard };
    tokio::spawn(pump.run(incoming, withdrawn));
    session
}

struct Pump {
    sessions: Arc<Sessions>,
    session: Arc<Session>,
    registry: Arc<Registry>,
    _place: Place,
    /// Ends the channel.
    _guard: DropGuard,
}

impl Pump {
    async fn run(self, incoming: Receiver<Result<Bytes, ChannelError>>, withdrawn: Stop) {
        let idle_timeout = self.sessions.limits().idle_timeout;
        let why = tokio::select! {
            why = self.carry(incoming) => why,
            () = withdrawn => Failure::NoSuchSession,
            () = idle(&self.session, idle_timeout) => Failure::NoSuchSession,
            () = self.session.over() => Failure::NoSuchSession,
        };
        // First, so that nobody who is told of the end still finds it.
        self.sessions.remove(self.session.id);
        self.session.end(why);
    }

    /// Delivers what comes, until no more does.
    async fn carry(&self, mut incoming: Receiver<Result<Bytes, ChannelError>>) -> Failure {
        loop {
            let message = match incoming.recv().await {
                Some(Ok(message)) => message,
                Some(Err(error)) => return error.into(),
                None => return Failure::BadAnswer(ENDED),
            };
            match self.session.deliver(message).await {
                Ok(true) => self.registry.health.refresh_soon(self.session.scope.server),
                Ok(false) => {}
                Err(failure) => return failure,
            }
        }
    }
}

/// Completes when the session was idle for so long.
async fn idle(session: &Session, limit: Duration) {
    loop {
        let since = session.lock().idle_since();
        let now = Instant::now();
        let until = since.unwrap_or(now) + limit;
        if since.is_some() && until <= now {
            return;
        }
        sleep_until(until).await;
    }
}
