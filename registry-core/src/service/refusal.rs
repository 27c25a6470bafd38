//! Refusals in the audit log: refused credentials and exceeded limits, at most one entry a minute for each source.
//!
//! The first refusal of a source is written with the next flush. What follows is counted, and written as one entry when a
//! minute is over. So a flood costs a counter, and the log says how large it was.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::context::Context;
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

#[derive(Debug)]
struct Count {
    written_at: Option<Timestamp>,
    first_at: Timestamp,
    number: u64,
    origin: Origin,
    reason: &'static str,
}

/// A count that is being written.
#[derive(Debug)]
struct Unwritten {
    source: Source,
    number: u64,
    first_at: Timestamp,
}

/// What was refused since it was written.
#[derive(Debug, Default)]
pub(super) struct RefusalBook(Mutex<HashMap<Source, Count>>);

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
        let mut due = self.context.due_refusals(all).into_iter();
        while let Some((event, unwritten)) = due.next() {
            if let Err(error) = self.context.store.append_audit(event).await {
                self.context.refusals.put_back(&unwritten);
                due.for_each(|(_, unwritten)| self.context.refusals.put_back(&unwritten));
                return Err(error.into());
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
        let now = self.clock.now();
        let mut book = self.refusals.lock();
        let mut source = (event_type, who);
        if book.len() >= MAX_SOURCES && !book.contains_key(&source) {
            source.1 = Refused::Others;
        }
        let fresh =
            || Count { written_at: None, first_at: now, number: 0, origin: Origin::default(), reason };
        let count = book.entry(source).or_insert_with(fresh);
        if count.number == 0 {
            count.first_at = now;
        }
        count.number += 1;
        (count.origin, count.reason) = (origin, reason);
    }

    /// What is to be written now. Sources that have been quiet for the interval are forgotten.
    fn due_refusals(&self, all: bool) -> Vec<(AuditEvent, Unwritten)> {
        let now = self.clock.now();
        let mut due = Vec::new();
        self.refusals.lock().retain(|source, count| {
            let is_open = count.written_at.is_some_and(|written| now - written < INTERVAL) && !all;
            if count.number > 0 && !is_open {
                let unwritten = Unwritten { source: *source, number: count.number, first_at: count.first_at };
                due.push((self.refusal(*source, count, now), unwritten));
                (count.written_at, count.number) = (Some(now), 0);
                return true;
            }
            is_open || count.number > 0
        });
        due
    }

    fn refusal(&self, (event_type, who): Source, count: &Count, now: Timestamp) -> AuditEvent {
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
            origin: if who == Refused::Others { Origin::default() } else { count.origin.clone() },
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

fn metadata(count: &Count, who: Refused) -> Map<String, Value> {
    let mut metadata = Map::new();
    metadata.insert("count".to_owned(), json!(count.number));
    metadata.insert("since".to_owned(), json!(count.first_at));
    metadata.insert("reason".to_owned(), json!(count.reason));
    if who == Refused::Others {
        metadata.insert("manySources".to_owned(), json!(true));
    }
    metadata
}

impl RefusalBook {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Source, Count>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the store did not take counts on.
    fn put_back(&self, unwritten: &Unwritten) {
        if let Some(count) = self.lock().get_mut(&unwritten.source) {
            (count.written_at, count.first_at) = (None, unwritten.first_at);
            count.number += unwritten.number;
        }
    }
}
