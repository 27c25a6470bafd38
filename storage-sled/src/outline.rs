//! Outline: what the lists of the audit log filter by, without the entry.

use registry_core::model::audit::{AuditEntry, AuditQuery};
use registry_core::model::id::TenantId;
use registry_core::store::StoreError;
use uuid::Uuid;

use crate::codec::{self, ID};

/// The bytes of a request id that are kept; only longer ones need a look at the entry.
const REQUEST_ID: usize = 64;
/// The bytes of a stored outline before its texts.
const FIXED: usize = 8 + 3 * ID;

/// An entry in an index. Stored as: number, tenant, actor and resource (nil for none), the event type's and the
/// resource type's spelling, each with its length before it, and the request id.
pub(crate) struct Outline<'a> {
    pub(crate) seq: u64,
    pub(crate) tenant: TenantId,
    actor: Option<Uuid>,
    resource: Option<Uuid>,
    event_type: &'a [u8],
    resource_type: &'a [u8],
    request: &'a [u8],
}

impl<'a> Outline<'a> {
    /// The outline of an entry.
    pub(crate) fn encode(entry: &AuditEntry) -> Vec<u8> {
        let event = &entry.event;
        let mut value = entry.seq.to_be_bytes().to_vec();
        let actor = event.actor_id.map(|actor| actor.0);
        for id in [Some(event.tenant_id.0), actor, event.resource_id] {
            value.extend(id.unwrap_or_default().into_bytes());
        }
        for text in [event.event_type.as_str(), event.resource_type.as_str()] {
            value.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
            value.extend(text.as_bytes());
        }
        value.extend(kept(event.origin.request_id.as_deref().unwrap_or_default()));
        value
    }

    /// The outline that is stored so.
    pub(crate) fn decode(value: &'a [u8]) -> Result<Self, StoreError> {
        let texts = value.get(FIXED..).unwrap_or_default();
        let texts =
            text(texts).and_then(|(event, rest)| text(rest).map(|(resource, rest)| (event, resource, rest)));
        let (event_type, resource_type, request) =
            texts.ok_or_else(|| StoreError::Corrupt("a row of the list of audit entries".to_owned()))?;
        let id = |offset| codec::uuid_at(value, offset).map(|id| (!id.is_nil()).then_some(id));
        Ok(Self {
            seq: codec::u64_at(value, 0)?,
            tenant: TenantId(codec::uuid_at(value, 8)?),
            actor: id(8 + ID)?,
            resource: id(8 + 2 * ID)?,
            event_type,
            resource_type,
            request,
        })
    }

    /// Whether the entry belongs in the list, its time aside; `None` if only the entry itself tells.
    pub(crate) fn matches(&self, query: &AuditQuery) -> Option<bool> {
        let matches = query.reach.holds(self.tenant)
            && query.tenant_id.is_none_or(|tenant| self.tenant == tenant)
            && query.event_type.is_none_or(|event_type| self.event_type == event_type.as_str().as_bytes())
            && query.actor_id.is_none_or(|actor| self.actor == Some(actor.0))
            && query.resource_type.is_none_or(|kind| self.resource_type == kind.as_str().as_bytes())
            && query.resource_id.is_none_or(|resource| self.resource == Some(resource));
        match &query.request_id {
            Some(_) if !matches => Some(false),
            // No request id and an empty one have the same outline; a long one is cut.
            Some(request) if self.request == kept(request) => {
                let whole = !request.is_empty() && request.len() < REQUEST_ID;
                whole.then_some(true)
            }
            Some(_) => Some(false),
            None => Some(matches),
        }
    }
}

fn kept(request: &str) -> &[u8] {
    let bytes = request.as_bytes();
    &bytes[..bytes.len().min(REQUEST_ID)]
}

/// A text with its length before it, and what comes after.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked((*length).into())
}
