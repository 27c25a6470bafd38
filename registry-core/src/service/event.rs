//! Audit events of service calls.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::context::Context;
use crate::access::Caller;
use crate::model::audit::{Action, AuditEvent, AuditResult, EventType, Origin, ResourceType};
use crate::model::id::TenantId;

/// What an event says, apart from who, when and from where.
pub(super) struct What {
    pub(super) event_type: EventType,
    pub(super) action: Action,
    pub(super) resource_type: ResourceType,
    pub(super) resource_id: Uuid,
    /// The tenant of the record; `None` for a global one, which is told in the caller's chain.
    pub(super) tenant_id: Option<TenantId>,
}

impl What {
    /// The event of this type on this record of this tenant.
    pub(super) fn of(event_type: EventType, resource_id: Uuid, tenant_id: TenantId) -> Self {
        let (resource_type, action) = event_type.nature();
        Self { event_type, action, resource_type, resource_id, tenant_id: Some(tenant_id) }
    }
}

impl Context {
    /// The event of something that `caller` did.
    pub(super) fn event(&self, caller: &Caller, what: What, metadata: Value) -> AuditEvent {
        AuditEvent {
            actor_id: Some(caller.user_id()),
            api_key_id: caller.api_key_id(),
            tenant_id: what.tenant_id.unwrap_or(caller.tenant_id()),
            origin: caller.origin().clone(),
            ..self.own_event(what, metadata)
        }
    }

    /// The event of something that the service itself did.
    pub(super) fn own_event(&self, what: What, metadata: Value) -> AuditEvent {
        AuditEvent {
            id: self.clock.new_id(),
            tenant_id: what.tenant_id.unwrap_or(TenantId::SYSTEM),
            event_type: what.event_type,
            actor_id: None,
            api_key_id: None,
            resource_type: what.resource_type,
            resource_id: Some(what.resource_id),
            action: what.action,
            result: AuditResult::Success,
            timestamp: self.clock.now(),
            origin: Origin::default(),
            metadata: object(metadata),
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
