//! The audit log.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem_openapi::param::Query;
use poem_openapi::{Object, OpenApi};
use registry_core::Registry;
use registry_core::model::audit::{Action, AuditEntry, AuditQuery, AuditResult, EventType, ResourceType};
use registry_core::model::id::{TenantId, UserId};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::Tag;
use super::page::{self, Pagination};
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;
use crate::word::Word;

/// One entry of the audit log. Its hash is SHA-256 over the canonical JSON (RFC 8785) of `{event, previousHash, seq}`.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "AuditEntry")]
struct AuditEntryBody {
    /// Its id.
    id: Uuid,
    /// Its number in the tenant's chain, from 1, without gaps.
    seq: u64,
    /// In whose chain it stands.
    tenant_id: Uuid,
    /// What happened.
    event_type: Word<EventType>,
    /// Who did it; absent for the service itself.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<Uuid>,
    /// With which key.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key_id: Option<Uuid>,
    /// What it happened to.
    resource_type: Word<ResourceType>,
    /// Which one.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_id: Option<Uuid>,
    /// What was done.
    action: Word<Action>,
    /// What came of it.
    result: Word<AuditResult>,
    /// When.
    timestamp: DateTime<Utc>,
    /// From which address.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<String>,
    /// With which client, as it says itself.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    /// In which request.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// More, such as what changed.
    metadata: BTreeMap<String, Value>,
    /// The hash of the entry before it, in hexadecimal.
    previous_hash: String,
    /// Its own hash, in hexadecimal.
    hash: String,
}

/// A page of the audit log.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
struct AuditLog {
    /// The entries, newest first.
    entries: Vec<AuditEntryBody>,
    /// Where the page stands.
    pagination: Pagination,
}

/// Operations on the audit log.
pub struct AuditApi {
    registry: Arc<Registry>,
}

impl AuditApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/audit-logs", tag = "Tag::Audit")]
impl AuditApi {
    /// Lists the audit log, newest first. Administrators only.
    #[oai(path = "/", method = "get", operation_id = "listAuditLog")]
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    async fn list(
        &self,
        auth: Auth,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most entries of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
        /// Only this type of event.
        #[oai(name = "eventType")]
        event_type: Query<Option<Word<EventType>>>,
        /// Only what this user did.
        #[oai(name = "actorId")]
        actor_id: Query<Option<Uuid>>,
        /// Only what happened to this kind of resource.
        #[oai(name = "resourceType")]
        resource_type: Query<Option<Word<ResourceType>>>,
        /// Only what happened to this resource.
        #[oai(name = "resourceId")]
        resource_id: Query<Option<Uuid>>,
        /// Only this tenant's chain.
        #[oai(name = "tenantId")]
        tenant_id: Query<Option<Uuid>>,
        /// Only what came of this request.
        #[oai(name = "requestId")]
        request_id: Query<Option<String>>,
        /// Only from this time on.
        from: Query<Option<DateTime<Utc>>>,
        /// Only before this time.
        to: Query<Option<DateTime<Utc>>>,
    ) -> Result<Json<AuditLog>, ApiError> {
        let query = AuditQuery {
            tenant_id: tenant_id.0.map(TenantId),
            event_type: event_type.0.map(|word| word.0),
            actor_id: actor_id.0.map(UserId),
            resource_type: resource_type.0.map(|word| word.0),
            resource_id: resource_id.0,
            request_id: request_id.0,
            from: from.0,
            to: to.0,
            page: page::request(page.0, limit.0)?,
            ..AuditQuery::new(auth.0.reach())
        };
        let found = self.registry.audit.list(&auth.0, query).await?;
        let pagination = Pagination::from(&found);
        Ok(Json(AuditLog {
            entries: found.items.into_iter().map(AuditEntryBody::from).collect(),
            pagination,
        }))
    }
}

impl From<AuditEntry> for AuditEntryBody {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { seq, previous_hash, hash, event } = entry;
        Self {
            id: event.id,
            seq,
            tenant_id: event.tenant_id.0,
            event_type: Word(event.event_type),
            actor_id: event.actor_id.map(|id| id.0),
            api_key_id: event.api_key_id.map(|id| id.0),
            resource_type: Word(event.resource_type),
            resource_id: event.resource_id,
            action: Word(event.action),
            result: Word(event.result),
            timestamp: event.timestamp,
            ip_address: event.origin.ip_address.map(|ip| ip.to_string()),
            user_agent: event.origin.user_agent,
            request_id: event.origin.request_id,
            metadata: event.metadata.into_iter().collect(),
            previous_hash: hex::encode(previous_hash),
            hash: hex::encode(hash),
        }
    }
}

#[cfg(test)]
mod tests {
    use registry_core::chain;
    use registry_core::clock::{Clock, SystemClock};
    use registry_core::model::audit::{
        Action, AuditEvent, AuditHead, AuditResult, EventType, Origin, ResourceType,
    };
    use registry_core::model::id::TenantId;

    use super::AuditEntryBody;
    use crate::payload::contract::assert_same_json;

    fn event(origin: Origin) -> AuditEvent {
        AuditEvent {
            id: SystemClock.new_id(),
            tenant_id: TenantId(SystemClock.new_id()),
            event_type: EventType::ServerUpdated,
            actor_id: None,
            api_key_id: None,
            resource_type: ResourceType::Server,
            resource_id: Some(SystemClock.new_id()),
            action: Action::Update,
            result: AuditResult::Success,
            timestamp: SystemClock.now(),
            origin,
            metadata: serde_json::from_str(r#"{"b": {"d": 1, "c": "ü"}, "a": [null]}"#).unwrap(),
        }
    }

    #[test]
    fn an_entry_without_its_place_in_the_chain_is_the_event_that_was_hashed() {
        let full = Origin::new("::1".parse().ok(), Some("curl/8"), Some("r-1".to_owned()));
        for origin in [Origin::default(), full] {
            let event = event(origin);
            let entry = chain::next(AuditHead::empty(event.tenant_id), event.clone()).unwrap();
            let body = AuditEntryBody::from(entry);
            assert_same_json(&body);
            let mut shown = serde_json::to_value(body).unwrap();
            for place in ["seq", "previousHash", "hash"] {
                shown.as_object_mut().unwrap().remove(place).unwrap();
            }
            assert_eq!(shown, serde_json::to_value(event).unwrap());
        }
    }
}
