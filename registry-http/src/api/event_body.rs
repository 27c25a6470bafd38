//! What a stream of events says, as JSON: the same in a WebSocket and as server-sent events.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use registry_core::model::audit::{AuditResult, EventType, ResourceType};
use registry_core::model::event::LiveEvent;
use registry_core::service::EventEnd;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::word::Word;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventMessageKind {
    /// The stream has begun: what happens after `position` is told.
    Hello,
    /// Something happened.
    Event,
    /// Nothing happened that the caller may know of, up to `position`.
    Heartbeat,
    /// Events are missing: lists are to be read anew. What happens after `position` is told.
    Reset,
    /// Nothing more is told; `reason` says why.
    End,
}

impl EventMessageKind {
    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Event => "event",
            Self::Heartbeat => "heartbeat",
            Self::Reset => "reset",
            Self::End => "end",
        }
    }
}

/// A message of the stream.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(crate) struct EventMessage {
    /// What it is.
    pub(crate) kind: EventMessageKind,
    /// Up to where everything was told: what `after` takes. Not to be looked into.
    pub(crate) position: String,
    /// What happened, of an `event`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<EventBody>,
    /// Why it ended, of an `end`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<Word<EventEnd>>,
}

impl EventMessage {
    /// A message that is only about a position.
    pub(crate) fn plain(kind: EventMessageKind, position: u64) -> Self {
        Self { kind, position: position.to_string(), event: None, reason: None }
    }

    /// The message of an event; `is_near` says whether the caller is told in which tenant it was, and who did it.
    pub(crate) fn event(position: u64, event: &LiveEvent, is_near: bool) -> Self {
        let event = Some(EventBody::new(event, is_near));
        Self { event, ..Self::plain(EventMessageKind::Event, position) }
    }

    /// The last message.
    pub(crate) fn end(position: u64, reason: EventEnd) -> Self {
        Self { reason: Some(Word(reason)), ..Self::plain(EventMessageKind::End, position) }
    }
}

/// Something that happened. It says what to read anew, not what is there.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Event")]
pub(crate) struct EventBody {
    /// The id of the entry in the audit log.
    id: Uuid,
    /// What happened.
    #[serde(rename = "type")]
    #[oai(rename = "type")]
    event_type: Word<EventType>,
    /// What it happened to.
    resource_type: Word<ResourceType>,
    /// Which one.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<Uuid>,
    /// The server that it is about.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    server_id: Option<Uuid>,
    /// The tenant in whose log it stands; absent if that is not the caller's.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<Uuid>,
    /// Who did it; absent for the service itself, and for somebody of another tenant.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<Uuid>,
    /// What came of it.
    result: Word<AuditResult>,
    /// When.
    timestamp: DateTime<Utc>,
    /// A little more: words and numbers, such as `from` and `to` of a change of status.
    details: BTreeMap<String, Value>,
}

impl EventBody {
    fn new(event: &LiveEvent, is_near: bool) -> Self {
        Self {
            id: event.id,
            event_type: Word(event.event_type),
            resource_type: Word(event.resource_type),
            resource_id: event.resource_id,
            server_id: event.server_id.map(|id| id.0),
            tenant_id: is_near.then_some(event.tenant_id.0),
            actor_id: event.actor_id.filter(|_| is_near).map(|id| id.0),
            result: Word(event.result),
            timestamp: event.timestamp,
            details: event.details.clone().into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use registry_core::clock::{Clock, SystemClock};
    use registry_core::model::id::{ServerId, TenantId, UserId};
    use serde_json::json;

    use super::*;
    use crate::payload::contract::assert_same_json;

    #[test]
    fn another_tenant_is_not_told_who_did_it_and_where() {
        let id = SystemClock.new_id();
        let event = LiveEvent {
            id,
            tenant_id: TenantId(id),
            event_type: EventType::ServerUpdated,
            resource_type: ResourceType::Server,
            resource_id: Some(id),
            server_id: Some(ServerId(id)),
            actor_id: Some(UserId(id)),
            result: AuditResult::Success,
            timestamp: SystemClock.now(),
            details: [("deep".to_owned(), json!(true))].into_iter().collect(),
        };
        for is_near in [true, false] {
            let message = EventMessage::event(7, &event, is_near);
            assert_same_json(&message);
            let shown = serde_json::to_value(message).unwrap();
            assert_eq!((&shown["kind"], &shown["position"]), (&json!("event"), &json!("7")));
            assert_eq!(shown["event"].get("actorId").is_some(), is_near);
            assert_eq!(shown["event"].get("tenantId").is_some(), is_near);
            assert_eq!(shown["event"]["serverId"], json!(id));
        }
        assert_same_json(&EventMessage::end(3, EventEnd::Slow));
    }
}
