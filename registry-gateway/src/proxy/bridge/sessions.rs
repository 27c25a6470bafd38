//! The sessions of this node, within their bounds.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use registry_core::model::id::ServerId;
use uuid::Uuid;

use super::limits::SessionLimits;
use super::session::Session;
use super::shared::Lanes;
use crate::proxy::Failure;
use crate::proxy::session::SessionScope;

/// In how many parts the table is, each behind a lock of its own that is held for a look-up.
const SHARDS: usize = 16;

const OPEN: &str = "mcp_registry_gateway_sessions";

/// The sessions.
#[derive(Debug)]
pub(super) struct Sessions {
    shards: [Mutex<HashMap<Uuid, Arc<Session>>>; SHARDS],
    /// Taken when a session begins or ends.
    counts: Mutex<Counts>,
    /// Those over which requests without a session go.
    lanes: Lanes,
    limits: SessionLimits,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    servers: HashMap<ServerId, usize>,
    credentials: HashMap<Uuid, usize>,
}

/// A session's place within the bounds, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    sessions: Arc<Sessions>,
    scope: SessionScope,
}

impl Sessions {
    pub(super) fn new(limits: SessionLimits) -> Arc<Self> {
        metrics::describe_gauge!(OPEN, "Sessions and shared channels with servers of other transports");
        Arc::new(Self {
            shards: Default::default(),
            counts: Mutex::default(),
            lanes: Lanes::default(),
            limits,
        })
    }

    pub(super) fn limits(&self) -> &SessionLimits {
        &self.limits
    }

    pub(super) fn lanes(&self) -> &Lanes {
        &self.lanes
    }

    /// Reserves a place. A credential at its bound loses the session that is idle for longest, if one is.
    pub(super) fn reserve(self: &Arc<Self>, scope: SessionScope) -> Result<Place, Failure> {
        // Held until the place is counted: each place beyond the bound is that of a session which ended for it.
        let mut counts = self.counts();
        let with_server = counts.servers.get(&scope.server).copied().unwrap_or_default();
        if counts.all >= self.limits.max_sessions || with_server >= self.limits.max_per_server {
            return Err(Failure::Sessions("the server has too many open sessions"));
        }
        let own = counts.credentials.get(&scope.credential).copied().unwrap_or_default();
        if own >= self.limits.max_per_credential && !self.end_longest_idle(scope.credential) {
            return Err(Failure::Sessions("this key has too many open sessions"));
        }
        counts.enter(scope);
        drop(counts);
        metrics::gauge!(OPEN).increment(1);
        Ok(Place { sessions: self.clone(), scope })
    }

    pub(super) fn insert(&self, session: Arc<Session>) {
        self.shard(session.id).insert(session.id, session);
    }

    /// The session with this id. One of another scope is not found: an upstream that names its own sessions must not
    /// name another's.
    pub(super) fn get(&self, id: Uuid, scope: SessionScope) -> Option<Arc<Session>> {
        self.shard(id).get(&id).filter(|session| session.scope == scope).cloned()
    }

    pub(super) fn remove(&self, id: Uuid) {
        self.shard(id).remove(&id);
    }

    /// Ends the session of this credential that is idle for longest; whether there was one.
    fn end_longest_idle(&self, credential: Uuid) -> bool {
        while let Some(idle) = self.longest_idle(credential) {
            // It may have ended meanwhile, and then makes no room for this one.
            if idle.end(Failure::NoSuchSession) {
                return true;
            }
        }
        false
    }

    fn longest_idle(&self, credential: Uuid) -> Option<Arc<Session>> {
        let shards = self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner));
        let sessions = shards.flat_map(|shard| shard.values().cloned().collect::<Vec<_>>());
        let own = sessions.filter(|session| session.scope.credential == credential);
        let idle = own.filter_map(|session| {
            let since = session.lock().idle_since()?;
            Some((since, session))
        });
        idle.min_by_key(|(since, _)| *since).map(|(_, session)| session)
    }

    fn shard(&self, id: Uuid) -> MutexGuard<'_, HashMap<Uuid, Arc<Session>>> {
        // The last bytes of the id are random.
        let shard = usize::from(id.as_bytes()[15]) % SHARDS;
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn enter(&mut self, scope: SessionScope) {
        self.all += 1;
        *self.servers.entry(scope.server).or_default() += 1;
        *self.credentials.entry(scope.credential).or_default() += 1;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!(OPEN).decrement(1);
        let mut counts = self.sessions.counts();
        counts.all -= 1;
        leave(&mut counts.servers, self.scope.server);
        leave(&mut counts.credentials, self.scope.credential);
    }
}

fn leave<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}
