//! Setup: the first administrator, and the operator at the command line.

use std::sync::Arc;

use chrono::TimeDelta;
use secrecy::SecretString;
use serde_json::json;

use super::context::Context;
use super::event::What;
use super::key::{IssuedKey, KEY_FIELD, KeyService};
use super::sign_in::{SignInService, SignedIn};
use crate::access::{Caller, Permission, Reach};
use crate::error::{AuthError, Error};
use crate::model::account_input::UserInput;
use crate::model::audit::{AuditEvent, EventType, Origin};
use crate::model::field::{FieldErrors, Invalid};
use crate::model::id::TenantId;
use crate::model::key::{KeyQuery, KeySecret, MAX_EXPIRY_DAYS};
use crate::model::key_input::KeyInput;
use crate::model::password::{Password, PasswordChange};
use crate::model::role::{Role, Scope};
use crate::model::session::SignInMethod;
use crate::model::tenant::Tenant;
use crate::model::text::{TenantName, UserName, name_key};
use crate::model::ticket::{Ticket, TicketPurpose};
use crate::model::user::User;
use crate::store::{StoreError, UniqueField, UserUpdate};

/// The tenant that the first start makes.
pub const DEFAULT_TENANT: &str = "default";
/// The user that the first start makes.
pub const DEFAULT_ADMIN: &str = "admin";

/// How long a set-up link may be used.
pub const SETUP_LINK_LIFETIME: TimeDelta = TimeDelta::hours(1);

/// What the first start made.
#[derive(Debug)]
pub struct Bootstrapped {
    /// The administrator's key, if one was chosen.
    pub key: Option<IssuedKey>,
}

/// What the operator chose for the first administrator beforehand.
#[derive(Debug, Clone, Default)]
pub struct Bootstrap {
    /// Its key.
    pub key: Option<KeySecret>,
    /// Its password.
    pub password: Option<Password>,
}

/// The first administrator, as whoever has the set-up link describes it, unchecked.
#[derive(Debug, Clone)]
pub struct SetupInput {
    /// The link's secret.
    pub token: SecretString,
    /// See [`UserName`].
    pub username: String,
    /// See [`DisplayName`](crate::model::text::DisplayName).
    pub display_name: Option<String>,
    /// See [`Password`].
    pub password: String,
}

/// The first administrator, and the operator at the command line.
pub struct SetupService {
    context: Arc<Context>,
    keys: KeyService,
    sign_in: SignInService,
}

impl SetupService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        let (keys, sign_in) = (KeyService::new(context.clone()), SignInService::new(context.clone()));
        Self { context, keys, sign_in }
    }

    /// Whether there is no user yet.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub async fn is_required(&self) -> Result<bool, Error> {
        Ok(!self.context.store.has_users().await?)
    }

    /// On a store without any user: a fresh secret for the set-up link, good for [`SETUP_LINK_LIFETIME`] and for one use.
    /// `None` if there are users already.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub async fn link(&self) -> Result<Option<SecretString>, Error> {
        if self.context.store.has_users().await? {
            return Ok(None);
        }
        let secret = self.context.new_ticket(TicketPurpose::Setup, SETUP_LINK_LIFETIME, None).await?;
        Ok(Some(secret))
    }

    /// Makes the first administrator, of the tenant `default`, and signs it in. The link is used up, unless the input has
    /// problems.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the link is not valid (any more), [`Error::Invalid`].
    pub async fn complete(&self, input: SetupInput, origin: Origin) -> Result<SignedIn, Error> {
        let digest = Ticket::digest_of(&input.token);
        let ticket = self.context.store.ticket(TicketPurpose::Setup, &digest).await?;
        self.context.live(ticket)?;
        let draft = UserInput {
            username: Some(input.username),
            display_name: input.display_name,
            role: Some(Role::Admin.to_string()),
            tenant_id: Some(TenantId::SYSTEM.to_string()),
            password: Some(input.password),
            ..UserInput::default()
        };
        let draft = draft.validate()?;
        let user = self.context.new_user(draft.tenant_id, Role::Admin, draft.username);
        let mut user = User { display_name: draft.display_name, ..user };
        let password = draft.password.ok_or(Error::NotFound)?;
        let hash = self.context.hash("password", password, &user).await?;
        self.context.live(self.context.store.take_ticket(TicketPurpose::Setup, &digest).await?)?;
        if self.context.store.has_users().await? {
            return Err(AuthError::Ticket.into());
        }
        user.tenant_id = self.tenant(DEFAULT_TENANT).await?.id;
        self.context.store.create_user(&user, Some(&hash), self.created(&user)).await?;
        self.sign_in.begin(user, SignInMethod::Setup, origin).await
    }

    /// On a store without any user: makes the tenant `default` and its administrator `admin`, with what the operator
    /// chose for it; a key has every scope and lives [`MAX_EXPIRY_DAYS`] days. A first start that was cut off is finished
    /// by the next. `None` if nothing was chosen, or there are users already.
    ///
    /// # Errors
    /// [`Error`] if the store fails.
    pub async fn bootstrap(&self, chosen: Bootstrap) -> Result<Option<Bootstrapped>, Error> {
        if (chosen.key.is_none() && chosen.password.is_none()) || !self.is_unfinished(&chosen).await? {
            return Ok(None);
        }
        let caller = self.operator(DEFAULT_TENANT, DEFAULT_ADMIN, Role::Admin).await?;
        if let Some(password) = chosen.password {
            self.set_password(&caller, password).await?;
        }
        let Some(secret) = chosen.key else { return Ok(Some(Bootstrapped { key: None })) };
        let input = KeyInput {
            name: Some("bootstrap".to_owned()),
            expires_in_days: Some(MAX_EXPIRY_DAYS),
            scopes: Some(Scope::ALL.iter().map(Scope::to_string).collect()),
            ..KeyInput::default()
        };
        match self.keys.create_with(&caller, input, secret).await {
            Ok(key) => Ok(Some(Bootstrapped { key: Some(key) })),
            // Another node starts for the first time too, with the same key.
            Err(Error::Conflict { field: KEY_FIELD, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn set_password(&self, caller: &Caller, password: Password) -> Result<(), Error> {
        let user = self.context.permitted_user(caller, Permission::UserManage, caller.user_id()).await?;
        if self.context.store.password(user.tenant_id, user.id).await?.is_some() {
            return Ok(());
        }
        let hash = self.context.hash("password", password, &user).await?;
        let new = User { revision: user.revision + 1, updated_at: self.context.clock.now(), ..user };
        let what = What::of(EventType::PasswordChanged, new.id.0, new.tenant_id);
        let event = self.context.own_event(what, json!({ "username": new.username }));
        let password = PasswordChange::Set(&hash);
        let update = UserUpdate { user: &new, expected: user.revision, password, ends: None };
        match self.context.store.update_user(update, event).await {
            // Another node starts for the first time too.
            Err(StoreError::Stale) => Ok(()),
            stored => Ok(stored?),
        }
    }

    /// Whether the first start was never made, or was cut off: then the first administrator lacks what was chosen for it.
    async fn is_unfinished(&self, chosen: &Bootstrap) -> Result<bool, Error> {
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
        let is_new = admin.revision == 1;
        let keys = KeyQuery { owner_id: Some(admin.id), ..KeyQuery::new(Reach::Tenant(tenant.id)) };
        let lacks_key = chosen.key.is_some() && store.keys(&keys).await?.total == 0;
        let password = store.password(tenant.id, admin.id).await?;
        Ok(lacks_key || (chosen.password.is_some() && password.is_none() && is_new))
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
        self.context.make_tenant(name).await
    }

    async fn user(&self, tenant_id: TenantId, username: &str, role: Role) -> Result<User, Error> {
        let username = UserName::parse(username).map_err(|invalid| field("user", invalid))?;
        let user = self.context.new_user(tenant_id, role, username);
        let key = user.name_key();
        if let Some(user) = self.context.store.user_by_name_key(tenant_id, &key).await? {
            return Ok(user);
        }
        match self.context.store.create_user(&user, None, self.created(&user)).await {
            Err(StoreError::Conflict(UniqueField::UserName)) => {
                self.context.store.user_by_name_key(tenant_id, &key).await?.ok_or(Error::NotFound)
            }
            stored => stored.map(|()| user).map_err(Error::from),
        }
    }

    fn created(&self, user: &User) -> AuditEvent {
        let what = What::of(EventType::UserCreated, user.id.0, user.tenant_id);
        self.context.own_event(what, json!({ "username": user.username, "role": user.role }))
    }
}

fn field(name: &str, invalid: Invalid) -> Error {
    FieldErrors::one(name, invalid).into()
}
