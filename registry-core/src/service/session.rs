//! Sessions: see them, end them, sign out.

use std::sync::Arc;

use serde_json::json;

use super::context::Context;
use super::event::What;
use crate::access::{Caller, Permission};
use crate::error::Error;
use crate::model::audit::{AuditEvent, EventType, ResourceType};
use crate::model::id::{SessionId, TenantId, UserId};
use crate::model::session::{EndedSessions, Session};
use crate::model::user::User;

/// Sessions.
pub struct SessionService {
    context: Arc<Context>,
}

impl SessionService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Ends the caller's own session. Without one nothing happens.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn sign_out(&self, caller: &Caller) -> Result<(), Error> {
        let Some(id) = caller.session_id() else { return Ok(()) };
        let mut what = What::of(EventType::Logout, id.0, caller.tenant_id());
        what.resource_type = ResourceType::Session;
        let event = self.context.event(caller, what, json!({}));
        let (tenant, user) = (caller.tenant_id(), caller.user_id());
        self.context.end_sessions(tenant, user, EndedSessions::One(id), event).await.map(drop)
    }

    /// The running sessions of a user, newest first: one's own, or as an administrator anybody's.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn list(&self, caller: &Caller, user_id: UserId) -> Result<Vec<Session>, Error> {
        let user = self.whose(caller, user_id).await?;
        let sessions = self.context.store.sessions(user.tenant_id, user.id).await?;
        let (now, policy) = (self.context.clock.now(), self.context.policy.sessions);
        Ok(sessions.into_iter().filter(|session| now < policy.end_of(session)).collect())
    }

    /// Ends sessions of a user: one's own, or as an administrator anybody's. How many.
    ///
    /// # Errors
    /// [`Error::NotFound`] also if the one session that is named is not there, [`Error::Forbidden`].
    pub async fn end(&self, caller: &Caller, user_id: UserId, which: EndedSessions) -> Result<u64, Error> {
        let user = self.whose(caller, user_id).await?;
        let what = What::of(EventType::SessionsEnded, user.id.0, user.tenant_id);
        let event = self.context.event(caller, what, json!({ "sessions": shown(which) }));
        match self.context.end_sessions(user.tenant_id, user.id, which, event).await? {
            0 if matches!(which, EndedSessions::One(_)) => Err(Error::NotFound),
            number => Ok(number),
        }
    }

    /// Forgets sessions and tickets that are over. To be called each minute.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn prune(&self) -> Result<u64, Error> {
        let (now, store) = (self.context.clock.now(), &self.context.store);
        let sessions = store.prune_sessions(now, now - self.context.policy.sessions.idle).await?;
        Ok(sessions + store.prune_tickets(now).await?)
    }

    async fn whose(&self, caller: &Caller, user_id: UserId) -> Result<User, Error> {
        let permission = match user_id == caller.user_id() {
            true => Permission::SelfUpdate,
            false => Permission::UserManage,
        };
        self.context.permitted_user(caller, permission, user_id).await
    }
}

impl Context {
    /// Ends sessions, and what is at hand of them.
    pub(super) async fn end_sessions(
        &self,
        tenant_id: TenantId,
        user_id: UserId,
        which: EndedSessions,
        event: AuditEvent,
    ) -> Result<u64, Error> {
        let sessions = self.store.sessions(tenant_id, user_id).await?;
        let ended = self.store.end_sessions(tenant_id, user_id, which, event).await;
        match which {
            EndedSessions::One(id) => {
                for session in sessions.iter().filter(|session| session.id == id) {
                    self.grants.end(&session.digest.0);
                }
            }
            // One that began since the list was read is among them.
            EndedSessions::All | EndedSessions::AllBut(_) => self.grants.end_all(),
        }
        Ok(ended?)
    }
}

fn shown(which: EndedSessions) -> String {
    match which {
        EndedSessions::All => "all".to_owned(),
        EndedSessions::AllBut(SessionId(id)) => format!("all but {id}"),
        EndedSessions::One(SessionId(id)) => id.to_string(),
    }
}
