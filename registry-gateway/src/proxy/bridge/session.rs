//! One session: a client's conversation with one upstream, over a channel of its own.
//!
//! Its state is behind a lock that only this session's requests and its pump take, and never while they wait.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::id::Id;
use super::lend::Lent;
use super::limits::{MAX_REQUESTS, MAX_STREAM_MESSAGES};
use super::listen;
use super::parcel::{Heard, Parcel};
use super::unheard::Unheard;
use super::wait::{Asked, Waiter};
use crate::proxy::holders::Holders;
use crate::proxy::refusal::Kind;
use crate::proxy::session::SessionScope;
use crate::proxy::{Failure, Refusal};

/// Why a client loses an answer, or its session, that it does not read.
pub(in crate::proxy) fn stalled() -> Failure {
    Refusal::new(Kind::Late, "the client did not read in time").into()
}

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: Uuid,
    /// Whose it is, and with which server.
    pub(super) scope: SessionScope,
    /// What several requests of the holder's share, whichever of its clients makes them.
    pub(super) common: Option<Common>,
    /// By which credentials it goes on.
    pub(super) holders: Arc<Holders>,
    outgoing: Sender<Bytes>,
    state: Mutex<State>,
    /// Cancelled when the session is over.
    over: CancellationToken,
}

#[derive(Debug)]
pub(super) struct State {
    /// The requests in flight.
    calls: HashMap<Id, Call>,
    /// The serial number of the next.
    next: u64,
    /// How many names were given on a shared channel.
    names: u64,
    /// Which of them a progress token is of.
    tokens: HashMap<Id, Id>,
    /// The streams of GET, the newest last.
    pub(super) listeners: Vec<Sender<Parcel>>,
    /// What came while there was no stream.
    pub(super) unheard: Unheard,
    /// When the client last did something.
    used: Instant,
    /// When the upstream last asked the client for something.
    pub(super) asked: Option<Instant>,
    /// Why it is over.
    end: Option<Failure>,
}

/// A request in flight.
#[derive(Debug)]
struct Call {
    /// Tells it from later ones with its id.
    serial: u64,
    inbox: Sender<Heard>,
    token: Option<Id>,
    /// Whether its answer may be an event stream.
    streams: bool,
    began: Instant,
    /// What its client calls it, if the channel is shared.
    lent: Option<Arc<Lent>>,
}

/// Which session it is, and whose.
#[derive(Debug)]
pub(super) struct Whose {
    pub(super) id: Uuid,
    pub(super) scope: SessionScope,
    /// By which credentials it goes on.
    pub(super) holders: Arc<Holders>,
    /// What its requests share, if they are of several clients.
    pub(super) common: Option<Common>,
}

/// What is known of the upstream at the other end of a shared channel.
#[derive(Debug, Default)]
pub(super) struct Common {
    /// The versions of the protocol that it speaks, by its own words.
    pub(super) versions: Vec<Box<str>>,
}

/// A request that begins.
#[derive(Debug)]
pub(super) struct Begin {
    pub(super) id: Id,
    pub(super) token: Option<Id>,
    pub(super) streams: bool,
    /// It is `initialize`: the session stands and falls with it.
    pub(super) opens: bool,
    /// What its client calls it, if the channel is shared.
    pub(super) lent: Option<Arc<Lent>>,
}

impl Session {
    pub(super) fn new(whose: Whose, outgoing: Sender<Bytes>, over: CancellationToken) -> Arc<Self> {
        let Whose { id, scope, holders, common } = whose;
        let state = State {
            calls: HashMap::new(),
            next: 0,
            names: 0,
            tokens: HashMap::new(),
            listeners: Vec::new(),
            unheard: Unheard::default(),
            used: Instant::now(),
            asked: None,
            end: None,
        };
        Arc::new(Self { id, scope, common, holders, outgoing, state: Mutex::new(state), over })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name for a request on a shared channel, which no other had or has.
    pub(super) fn new_name(&self) -> Id {
        let mut state = self.lock();
        state.names += 1;
        Id::Text(format!("r{}", state.names).into())
    }

    /// Notes a request, so that its response finds the way back.
    pub(super) fn begin(self: &Arc<Self>, begin: Begin) -> Result<Waiter, Failure> {
        let Begin { id, token, streams, opens, lent } = begin;
        let (inbox, heard) = mpsc::channel(MAX_STREAM_MESSAGES);
        let mut state = self.lock();
        state.used = Instant::now();
        if let Some(end) = &state.end {
            return Err(end.clone());
        }
        if state.calls.len() >= MAX_REQUESTS {
            return Err(Failure::Sessions("the session has too many requests in flight"));
        }
        let State { calls, tokens, next, .. } = &mut *state;
        let Entry::Vacant(place) = calls.entry(id.clone()) else {
            return Err(Failure::bad_request("a request with this id is in flight in the session"));
        };
        if let Some(token) = &token {
            let Entry::Vacant(of) = tokens.entry(token.clone()) else {
                return Err(Failure::bad_request(
                    "a request with this progress token is in flight in the session",
                ));
            };
            of.insert(id.clone());
        }
        let began = Instant::now();
        let serial = *next;
        *next += 1;
        place.insert(Call { serial, inbox, token, streams, began, lent: lent.clone() });
        drop(state);
        Ok(Waiter::new(self.clone(), Asked { id, serial, lent, began, opens }, heard))
    }

    /// Hands a message of the client's to the upstream.
    pub(super) async fn send(&self, message: Bytes, patience: Duration) -> Result<(), Failure> {
        let sent = tokio::select! {
            sent = self.outgoing.send_timeout(message, patience) => sent,
            () = self.over.cancelled() => return Err(self.why()),
        };
        sent.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => Failure::Timeout(patience),
            mpsc::error::SendTimeoutError::Closed(_) => Failure::BadAnswer(super::ENDED),
        })
    }

    /// The same for what is not waited for.
    pub(super) fn send_soon(self: &Arc<Self>, message: Bytes, patience: Duration) {
        if let Err(mpsc::error::TrySendError::Full(message)) = self.outgoing.try_send(message) {
            let session = self.clone();
            tokio::spawn(async move { session.send(message, patience).await });
        }
    }

    /// Ends the session for this reason; the first one counts. Whether it was open until now.
    pub(super) fn end(&self, why: Failure) -> bool {
        let mut state = self.lock();
        let was_open = state.end.is_none();
        state.end.get_or_insert(why);
        state.calls.clear();
        state.tokens.clear();
        state.listeners.clear();
        state.unheard.clear();
        drop(state);
        self.over.cancel();
        was_open
    }

    /// Why it is over, or why it hears no more of one request.
    pub(super) fn why(&self) -> Failure {
        self.lock().end.clone().unwrap_or_else(stalled)
    }

    /// Whether it is not over.
    pub(super) fn is_open(&self) -> bool {
        !self.over.is_cancelled()
    }

    /// Completes when it is over.
    pub(super) async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Marks it as used by its client.
    pub(super) fn touch(&self) {
        self.lock().used = Instant::now();
    }

    /// A stream of GET, with all that waits for one.
    pub(super) fn listen(self: &Arc<Self>) -> Result<listen::Ear, Failure> {
        let (sender, inbox) = mpsc::channel(MAX_STREAM_MESSAGES);
        let mut state = self.lock();
        if let Some(end) = &state.end {
            return Err(end.clone());
        }
        state.used = Instant::now();
        state.add_listener(sender);
        let unheard = state.unheard.take();
        drop(state);
        Ok(listen::Ear::new(self.clone(), unheard, inbox))
    }
}

impl State {
    /// Takes a request out that is answered, or not wanted any more.
    pub(super) fn take(&mut self, id: &Id) -> Option<Sender<Heard>> {
        let call = self.calls.remove(id)?;
        if let Some(token) = &call.token {
            self.tokens.remove(token);
        }
        self.used = Instant::now();
        Some(call.inbox)
    }

    /// The same for the request with this serial number alone; a later one with its id stays.
    pub(super) fn take_only(&mut self, id: &Id, serial: u64) -> Option<Sender<Heard>> {
        self.calls.get(id).filter(|call| call.serial == serial)?;
        self.take(id)
    }

    /// Takes out the request with this inbox; its id.
    pub(super) fn take_by_inbox(&mut self, inbox: &Sender<Heard>) -> Option<Id> {
        let (id, _) = self.calls.iter().find(|(_, call)| call.inbox.same_channel(inbox))?;
        let id = id.clone();
        self.take(&id).map(|_| id)
    }

    /// The request with this id.
    pub(super) fn call(&self, id: &Id) -> Option<Sender<Heard>> {
        self.calls.get(id).map(|call| call.inbox.clone())
    }

    /// The request with this id of a shared channel, and what its client calls it.
    pub(super) fn lent(&self, id: &Id) -> Option<(Sender<Heard>, Arc<Lent>)> {
        let call = self.calls.get(id)?;
        Some((call.inbox.clone(), call.lent.clone()?))
    }

    /// The one request that wants log messages, which do not say whose they are; none if there are several.
    pub(super) fn logging(&self) -> Option<Sender<Heard>> {
        let mut logging = self.calls.values().filter(|call| call.lent.as_ref().is_some_and(|lent| lent.logs));
        let only = logging.next().filter(|call| call.streams)?;
        logging.next().is_none().then(|| only.inbox.clone())
    }

    /// Whether one more request may begin, which wants log messages or not.
    pub(super) fn has_room(&self, logs: bool) -> bool {
        let is_logging = |call: &Call| call.lent.as_ref().is_some_and(|lent| lent.logs);
        self.end.is_none()
            && self.calls.len() < MAX_REQUESTS
            && !(logs && self.calls.values().any(is_logging))
    }

    /// The request that progress under this token is of, if it can hear of it.
    pub(super) fn by_token(&self, token: &Id) -> Option<Sender<Heard>> {
        let call = self.calls.get(self.tokens.get(token)?)?;
        call.streams.then(|| call.inbox.clone())
    }

    /// The request that has waited for the shortest time, of those that can hear more than their response.
    pub(super) fn newest_stream(&self) -> Option<Sender<Heard>> {
        let calls = self.calls.values().filter(|call| call.streams && !call.inbox.is_closed());
        calls.max_by_key(|call| call.began).map(|call| call.inbox.clone())
    }

    /// The newest stream of GET that is still read.
    pub(super) fn listener(&mut self) -> Option<Sender<Parcel>> {
        self.listeners.retain(|listener| !listener.is_closed());
        self.listeners.last().cloned()
    }

    fn add_listener(&mut self, listener: Sender<Parcel>) {
        self.listeners.retain(|listener| !listener.is_closed());
        if self.listeners.len() >= super::limits::MAX_LISTENERS {
            self.listeners.remove(0);
        }
        self.listeners.push(listener);
    }

    /// Since when it is idle; `None` while a request is in flight or a stream is open, and once it is over.
    pub(super) fn idle_since(&mut self) -> Option<Instant> {
        let is_idle = self.end.is_none() && self.calls.is_empty() && self.listener().is_none();
        is_idle.then_some(self.used)
    }
}

/// What a stream of GET has.
pub(super) type Inbox = Receiver<Parcel>;
