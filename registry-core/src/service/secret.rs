//! Uses of servers' credentials in the audit log: at most one entry an hour for each server and purpose, on each node.
//!
//! The first use is written with the next flush. What follows is counted, and written as one entry when the hour is
//! over. So a server that is called all day costs a counter, and the log says when its secrets were opened, and for what.

use std::sync::Arc;

use chrono::TimeDelta;
use secrecy::SecretString;
use serde_json::json;

use super::context::Context;
use super::event::What;
use super::tally::{Due, Tally};
use crate::error::Error;
use crate::model::audit::{AuditEvent, EventType};
use crate::model::credential::{AuthType, UpstreamAuth};
use crate::model::id::{ServerId, TenantId};
use crate::model::server::Server;

/// How long uses of one server's credentials are counted before they are written again.
const INTERVAL: TimeDelta = TimeDelta::hours(1);
/// How many servers and purposes are told apart. What comes beyond is counted together.
const MAX_USES: usize = 100_000;

/// What credentials are opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    /// Calls through the gateway.
    Call,
    /// A check of the server's health.
    HealthCheck,
    /// A change of the server, which is connected to before it is stored.
    Change,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::HealthCheck => "health_check",
            Self::Change => "change",
        }
    }
}

/// Whose credentials were opened, for what. Without a server: those of any of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SecretUse {
    server: Option<(Option<TenantId>, ServerId)>,
    purpose: Purpose,
}

/// What was opened since it was written.
pub(super) type SecretBook = Tally<SecretUse, ()>;

/// Uses of servers' credentials: counted by the services, and written to the audit log from time to time.
pub struct SecretService {
    context: Arc<Context>,
}

impl SecretService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Writes what is due. To be called each second, and with `all` at the end.
    ///
    /// # Errors
    /// [`Error`] if the store refuses; what was not written waits for the next call.
    pub async fn flush(&self, all: bool) -> Result<(), Error> {
        let context = &self.context;
        let mut due = context.secret_uses.due(INTERVAL, all, context.clock.now()).into_iter();
        while let Some(used) = due.next() {
            if let Err(error) = context.store.append_audit(context.secret_event(&used)).await {
                context.secret_uses.put_back(&used);
                due.for_each(|used| context.secret_uses.put_back(&used));
                return Err(error.into());
            }
        }
        Ok(())
    }
}

impl Context {
    /// The credentials of a server, open. Whoever opens secrets says what for, and the audit log is told.
    pub(super) fn open_auth(
        &self,
        server: &Server,
        purpose: Purpose,
    ) -> Result<UpstreamAuth<SecretString>, Error> {
        let auth = server.auth.open(&self.keyring, server.tenant_id, server.id.0)?;
        if auth.auth_type() != AuthType::None {
            let used = SecretUse { server: Some((server.tenant_id, server.id)), purpose };
            let others = SecretUse { server: None, purpose };
            self.secret_uses.note(used, others, MAX_USES, (), self.clock.now());
        }
        Ok(auth)
    }

    fn secret_event(&self, used: &Due<SecretUse, ()>) -> AuditEvent {
        let SecretUse { server, purpose } = used.key;
        let (tenant, id) = server.unzip();
        let tenant = tenant.flatten().unwrap_or(TenantId::SYSTEM);
        let resource_id = id.map(|id| id.0);
        let what = What::of(EventType::CredentialsOpened, resource_id.unwrap_or_default(), tenant);
        let metadata = json!({ "purpose": purpose.as_str(), "count": used.number, "since": used.first_at });
        AuditEvent { resource_id, ..self.own_event(what, metadata) }
    }
}
