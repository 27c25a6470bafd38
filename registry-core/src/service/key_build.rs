//! Building key records.

use chrono::TimeDelta;

use super::context::Context;
use crate::access::Caller;
use crate::model::id::{ApiKeyId, UserId};
use crate::model::key::{self, ApiKey, KeySecret, PreviousDigest, RotationPolicy};
use crate::model::key_input::KeyDraft;
use crate::model::role::Scopes;
use crate::model::server::Server;
use crate::model::settings::RateLimit;
use crate::model::text::{KeyDescription, KeyName};

impl Context {
    /// A new key of `caller`'s tenant.
    pub(super) fn new_key(
        &self,
        caller: &Caller,
        draft: &KeyDraft,
        owner_id: UserId,
        secret: &KeySecret,
    ) -> ApiKey {
        let now = self.clock.now();
        ApiKey {
            id: ApiKeyId(self.clock.new_id()),
            tenant_id: caller.tenant_id(),
            owner_id,
            created_by: caller.user_id(),
            name: draft.name.clone(),
            description: draft.description.clone(),
            digest: secret.digest(),
            prefix: secret.shown_prefix(),
            previous: None,
            scopes: draft.scopes,
            server_id: draft.server_id,
            tools: draft.tools.clone(),
            expires_at: now + draft.lifetime,
            rotation: draft.rotation,
            unclaimed_until: None,
            last_rotated_at: None,
            rotation_count: 0,
            rate_limit: RateLimit::OF_KEY,
            created_ip: caller.origin().ip_address,
            revoked_at: None,
            created_at: now,
            updated_at: now,
            revision: 1,
        }
    }

    /// The key that registering `server` makes: its owner's, linked to it, to read and call it.
    pub(super) fn key_of_registration(
        &self,
        caller: &Caller,
        server: &Server,
        secret: &KeySecret,
    ) -> Option<ApiKey> {
        let name: String = server.name.as_str().chars().take(50).collect();
        let draft = KeyDraft {
            name: KeyName::parse(&name).ok()?,
            description: KeyDescription::parse("Made when the server was registered").ok(),
            lifetime: TimeDelta::days(i64::from(key::DEFAULT_EXPIRY_DAYS)),
            scopes: Scopes::of_registration(),
            server_id: Some(server.id),
            // Who may not call all tools gets no key that does.
            tools: caller.tools().cloned(),
            owner_id: None,
            rotation: RotationPolicy::default(),
        };
        Some(self.new_key(caller, &draft, caller.user_id(), secret))
    }

    /// `old` with a new secret; its lifetime begins anew.
    pub(super) fn rotated(&self, old: &ApiKey, secret: &KeySecret, grace: TimeDelta) -> ApiKey {
        let now = self.clock.now();
        let previous = (!grace.is_zero())
            .then(|| PreviousDigest { digest: old.digest, valid_until: (now + grace).min(old.expires_at) });
        ApiKey {
            digest: secret.digest(),
            prefix: secret.shown_prefix(),
            previous,
            expires_at: now + (old.expires_at - old.last_rotated_at.unwrap_or(old.created_at)),
            last_rotated_at: Some(now),
            rotation_count: old.rotation_count + 1,
            unclaimed_until: None,
            ..old.clone()
        }
    }
}
