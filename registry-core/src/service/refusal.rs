//! Refusals in the audit log: refused credentials and exceeded limits, at most one entry a minute for each source.
//!
//! The first refusal of a source is written with the next flush. What follows is counted, and written as one entry when a
//! minute is over. So a flood costs a counter, and the log says how large it was.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::context::Context;
use super::tally::{Due, Tally};
use crate::access::Caller;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::limit::AddressKey;
use crate::model::audit::{AuditEvent, AuditResult, EventType, Origin, ResourceType};
use crate::model::id::{ApiKeyId, TenantId, UserId};

/// How long refusals of one source are counted before they are written again.
const INTERVAL: TimeDelta = TimeDelta::seconds(60);
/// How many sources are told apart. What comes from further ones is counted together.
const MAX_SOURCES: usize = 4_096;

/// Who was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// Somebody unknown, at an address.
    Address(Option<AddressKey>),
    /// A user of a tenant, who could not prove it.
    User(TenantId, UserId),
    /// A user of a tenant, with a key.
    Key(TenantId, UserId, ApiKeyId),
    /// Any of many sources.
    Others,
}

impl From<&Caller> for Refused {
    fn from(caller: &Caller) -> Self {
        match caller.api_key_id() {
            Some(key) => Self::Key(caller.tenant_id(), caller.user_id(), key),
            None => Self::User(caller.tenant_id(), caller.user_id()),
        }
    }
}

/// What is counted together.
type Source = (EventType, Refused);

/// What was refused since it was written, with the origin and reason of the last.
pub(super) type RefusalBook = Tally<Source, (Origin, &'static str)>;

/// A count that is being written.
pub(super) type Unwritten = Due<Source, (Origin, &'static str)>;

/// Refusals: noted here, and written to the audit log from time to time.
pub struct RefusalService {
    context: Arc<Context>,
}

impl RefusalService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Notes that a credential was refused ([`EventType::AuthenticationFailed`]) or a limit exceeded
    /// ([`EventType::RateLimitExceeded`]). It neither waits nor fails.
    pub fn note(&self, event_type: EventType, who: Refused, reason: &'static str, origin: Origin) {
        self.context.note_refusal(event_type, who, reason, origin);
    }

    /// Writes what is due. To be called each second, and with `all` at the end.
    ///
    /// # Errors
    /// [`Error`] if the store refuses; what was not written waits for the next call.
    pub async fn flush(&self, all: bool) -> Result<(), Error> {
        let context = &self.context;
        let now = context.clock.now();
        let mut due = context.refusals.due(INTERVAL, all, now).into_iter();
        while let Some(unwritten) = due.next() {
            if let Err(error) = context.store.append_audit(context.refusal(&unwritten, now)).await {
                context.refusals.put_back(&unwritten);
                due.for_each(|unwritten| context.refusals.put_back(&unwritten));
                return Err(error.into());
            }
            // It is written: what fails here is not written again.
            if let Err(error) = context.raise_refusal(&unwritten).await {
                due.for_each(|unwritten| context.refusals.put_back(&unwritten));
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Context {
    pub(super) fn note_refusal(
        &self,
        event_type: EventType,
        who: Refused,
        reason: &'static str,
        origin: Origin,
    ) {
        let others = (event_type, Refused::Others);
        self.refusals.note((event_type, who), others, MAX_SOURCES, (origin, reason), self.clock.now());
    }

    fn refusal(&self, count: &Unwritten, now: Timestamp) -> AuditEvent {
        let (event_type, who) = count.key;
        let (_, action) = event_type.nature();
        let (tenant_id, user, api_key_id, resource_type, resource_id) = parts(who);
        // Who failed to prove that they are a user did not act as that user; who proved it, and was one too often, did.
        let is_proven = api_key_id.is_some() || event_type == EventType::RateLimitExceeded;
        AuditEvent {
            id: self.clock.new_id(),
            tenant_id,
            event_type,
            actor_id: user.filter(|_| is_proven),
            api_key_id,
            resource_type,
            resource_id,
            action,
            result: AuditResult::Unauthorized,
            timestamp: now,
            origin: if who == Refused::Others { Origin::default() } else { count.detail.0.clone() },
            metadata: metadata(count, who),
        }
    }
}

type Parts = (TenantId, Option<UserId>, Option<ApiKeyId>, ResourceType, Option<Uuid>);

fn parts(who: Refused) -> Parts {
    match who {
        Refused::Address(_) | Refused::Others => (TenantId::SYSTEM, None, None, ResourceType::Address, None),
        Refused::User(tenant, user) => (tenant, Some(user), None, ResourceType::User, Some(user.0)),
        Refused::Key(tenant, user, key) => (tenant, Some(user), Some(key), ResourceType::ApiKey, Some(key.0)),
    }
}

fn metadata(count: &Unwritten, who: Refused) -> Map<String, Value> {
    let mut metadata = Map::new();
    metadata.insert("count".to_owned(), json!(count.number));
    metadata.insert("since".to_owned(), json!(count.first_at));
    metadata.insert("reason".to_owned(), json!(count.detail.1));
    if who == Refused::Others {
        metadata.insert("manySources".to_owned(), json!(true));
    }
    metadata
}
