//! The task behind a session: it carries what the upstream says, and ends when either side goes.

use std::sync::Arc;
use std::time::Duration;

use registry_core::Registry;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::ENDED;
use super::session::{Session, Whose};
use super::sessions::{Place, Sessions};
use crate::proxy::Failure;
use crate::proxy::body::Stop;
use crate::transport::budget::Account;
use crate::transport::channel::{Channel, Incoming};

/// A session that begins.
pub(super) struct Begun {
    pub(super) whose: Whose,
    pub(super) place: Place,
    pub(super) channel: Channel,
    /// The session ends when this completes.
    pub(super) withdrawn: Stop,
    /// Is told when the upstream says that it lists other things now.
    pub(super) registry: Arc<Registry>,
}

/// Begins a session over its channel.
pub(super) fn start(sessions: &Arc<Sessions>, begun: Begun, alive: &CancellationToken) -> Arc<Session> {
    let Begun { whose, place, channel, withdrawn, registry } = begun;
    let (outgoing, incoming, account, guard) = channel.split();
    let session = Session::new(whose, outgoing, alive.child_token());
    sessions.insert(session.clone());
    let sessions = sessions.clone();
    let pump = Pump { sessions, session: session.clone(), account, registry, _place: place, _guard: guard };
    tokio::spawn(pump.run(incoming, withdrawn));
    session
}

struct Pump {
    sessions: Arc<Sessions>,
    session: Arc<Session>,
    account: Arc<Account>,
    registry: Arc<Registry>,
    _place: Place,
    /// Ends the channel.
    _guard: DropGuard,
}

impl Pump {
    async fn run(self, incoming: Incoming, withdrawn: Stop) {
        let (limits, is_shared) = (self.sessions.limits(), self.session.common.is_some());
        let (idle_timeout, changed) = match is_shared {
            true => (limits.shared_idle_timeout, Failure::Changed),
            false => (limits.idle_timeout, Failure::NoSuchSession),
        };
        let why = tokio::select! {
            why = self.carry(incoming) => why,
            () = withdrawn => changed,
            error = self.account.over() => error.into(),
            () = idle(&self.session, idle_timeout) => Failure::NoSuchSession,
            () = self.session.over() => Failure::NoSuchSession,
        };
        // First, so that nobody who is told of the end still finds it.
        self.sessions.remove(self.session.id);
        self.session.end(why);
        if is_shared {
            self.sessions.lanes().tidy(self.session.scope);
        }
    }

    /// Delivers what comes, until no more does.
    async fn carry(&self, mut incoming: Incoming) -> Failure {
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
