//! API keys: create, list, change, rotate, revoke.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::context::Context;
use super::event::What;
use crate::access::{Caller, Extent, Permission, Resource};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::model::audit::{Action, AuditEvent, EventType, ResourceType};
use crate::model::field::FieldErrors;
use crate::model::id::{ApiKeyId, ServerId, TenantId, UserId};
use crate::model::key::{self, ApiKey, KeyQuery, KeySecret};
use crate::model::key_input::{KeyChange, KeyInput};
use crate::model::page::{Page, PageRequest};
use crate::model::server::Revision;
use crate::model::user::User;
use crate::store::{StoreError, UniqueField};

/// Which keys to list.
#[derive(Debug, Clone, Default)]
pub struct ListKeys {
    /// Only keys linked to this server.
    pub server_id: Option<ServerId>,
    /// Only keys that act as this user.
    pub owner_id: Option<UserId>,
    /// Which page.
    pub page: PageRequest,
}

/// A key with its secret, to be shown once.
#[derive(Debug, Clone)]
pub struct IssuedKey {
    /// The record.
    pub key: ApiKey,
    /// The key itself. It is nowhere else.
    pub secret: KeySecret,
}

/// A key, and how it was used.
#[derive(Debug, Clone)]
pub struct UsedKey {
    /// The record.
    pub key: ApiKey,
    /// When it was last used, if it ever was; what was counted in the last second may lack.
    pub last_used_at: Option<Timestamp>,
}

/// API keys.
pub struct KeyService {
    pub(super) context: Arc<Context>,
}

impl KeyService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Makes a key. It may do no more than the caller: its scopes and tools are among the caller's, its server is one
    /// that the caller sees, its owner's role is no higher than the caller's.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn create(&self, caller: &Caller, input: KeyInput) -> Result<IssuedKey, Error> {
        caller.require(Permission::KeyCreate)?;
        let secret = KeySecret::generate(self.context.clock.as_ref());
        self.create_with(caller, input, secret).await
    }

    /// Like [`create`](Self::create), with a key that the operator chose.
    pub(super) async fn create_with(
        &self,
        caller: &Caller,
        input: KeyInput,
        secret: KeySecret,
    ) -> Result<IssuedKey, Error> {
        let checked = input.validate()?;
        let key = self.context.new_key(caller, &checked, caller.user_id(), &secret);
        if !caller.covers(&key) {
            return Err(Error::Forbidden(
                "a key cannot have more scopes, servers or tools than the key that makes it".into(),
            ));
        }
        self.require_server(caller, checked.server_id).await?;
        let (tenant_id, owner_id) = self.owner(caller, checked.owner_id).await?;
        let key = ApiKey { tenant_id, owner_id, ..key };
        let metadata = json!({ "name": key.name, "scopes": key.scopes, "serverId": key.server_id, "tools": key.tools,
            "ownerId": key.owner_id, "expiresAt": key.expires_at, "prefix": key.prefix });
        let event = self.event(caller, &key, EventType::ApiKeyGenerated, Action::Create, metadata);
        self.context.store.create_key(&key, event).await.map_err(conflict_at_creation)?;
        self.context.grants.end_key(&key);
        Ok(IssuedKey { key, secret })
    }

    /// A page of the keys that the caller manages: an administrator all, others those that they own or made.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn list(&self, caller: &Caller, list: ListKeys) -> Result<Page<UsedKey>, Error> {
        let extent = caller.require(Permission::KeyRead)?;
        let server_id = match (caller.linked_server(), list.server_id) {
            (Some(linked), Some(wanted)) if linked != wanted => return Ok(Page::empty(list.page)),
            (linked, wanted) => linked.or(wanted),
        };
        let managed_by = (extent == Extent::Own).then(|| caller.user_id());
        let ListKeys { owner_id, page, .. } = list;
        let query = KeyQuery { managed_by, owner_id, server_id, page, ..KeyQuery::new(caller.reach()) };
        let Page { items, total, request } = self.context.store.keys(&query).await?;
        Ok(Page { items: self.used(caller, items).await?, total, request })
    }

    /// One key.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn get(&self, caller: &Caller, id: ApiKeyId) -> Result<UsedKey, Error> {
        let key = self.context.permitted_key(caller, Permission::KeyRead, id).await?;
        let used = self.used(caller, vec![key]).await?;
        used.into_iter().next().ok_or(Error::NotFound)
    }

    /// These keys, which the caller sees, with their use: all of them are asked for at once.
    async fn used(&self, caller: &Caller, keys: Vec<ApiKey>) -> Result<Vec<UsedKey>, Error> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = keys.iter().map(|key| key.id).collect();
        let uses = self.context.store.last_uses(caller.reach(), &ids).await?;
        let uses: HashMap<_, _> = uses.into_iter().collect();
        let used = |key: ApiKey| UsedKey { last_used_at: uses.get(&key.id).copied(), key };
        Ok(keys.into_iter().map(used).collect())
    }

    /// Changes a key's name, description, scopes or tools.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Stale`].
    pub async fn update(
        &self,
        caller: &Caller,
        id: ApiKeyId,
        change: KeyChange,
        expected: Option<Revision>,
    ) -> Result<ApiKey, Error> {
        let old = self.context.permitted_key(caller, Permission::KeyUpdate, id).await?;
        let new = change.apply(&old)?;
        if (new.scopes, &new.tools) != (old.scopes, &old.tools) {
            self.require_authority(caller, &new).await?;
        }
        let told = |key: &ApiKey| json!({ "name": key.name, "scopes": key.scopes, "tools": key.tools, "rotation": key.rotation });
        let metadata = json!({ "before": told(&old), "after": told(&new) });
        self.store(caller, new, &old, expected, EventType::ApiKeyUpdated, Action::Update, metadata).await
    }

    /// Gives a key a new secret. The old one stops at once, or after `grace_seconds` (one of
    /// [`GRACE_PERIODS`](key::GRACE_PERIODS)); an older one that still had grace stops at once. The lifetime begins
    /// anew.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`]; [`Error::Conflict`] if it is revoked;
    /// [`Error::Stale`] if it is being rotated by another.
    pub async fn rotate(
        &self,
        caller: &Caller,
        id: ApiKeyId,
        grace_seconds: u32,
        expected: Option<Revision>,
    ) -> Result<IssuedKey, Error> {
        let old = self.context.permitted_key(caller, Permission::KeyRotate, id).await?;
        let grace = key::grace_period(grace_seconds);
        let grace = grace.map_err(|invalid| FieldErrors::one("gracePeriodSeconds", invalid))?;
        self.require_authority(caller, &old).await?;
        refuse_revoked(&old)?;
        let secret = KeySecret::generate(self.context.clock.as_ref());
        let new = self.context.rotated(&old, &secret, grace);
        let metadata = json!({ "prefix": new.prefix, "previousPrefix": old.prefix, "gracePeriodSeconds": grace_seconds,
            "rotationCount": new.rotation_count });
        let key = self
            .store(caller, new, &old, expected, EventType::ApiKeyRotated, Action::Rotate, metadata)
            .await?;
        Ok(IssuedKey { key, secret })
    }

    /// Revokes a key, at once and for good. Revoking it again changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Stale`].
    pub async fn revoke(&self, caller: &Caller, id: ApiKeyId) -> Result<ApiKey, Error> {
        let old = self.context.permitted_key(caller, Permission::KeyRevoke, id).await?;
        if old.revoked_at.is_some() {
            return Ok(old);
        }
        let new = ApiKey { revoked_at: Some(self.context.clock.now()), previous: None, ..old.clone() };
        let metadata = json!({ "prefix": old.prefix, "serverId": old.server_id });
        self.store(caller, new, &old, None, EventType::ApiKeyRevoked, Action::Revoke, metadata).await
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one audited change")]
    async fn store(
        &self,
        caller: &Caller,
        new: ApiKey,
        old: &ApiKey,
        expected: Option<Revision>,
        event_type: EventType,
        action: Action,
        metadata: Value,
    ) -> Result<ApiKey, Error> {
        let new = ApiKey { revision: old.revision + 1, updated_at: self.context.clock.now(), ..new };
        if expected.is_some_and(|expected| expected != old.revision) {
            return Err(Error::Stale);
        }
        let event = self.event(caller, &new, event_type, action, metadata);
        let stored = self.context.store.update_key(&new, old.revision, event).await;
        // Also when it failed: what is at hand is then read again, which does no harm.
        self.context.grants.end_key(old);
        self.context.grants.end_key(&new);
        stored?;
        if new.digest != old.digest || new.revoked_at.is_some() {
            self.context.forget_claim(old).await?;
        }
        Ok(new)
    }

    /// Who rotates a key gets its secret, and who changes its scopes or tools decides what it does: that takes as much
    /// as the key has then, and a role no lower than its owner's.
    pub(super) async fn require_authority(&self, caller: &Caller, key: &ApiKey) -> Result<(), Error> {
        if !caller.covers(key) {
            return Err(Error::Forbidden(
                "a key cannot give more scopes, servers or tools than it has itself".into(),
            ));
        }
        let owner = self.context.store.user(caller.reach(), key.owner_id).await?.ok_or(Error::NotFound)?;
        require_outranked(caller, &owner)
    }

    fn event(
        &self,
        caller: &Caller,
        key: &ApiKey,
        event_type: EventType,
        action: Action,
        metadata: Value,
    ) -> AuditEvent {
        let resource_type = ResourceType::ApiKey;
        let what =
            What { event_type, action, resource_type, resource_id: key.id.0, tenant_id: Some(key.tenant_id) };
        self.context.event(caller, what, metadata)
    }

    async fn require_server(&self, caller: &Caller, id: Option<ServerId>) -> Result<(), Error> {
        let server = self.context.linked_server(caller, id).await?;
        if id.is_some() && !server.is_some_and(|server| server.is_visible_to(caller)) {
            return Err(FieldErrors::one("serverId", "there is no such server").into());
        }
        Ok(())
    }

    /// The user that a new key acts as, and its tenant: one within the caller's reach whose role is no higher than the
    /// caller's.
    async fn owner(&self, caller: &Caller, wanted: Option<UserId>) -> Result<(TenantId, UserId), Error> {
        let own = (caller.tenant_id(), caller.user_id());
        let Some(id) = wanted.filter(|id| *id != caller.user_id()) else { return Ok(own) };
        let user = self.context.store.user(caller.reach(), id).await?;
        match user {
            Some(user) => require_outranked(caller, &user).map(|()| (user.tenant_id, user.id)),
            None => Err(FieldErrors::one("ownerUserId", "there is no such user").into()),
        }
    }
}

fn refuse_revoked(key: &ApiKey) -> Result<(), Error> {
    match key.revoked_at {
        Some(_) => Err(Error::Conflict {
            field: "id",
            message: "the key is revoked; make a new one instead".to_owned(),
        }),
        None => Ok(()),
    }
}

/// The name of the field that two equal secrets clash in.
pub(super) const KEY_FIELD: &str = "key";

/// The owner or server was there a moment ago; a secret that the operator chose may be there already.
fn conflict_at_creation(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(UniqueField::KeyDigest) => {
            Error::Conflict { field: KEY_FIELD, message: "there is this key already".to_owned() }
        }
        StoreError::Missing => Error::Conflict {
            field: "serverId",
            message: "the server or the owner was removed meanwhile".to_owned(),
        },
        error => error.into(),
    }
}

fn require_outranked(caller: &Caller, owner: &User) -> Result<(), Error> {
    match caller.outranks(owner.role) {
        true => Ok(()),
        false => Err(Error::Forbidden("the key acts in a higher role than the caller's".into())),
    }
}
