//! Channels that stateless requests share.
//!
//! A server without sessions keeps nothing between requests, and says so: a channel to it is no conversation (MCP 2026-07-28,
//! "Statelessness"). So the requests of one holder to one server travel over few channels, each under a name of its own
//! (`lend`). Holders share none: what a server keeps all the same, one learns nothing of another. And what changes is told
//! to subscriptions on the channel over which it was changed, which is why a request has not a channel of its own.
//!
//! Log messages do not say of which request they are. So of the requests that want some, each has a channel where no other
//! does, as far as there are channels.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Bridge;
use super::discover::{self, Found};
use super::session::{Common, Session};
use super::version::UnsupportedVersion;
use crate::era::Era;
use crate::proxy::Failure;
use crate::proxy::admission::Admission;
use crate::proxy::session::SessionScope;

/// The channels of one holder to one server. Who looks for one waits while another opens one.
type Lane = Arc<tokio::sync::Mutex<Vec<Arc<Session>>>>;

/// All channels that are shared.
#[derive(Debug, Default)]
pub(super) struct Lanes(Mutex<HashMap<SessionScope, Lane>>);

impl Lanes {
    fn of(&self, scope: SessionScope) -> Lane {
        self.lock().entry(scope).or_default().clone()
    }

    /// Forgets what is over of a holder's channels to a server.
    pub(super) fn tidy(&self, scope: SessionScope) {
        let mut lanes = self.lock();
        let Some(lane) = lanes.get(&scope) else { return };
        // Who has it locked looks for itself; the last one to end finds nobody.
        let is_empty = lane.try_lock().is_ok_and(|mut open| {
            open.retain(|session| session.is_open());
            open.is_empty()
        });
        if is_empty && Arc::strong_count(lane) == 1 {
            lanes.remove(&scope);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionScope, Lane>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bridge {
    /// The channel for one request of this `version`, which wants log messages or not.
    pub(super) async fn shared(
        &self,
        admission: &Admission,
        version: &str,
        logs: bool,
    ) -> Result<Arc<Session>, Failure> {
        let session = self.any_shared(admission, version, logs);
        let timeout = admission.timeout();
        let session =
            tokio::time::timeout(timeout, session).await.map_err(|_| Failure::Timeout(timeout))??;
        let versions = session.common.as_ref().map_or(&[][..], |common| &common.versions);
        if !versions.is_empty() && versions.iter().all(|spoken| **spoken != *version) {
            return Err(UnsupportedVersion::of_stateless(version, versions));
        }
        session.touch();
        admission.holds(&session.holders);
        Ok(session)
    }

    async fn any_shared(
        &self,
        admission: &Admission,
        version: &str,
        logs: bool,
    ) -> Result<Arc<Session>, Failure> {
        let lane = self.sessions.lanes().of(admission.scope());
        let mut open = lane.lock().await;
        open.retain(|session| session.is_open());
        if let Some(session) = open.iter().find(|session| session.lock().has_room(logs)) {
            return Ok(session.clone());
        }
        if open.len() < self.sessions.limits().max_shared {
            let session = self.open_shared(admission, version).await?;
            open.push(session.clone());
            return Ok(session);
        }
        let any = open.iter().find(|session| session.lock().has_room(false));
        any.cloned().ok_or(Failure::Sessions("this key has too many requests in flight"))
    }

    /// Opens a channel to an upstream without sessions.
    async fn open_shared(&self, admission: &Admission, version: &str) -> Result<Arc<Session>, Failure> {
        let endpoint = &admission.upstream().server.endpoint;
        let known = self.eras.of(endpoint);
        if known == Some(Era::Initialize) {
            return Err(UnsupportedVersion::of_sessions(version));
        }
        let place = self.sessions.reserve(admission.scope())?;
        let mut channel = self.connect(admission.upstream()).await?;
        let versions = match discover::ask(&mut channel, known, admission.timeout()).await? {
            Found::Stateless(versions) => versions,
            Found::Sessions => {
                self.eras.note(endpoint, Some(Era::Initialize));
                return Err(UnsupportedVersion::of_sessions(version));
            }
            Found::Silent => return Err(UnsupportedVersion::of_sessions(version)),
        };
        self.eras.note(endpoint, Some(Era::Discover));
        let id = self.registry.clock().new_id();
        Ok(self.start(id, place, channel, admission, Some(Common { versions })))
    }
}
