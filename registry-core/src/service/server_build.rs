//! Building server records, and telling two of them apart.

use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::context::Context;
use crate::access::Caller;
use crate::error::Error;
use crate::model::credential::UpstreamAuth;
use crate::model::id::{ServerId, TenantId};
use crate::model::server::{Server, ServerHealth, ServerStatus};
use crate::model::server_input::ServerDraft;
use crate::secret::Sealed;

impl Context {
    /// A new server of a checked registration.
    pub(super) fn new_server(
        &self,
        caller: &Caller,
        tenant_id: Option<TenantId>,
        draft: ServerDraft,
        auth: &UpstreamAuth<SecretString>,
        is_reached: bool,
    ) -> Result<Server, Error> {
        let (clock, keyring) = (self.clock.as_ref(), &self.keyring);
        let (id, now) = (ServerId(clock.new_id()), clock.now());
        Ok(Server {
            id,
            tenant_id,
            owner_id: caller.user_id(),
            auth: auth.seal(keyring, clock, tenant_id, id.0)?,
            name: draft.name,
            description: draft.description,
            version: draft.version,
            endpoint: draft.endpoint,
            metadata: draft.metadata,
            tags: draft.tags,
            category: draft.category,
            is_public: draft.is_public,
            settings: draft.settings,
            health_policy: draft.health_policy,
            depends_on: draft.depends_on,
            status: if is_reached { ServerStatus::Active } else { ServerStatus::Inactive },
            health: ServerHealth::default(),
            api_key_id: None,
            created_at: now,
            updated_at: now,
            revision: 1,
        })
    }

    /// `old` with what a checked change changes.
    pub(super) fn changed_server(&self, old: &Server, draft: ServerDraft) -> Result<Server, Error> {
        let auth: UpstreamAuth<Sealed> = match &draft.auth {
            Some(auth) => auth.seal(&self.keyring, self.clock.as_ref(), old.tenant_id, old.id.0)?,
            None => old.auth.clone(),
        };
        Ok(Server {
            auth,
            name: draft.name,
            description: draft.description,
            version: draft.version,
            endpoint: draft.endpoint,
            metadata: draft.metadata,
            tags: draft.tags,
            category: draft.category,
            is_public: draft.is_public,
            settings: draft.settings,
            health_policy: draft.health_policy,
            depends_on: draft.depends_on,
            status: draft.status.unwrap_or(old.status),
            updated_at: self.clock.now(),
            revision: old.revision + 1,
            ..old.clone()
        })
    }
}

/// The endpoint without its query, which may hold what should not be in a log.
pub(super) fn shown_url(server: &Server) -> String {
    let mut url = server.endpoint.url().clone();
    url.set_query(None);
    url.into()
}

/// What a change changed, before and after; of credentials only that they changed.
pub(super) fn differences(old: &Server, new: &Server) -> Value {
    let fields = |s: &Server| {
        json!({ "name": s.name, "description": s.description, "version": s.version, "endpointUrl": shown_url(s),
            "transportType": s.endpoint.transport(), "authType": s.auth.auth_type(), "tags": s.tags,
            "category": s.category, "isPublic": s.is_public, "status": s.status, "settings": s.settings,
            "healthPolicy": s.health_policy, "dependsOn": s.depends_on })
    };
    let (Value::Object(before), Value::Object(after)) = (fields(old), fields(new)) else {
        return Value::Null;
    };
    let pairs = before.into_iter().zip(after).filter(|((_, before), (_, after))| before != after);
    let mut changed: Map<_, _> = pairs
        .map(|((name, before), (_, after))| (name, json!({ "before": before, "after": after })))
        .collect();
    for (name, differs) in [("authConfig", old.auth != new.auth), ("metadata", old.metadata != new.metadata)]
    {
        if differs {
            changed.insert(name.to_owned(), Value::Bool(true));
        }
    }
    Value::Object(changed)
}
