//! Sessions.

use std::cmp::Reverse;
use std::collections::HashMap;

use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::clock::Timestamp;
use crate::model::audit::AuditEvent;
use crate::model::id::{SessionId, TenantId, UserId};
use crate::model::session::{EndedSessions, Session, SessionDigest, SessionHolder};
use crate::store::{SessionStore, StoreError, UniqueField};

#[derive(Default)]
pub(super) struct Sessions {
    by_id: HashMap<SessionId, Session>,
    by_digest: HashMap<SessionDigest, SessionId>,
}

impl Sessions {
    fn get(&self, digest: &SessionDigest) -> Option<&Session> {
        self.by_digest.get(digest).and_then(|id| self.by_id.get(id))
    }

    fn insert(&mut self, session: Session) {
        self.by_digest.insert(session.digest, session.id);
        self.by_id.insert(session.id, session);
    }

    /// Ends sessions of a user; how many.
    pub(super) fn end(&mut self, user_id: UserId, which: EndedSessions) -> u64 {
        self.remove(|session| session.user_id == user_id && which.has(session.id))
    }

    fn remove(&mut self, ends: impl Fn(&Session) -> bool) -> u64 {
        let before = self.by_id.len();
        self.by_id.retain(|_, session| !ends(session));
        self.by_digest.retain(|_, id| self.by_id.contains_key(id));
        (before - self.by_id.len()) as u64
    }
}

fn plan_creation(state: &State, session: &Session) -> Result<(), StoreError> {
    state.users.get(session.tenant_id, session.user_id).ok_or(StoreError::Missing)?;
    let sessions = &state.sessions;
    match sessions.by_id.contains_key(&session.id) || sessions.by_digest.contains_key(&session.digest) {
        true => Err(StoreError::Conflict(UniqueField::Id)),
        false => Ok(()),
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create_session(&self, session: &Session, audit: AuditEvent) -> Result<(), StoreError> {
        let apply = |state: &mut State, ()| state.sessions.insert(session.clone());
        self.change(audit, |state| plan_creation(state, session), apply)
    }

    async fn session_by_digest(&self, digest: &SessionDigest) -> Result<Option<SessionHolder>, StoreError> {
        let state = self.read()?;
        let Some(session) = state.sessions.get(digest) else { return Ok(None) };
        let user = state.users.get(session.tenant_id, session.user_id);
        let holder = user.zip(state.tenants.get(session.tenant_id));
        Ok(holder.map(|(user, tenant)| SessionHolder {
            session: session.clone(),
            user: user.clone(),
            tenant: tenant.clone(),
        }))
    }

    async fn sessions(&self, tenant_id: TenantId, user_id: UserId) -> Result<Vec<Session>, StoreError> {
        let sessions = self.read()?;
        let sessions = sessions.sessions.by_id.values();
        let is_own = |session: &&Session| session.tenant_id == tenant_id && session.user_id == user_id;
        let mut sessions: Vec<_> = sessions.filter(is_own).cloned().collect();
        sessions.sort_by_key(|session| Reverse((session.created_at, session.id)));
        Ok(sessions)
    }

    async fn touch_session(&self, digest: &SessionDigest, at: Timestamp) -> Result<(), StoreError> {
        let apply = |state: &mut State, id: Option<SessionId>| {
            if let Some(session) = id.and_then(|id| state.sessions.by_id.get_mut(&id)) {
                session.last_seen_at = session.last_seen_at.max(at);
            }
        };
        self.change_with(|state| Ok((state.sessions.by_digest.get(digest).copied(), None)), apply)
    }

    async fn end_sessions(
        &self,
        tenant_id: TenantId,
        user_id: UserId,
        which: EndedSessions,
        audit: AuditEvent,
    ) -> Result<u64, StoreError> {
        let plan = |state: &State| {
            let is_ended = |session: &Session| {
                session.tenant_id == tenant_id && session.user_id == user_id && which.has(session.id)
            };
            let any = state.sessions.by_id.values().any(is_ended);
            Ok((any, any.then_some(audit)))
        };
        self.change_with(plan, |state, any| if any { state.sessions.end(user_id, which) } else { 0 })
    }

    async fn prune_sessions(&self, now: Timestamp, seen_before: Timestamp) -> Result<u64, StoreError> {
        let is_over = |session: &Session| session.expires_at <= now || session.last_seen_at < seen_before;
        self.change_with(|_| Ok(((), None)), |state, ()| state.sessions.remove(is_over))
    }
}
