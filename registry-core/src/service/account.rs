//! Accounts of people who are known elsewhere: linked by issuer and subject, made at the first sign-in if the operator's
//! rules say so, and kept in step with what the issuer says.

use std::sync::Arc;

use serde_json::{Value, json};

use super::context::Context;
use super::event::What;
use crate::error::{AuthError, Error};
use crate::identity::ExternalUser;
use crate::model::audit::{AuditEvent, EventType};
use crate::model::password::PasswordChange;
use crate::model::tenant::Tenant;
use crate::model::text::{TenantName, UserName, name_key};
use crate::model::user::User;
use crate::store::{StoreError, UniqueField, UserUpdate};

/// How many names are tried for a new account when others have them.
const MAX_NAMES: u32 = 20;

/// Accounts of people who are known elsewhere.
pub(super) struct AccountService {
    context: Arc<Context>,
}

impl AccountService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// The account of somebody who signs in, with its tenant; its record follows what the issuer says. Whether it may
    /// sign in is the caller's to judge.
    pub(super) async fn signing_in(&self, external: &ExternalUser) -> Result<User, Error> {
        let (user, _) = self.linked(external).await?;
        self.in_step(user, external).await
    }

    /// The account that is linked to the identity, made if the rules say so. It never changes its tenant: who is to act in
    /// another one is refused rather than let into the old one. No record is changed.
    pub(super) async fn linked(&self, external: &ExternalUser) -> Result<(User, Tenant), Error> {
        let store = &self.context.store;
        let user = match store.user_by_identity(&external.identity).await? {
            Some(user) => user,
            None if external.creates_user => self.create(external).await?,
            None => return Err(AuthError::NoAccount.into()),
        };
        let tenant = store.tenant(user.tenant_id).await?.ok_or(AuthError::NoAccount)?;
        match tenant.name_key() == name_key(external.tenant.as_str()) {
            true => Ok((user, tenant)),
            false => Err(AuthError::NoAccount.into()),
        }
    }

    /// The account with role, name and address as the issuer says.
    async fn in_step(&self, old: User, external: &ExternalUser) -> Result<User, Error> {
        let new = User {
            role: external.role,
            display_name: external.display_name.clone().or_else(|| old.display_name.clone()),
            email: external.email.clone().or_else(|| old.email.clone()),
            ..old.clone()
        };
        if new == old {
            return Ok(old);
        }
        self.update(old, new).await
    }

    async fn update(&self, old: User, new: User) -> Result<User, Error> {
        let new = User { revision: old.revision + 1, updated_at: self.context.clock.now(), ..new };
        let changed = json!({ "before": { "role": old.role }, "after": { "role": new.role },
            "by": "identity provider" });
        let event = self.event(EventType::UserUpdated, &new, changed);
        let update =
            UserUpdate { user: &new, expected: old.revision, password: PasswordChange::Keep, ends: None };
        match self.context.store.update_user(update, event).await {
            Ok(()) => {
                self.context.grants.end_all();
                Ok(new)
            }
            // Another sign-in of the same person was quicker, and has said the same.
            Err(StoreError::Stale) => {
                let user = self.context.store.user_by_identity(&new.identities[0]).await?;
                user.ok_or(AuthError::NoAccount.into())
            }
            Err(StoreError::LastAdmin) => {
                tracing::warn!(user = %old.id, "the last administrator keeps the role that the issuer took away");
                Ok(old)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn create(&self, external: &ExternalUser) -> Result<User, Error> {
        let tenant = self.tenant(external).await?;
        for number in 1..=MAX_NAMES {
            let Some(username) = numbered(&external.username, number) else { break };
            let user = User {
                display_name: external.display_name.clone(),
                email: external.email.clone(),
                identities: vec![external.identity.clone()],
                ..self.context.new_user(tenant.id, external.role, username)
            };
            let identity = &external.identity;
            let metadata = json!({ "username": user.username, "role": user.role, "issuer": identity.issuer });
            let event = self.event(EventType::UserCreated, &user, metadata);
            match self.context.store.create_user(&user, None, event).await {
                Ok(()) => return Ok(user),
                // Somebody else's name: an account is never taken over by its name.
                Err(StoreError::Conflict(UniqueField::UserName)) => {}
                Err(StoreError::Conflict(UniqueField::Identity)) => {
                    let user = self.context.store.user_by_identity(identity).await?;
                    return user.ok_or(AuthError::NoAccount.into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(AuthError::NoAccount.into())
    }

    async fn tenant(&self, external: &ExternalUser) -> Result<Tenant, Error> {
        let found = self.context.store.tenant_by_name_key(&name_key(external.tenant.as_str())).await?;
        match found {
            Some(tenant) => Ok(tenant),
            None if external.creates_tenant => self.context.make_tenant(external.tenant.clone()).await,
            None => Err(AuthError::NoAccount.into()),
        }
    }

    fn event(&self, event_type: EventType, user: &User, metadata: Value) -> AuditEvent {
        let what = What::of(event_type, user.id.0, user.tenant_id);
        self.context.own_event(what, metadata)
    }
}

/// The name itself, then `name-2`, `name-3` ...
fn numbered(name: &UserName, number: u32) -> Option<UserName> {
    match number {
        1 => Some(name.clone()),
        _ => {
            let suffix = format!("-{number}");
            let kept: String = name.as_str().chars().take(100 - suffix.len()).collect();
            UserName::parse(&format!("{kept}{suffix}")).ok()
        }
    }
}

impl Context {
    /// The tenant of this name, made if it is not there.
    pub(super) async fn make_tenant(&self, name: TenantName) -> Result<Tenant, Error> {
        let key = name_key(name.as_str());
        if let Some(tenant) = self.store.tenant_by_name_key(&key).await? {
            return Ok(tenant);
        }
        let tenant = self.new_tenant(name, None);
        let what = What::of(EventType::TenantCreated, tenant.id.0, tenant.id);
        let event = self.own_event(what, json!({ "name": tenant.name }));
        match self.store.create_tenant(&tenant, event).await {
            // Another node makes it too.
            Err(StoreError::Conflict(UniqueField::TenantName)) => {
                self.store.tenant_by_name_key(&key).await?.ok_or(Error::NotFound)
            }
            stored => stored.map(|()| tenant).map_err(Error::from),
        }
    }
}
