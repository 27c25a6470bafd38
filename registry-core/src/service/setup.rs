//! Setup: the first administrator, and the operator at the command line.

use std::sync::Arc;

use serde_json::json;

use super::context::Context;
use super::event::What;
use super::key::{IssuedKey, KEY_FIELD, KeyService};
use crate::access::{Caller, Reach};
use crate::error::Error;
use crate::model::audit::{Action, EventType, ResourceType};
use crate::model::id::TenantId;
use crate::model::key::{KeyQuery, KeySecret, MAX_EXPIRY_DAYS};
use crate::model::key_input::KeyInput;
use crate::model::role::{Role, Scope};
use crate::model::tenant::Tenant;
use crate::model::text::{TenantName, UserName, name_key};
use crate::model::user::User;
use crate::store::{StoreError, UniqueField};

/// The tenant that the first start makes.
pub const DEFAULT_TENANT: &str = "default";
/// The user that the first start makes.
pub const DEFAULT_ADMIN: &str = "admin";

/// What the first start made.
#[derive(Debug)]
pub struct Bootstrapped {
    /// The administrator's key.
    pub key: IssuedKey,
    /// Whether the key was drawn here, so that it has to be shown.
    pub is_generated: bool,
}

/// The first administrator, and the operator at the command line.
pub struct SetupService {
    context: Arc<Context>,
    keys: KeyService,
}

impl SetupService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { keys: KeyService::new(context.clone()), context }
    }

    /// On a store without any user: makes the tenant `default`, its administrator `admin`, and a key with every scope
    /// that lives [`MAX_EXPIRY_DAYS`] days: `chosen`, or a fresh one. A first start that was cut off is finished by the
    /// next. `None` if there are users already.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub async fn bootstrap(&self, chosen: Option<KeySecret>) -> Result<Option<Bootstrapped>, Error> {
        if !self.is_unfinished().await? {
            return Ok(None);
        }
        let caller = self.operator(DEFAULT_TENANT, DEFAULT_ADMIN, Role::Admin).await?;
        let is_generated = chosen.is_none();
        let secret = chosen.unwrap_or_else(|| KeySecret::generate(self.context.clock.as_ref()));
        let input = KeyInput {
            name: Some("bootstrap".to_owned()),
            expires_in_days: Some(MAX_EXPIRY_DAYS),
            scopes: Some(Scope::ALL.iter().map(Scope::to_string).collect()),
            ..KeyInput::default()
        };
        match self.keys.create_with(&caller, input, secret).await {
            Ok(key) => Ok(Some(Bootstrapped { key, is_generated })),
            // Another node starts for the first time too, with the same key.
            Err(Error::Conflict { field: KEY_FIELD, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the first start was never made, or was cut off: then the first administrator has no key yet.
    async fn is_unfinished(&self) -> Result<bool, Error> {
        let store = &self.context.store;
        if !store.has_users().await? {
            return Ok(true);
        }
        let Some(tenant) = store.tenant_by_name_key(&name_key(DEFAULT_TENANT)).await? else {
            return Ok(false);
        };
        let Some(admin) = store.user_by_name_key(tenant.id, &name_key(DEFAULT_ADMIN)).await? else {
            return Ok(false);
        };
        let keys = KeyQuery { owner_id: Some(admin.id), ..KeyQuery::new(Reach::Tenant(tenant.id)) };
        Ok(store.keys(&keys).await?.total == 0)
    }

    /// The operator acting as this user of this tenant; both are made if they are not there.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a name is none; [`Error::Conflict`] if the user is there in another role.
    pub async fn operator(&self, tenant: &str, username: &str, role: Role) -> Result<Caller, Error> {
        let tenant = self.tenant(tenant).await?;
        let user = self.user(tenant.id, username, role).await?;
        if user.role != role {
            let message = format!("the user has the role {}", user.role);
            return Err(Error::Conflict { field: "role", message });
        }
        Ok(Caller::operator(user.id, tenant.id, role))
    }

    async fn tenant(&self, name: &str) -> Result<Tenant, Error> {
        let name = TenantName::parse(name).map_err(|invalid| field("tenant", invalid))?;
        let tenant = self.context.new_tenant(name, None);
        let key = tenant.name_key();
        if let Some(tenant) = self.context.store.tenant_by_name_key(&key).await? {
            return Ok(tenant);
        }
        let what = What {
            event_type: EventType::TenantCreated,
            action: Action::Create,
            resource_type: ResourceType::Tenant,
            resource_id: tenant.id.0,
            tenant_id: Some(tenant.id),
        };
        let event = self.context.own_event(what, json!({ "name": tenant.name }));
        match self.context.store.create_tenant(&tenant, event).await {
            // Another node starts for the first time too.
            Err(StoreError::Conflict(UniqueField::TenantName)) => {
                self.context.store.tenant_by_name_key(&key).await?.ok_or(Error::NotFound)
            }
            stored => stored.map(|()| tenant).map_err(Error::from),
        }
    }

    async fn user(&self, tenant_id: TenantId, username: &str, role: Role) -> Result<User, Error> {
        let username = UserName::parse(username).map_err(|invalid| field("user", invalid))?;
        let user = self.context.new_user(tenant_id, role, username);
        let key = user.name_key();
        if let Some(user) = self.context.store.user_by_name_key(tenant_id, &key).await? {
            return Ok(user);
        }
        let what = What {
            event_type: EventType::UserCreated,
            action: Action::Create,
            resource_type: ResourceType::User,
            resource_id: user.id.0,
            tenant_id: Some(tenant_id),
        };
        let event = self.context.own_event(what, json!({ "username": user.username, "role": role }));
        match self.context.store.create_user(&user, None, event).await {
            Err(StoreError::Conflict(UniqueField::UserName)) => {
                self.context.store.user_by_name_key(tenant_id, &key).await?.ok_or(Error::NotFound)
            }
            stored => stored.map(|()| user).map_err(Error::from),
        }
    }
}

fn field(name: &str, invalid: crate::model::field::Invalid) -> Error {
    crate::model::field::FieldErrors::one(name, invalid).into()
}
