//! Live events: what happened, told to those who watch. Each is made of an audit entry, in the same write, and kept for a
//! while, so that who was away can catch up.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::audit::{AuditEvent, AuditResult, EventType, ResourceType};
use super::id::{ServerId, TenantId, UserId};
use crate::clock::Timestamp;

/// How long events are kept.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);
/// How many events are kept at most.
pub const MAX_KEPT: u64 = 100_000;
/// The metadata of an audit entry that whoever sees the record may see too: words, numbers and ids of the service's own, never
/// what somebody wrote.
const SHOWN: [&str; 13] = [
    "status",
    "from",
    "to",
    "deep",
    "error",
    "severity",
    "category",
    "kind",
    "checkId",
    "alertId",
    "count",
    "consecutiveFailures",
    "expiresAt",
];
/// The longest text among the details, in bytes.
const MAX_WORD: usize = 64;

/// What happened, as small as it can be told: who watches reads the record, if it may.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveEvent {
    /// The audit entry's id.
    pub id: Uuid,
    /// In whose chain the entry stands.
    pub tenant_id: TenantId,
    /// What happened.
    pub event_type: EventType,
    /// What it happened to.
    pub resource_type: ResourceType,
    /// Which one.
    pub resource_id: Option<Uuid>,
    /// The server that it is about.
    pub server_id: Option<ServerId>,
    /// Who did it; `None` for the service itself, or somebody unknown.
    pub actor_id: Option<UserId>,
    /// What came of it.
    pub result: AuditResult,
    /// When.
    pub timestamp: Timestamp,
    /// The selected metadata: words and numbers.
    pub details: Map<String, Value>,
}

impl LiveEvent {
    /// The event of an audit entry.
    pub fn of(audit: &AuditEvent) -> Self {
        Self {
            id: audit.id,
            tenant_id: audit.tenant_id,
            event_type: audit.event_type,
            resource_type: audit.resource_type,
            resource_id: audit.resource_id,
            server_id: server_of(audit),
            actor_id: audit.actor_id,
            result: audit.result,
            timestamp: audit.timestamp,
            details: details_of(&audit.metadata),
        }
    }
}

/// The server that an entry is about: the record itself, or the one that the metadata names.
fn server_of(audit: &AuditEvent) -> Option<ServerId> {
    if audit.resource_type == ResourceType::Server {
        return audit.resource_id.map(ServerId);
    }
    let named = audit.metadata.get("serverId").and_then(Value::as_str)?;
    Uuid::parse_str(named).ok().map(ServerId)
}

fn details_of(metadata: &Map<String, Value>) -> Map<String, Value> {
    let shown = SHOWN.iter().filter_map(|name| Some((*name, metadata.get(*name)?)));
    shown.filter(|(_, value)| is_plain(value)).map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

/// Whether it is a number, or a word: nothing that reads as a sentence.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => {
            let is_of_word = |c: char| c.is_ascii_alphanumeric() || "_-.:+".contains(c);
            text.len() <= MAX_WORD && text.chars().all(is_of_word)
        }
        _ => false,
    }
}

/// An event at its place in the store's log.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Its number, from 1, without gaps: larger than that of every event that could be read before it.
    pub position: u64,
    /// Whether another process made it, which shares the store with this one.
    pub is_foreign: bool,
    /// What happened.
    pub event: LiveEvent,
}

/// Which events a store has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventBounds {
    /// The position of the oldest event that is kept; one more than `last` if none is.
    pub first: u64,
    /// The position that was given last; 0 if none was.
    pub last: u64,
}

impl EventBounds {
    /// Whether who has seen everything up to `position` can go on from there.
    pub fn can_resume(self, position: u64) -> bool {
        position <= self.last && position.saturating_add(1) >= self.first
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_words_and_numbers_of_the_selection_are_told() {
        let metadata = json!({
            "from": "healthy", "to": "unhealthy", "deep": true, "count": 3, "name": "weather", "reason": "plain",
            "status": "somebody wrote this", "kind": ["x"], "checkId": "0190b4de-0000-7000-8000-000000000000",
            "severity": "x".repeat(65),
        });
        let Value::Object(metadata) = metadata else { unreachable!("it is an object") };
        let told = Value::Object(details_of(&metadata));
        let expected = json!({ "from": "healthy", "to": "unhealthy", "deep": true, "count": 3,
            "checkId": "0190b4de-0000-7000-8000-000000000000" });
        assert_eq!(told, expected);
    }

    #[test]
    fn who_was_away_resumes_where_nothing_is_missing() {
        let bounds = EventBounds { first: 5, last: 9 };
        let resumable: Vec<_> = (0..12).filter(|position| bounds.can_resume(*position)).collect();
        assert_eq!(resumable, [4, 5, 6, 7, 8, 9]);
        assert!(EventBounds { first: 1, last: 0 }.can_resume(0));
        assert!(!EventBounds { first: 10, last: 9 }.can_resume(8), "8 is followed by 9, which is gone");
        assert!(!bounds.can_resume(u64::MAX));
    }
}
