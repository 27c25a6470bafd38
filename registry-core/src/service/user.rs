//! Users: make, see, change, remove; one's own profile and password.

use std::sync::Arc;

use serde_json::{Value, json};

use super::context::Context;
use super::event::What;
use crate::access::{Caller, Permission};
use crate::error::Error;
use crate::limit::AddressKey;
use crate::model::account_input::{UserChange, UserDraft, UserInput};
use crate::model::audit::{AuditEvent, EventType};
use crate::model::field::FieldErrors;
use crate::model::id::{TenantId, UserId};
use crate::model::page::{Page, PageRequest};
use crate::model::password::{Password, PasswordChange, PasswordHash};
use crate::model::role::Role;
use crate::model::server::Revision;
use crate::model::session::EndedSessions;
use crate::model::user::{User, UserQuery};
use crate::store::{StoreError, UniqueField, UserUpdate};

/// Which users to list.
#[derive(Debug, Clone, Default)]
pub struct ListUsers {
    /// Only this tenant's.
    pub tenant_id: Option<TenantId>,
    /// Only those of this role.
    pub role: Option<Role>,
    /// Only those whose user name, display name or e-mail address has this text, in any case.
    pub search: Option<String>,
    /// Which page.
    pub page: PageRequest,
}

/// Users.
pub struct UserService {
    context: Arc<Context>,
}

impl UserService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Makes a user. For administrators.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::Conflict`] if the name is taken.
    pub async fn create(&self, caller: &Caller, input: UserInput) -> Result<User, Error> {
        caller.require(Permission::UserManage)?;
        let draft = input.validate()?;
        if self.context.store.tenant(draft.tenant_id).await?.is_none() {
            return Err(FieldErrors::one("tenantId", "there is no such tenant").into());
        }
        let user = self.drafted(&draft);
        let hash = match draft.password {
            Some(password) => Some(self.context.hash("password", password, &user).await?),
            None => None,
        };
        let metadata = json!({ "username": user.username, "role": user.role, "password": hash.is_some() });
        let event = self.event(caller, EventType::UserCreated, &user, metadata);
        self.context.store.create_user(&user, hash.as_ref(), event).await.map_err(conflict)?;
        Ok(user)
    }

    /// A page of the users that the caller sees: administrators all, server owners their tenant's.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn list(&self, caller: &Caller, list: ListUsers) -> Result<Page<User>, Error> {
        caller.require(Permission::UserRead)?;
        let ListUsers { tenant_id, role, search, page } = list;
        let query = UserQuery { reach: caller.reach(), tenant_id, role, search, page };
        Ok(self.context.store.users(&query).await?)
    }

    /// One user.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn get(&self, caller: &Caller, id: UserId) -> Result<User, Error> {
        self.context.permitted_user(caller, Permission::UserRead, id).await
    }

    /// Whom the caller acts as.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user was removed meanwhile.
    pub async fn me(&self, caller: &Caller) -> Result<User, Error> {
        self.context.permitted_user(caller, Permission::SelfRead, caller.user_id()).await
    }

    /// Changes a user. For administrators. Taking away rights takes effect at once; a new password, or none, ends the
    /// user's sessions, and so does disabling it, or taking an identity from it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Invalid`], [`Error::Stale`]; [`Error::Conflict`] if the name or
    /// an identity is taken, or nobody could manage the registry any more.
    pub async fn update(
        &self,
        caller: &Caller,
        id: UserId,
        change: UserChange,
        expected: Option<Revision>,
    ) -> Result<User, Error> {
        let old = self.context.permitted_user(caller, Permission::UserManage, id).await?;
        let (new, password) = change.apply(&old)?;
        let hash = match password {
            Some(password) => Some(self.context.hash("password", password, &new).await?),
            None => None,
        };
        let password = match (&change.password, &hash) {
            (None, _) => PasswordChange::Keep,
            (_, Some(hash)) => PasswordChange::Set(hash),
            (Some(_), None) => PasswordChange::Remove,
        };
        self.store(caller, &old, new, password, expected).await
    }

    /// Changes one's own display name and e-mail address.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::Stale`].
    pub async fn update_me(
        &self,
        caller: &Caller,
        display_name: Option<Option<String>>,
        email: Option<Option<String>>,
        expected: Option<Revision>,
    ) -> Result<User, Error> {
        let old = self.context.permitted_user(caller, Permission::SelfUpdate, caller.user_id()).await?;
        let (new, _) = UserChange { display_name, email, ..UserChange::default() }.apply(&old)?;
        self.store(caller, &old, new, PasswordChange::Keep, expected).await
    }

    /// Changes one's own password, and ends one's other sessions. Who has a password has to say it, and a
    /// source that keeps guessing wrong waits longer each time, as at a sign-in. A first one is set by
    /// who signed in, or by an administrator: it opens sessions, which do more than a key or token may.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::Busy`].
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: Option<Password>,
        new: &str,
    ) -> Result<(), Error> {
        let user = self.context.permitted_user(caller, Permission::SelfUpdate, caller.user_id()).await?;
        let new = Password::parse(new).map_err(|invalid| FieldErrors::one("newPassword", invalid))?;
        self.prove(caller, &user, current).await?;
        let hash = self.context.hash("newPassword", new, &user).await?;
        self.store(caller, &user, user.clone(), PasswordChange::Set(&hash), None).await.map(drop)
    }

    /// Removes a user who owns no servers any more; its keys are revoked. For administrators.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`], [`Error::Stale`]; [`Error::Conflict`] if it owns servers, or is the last
    /// administrator.
    pub async fn delete(&self, caller: &Caller, id: UserId, expected: Option<Revision>) -> Result<(), Error> {
        let user = self.context.permitted_user(caller, Permission::UserManage, id).await?;
        let metadata = json!({ "username": user.username, "role": user.role });
        let event = self.event(caller, EventType::UserDeleted, &user, metadata);
        let expected = expected.unwrap_or(user.revision);
        let deleted = self.context.store.delete_user(user.tenant_id, id, expected, event).await;
        self.context.grants.end_all();
        deleted.map_err(conflict)
    }

    async fn prove(&self, caller: &Caller, user: &User, current: Option<Password>) -> Result<(), Error> {
        let Some(hash) = self.context.store.password(user.tenant_id, user.id).await? else {
            return may_set_first_password(caller);
        };
        let current = current.ok_or_else(|| FieldErrors::one("currentPassword", "is required"))?;
        let source = caller.origin().ip_address.map(AddressKey::from);
        tokio::time::sleep(self.context.delay.of(source, self.context.clock.now())).await;
        if self.context.hasher.is_right(&self.context.clock, current, Some(hash)).await? {
            return Ok(());
        }
        self.context.delay.failed(source, self.context.clock.now());
        let origin = caller.origin().clone();
        self.context.note_refusal(EventType::AuthenticationFailed, caller.into(), "password", origin);
        Err(FieldErrors::one("currentPassword", "is wrong").into())
    }

    fn drafted(&self, draft: &UserDraft) -> User {
        User {
            display_name: draft.display_name.clone(),
            email: draft.email.clone(),
            ..self.context.new_user(draft.tenant_id, draft.role, draft.username.clone())
        }
    }

    async fn store(
        &self,
        caller: &Caller,
        old: &User,
        new: User,
        password: PasswordChange<'_>,
        expected: Option<Revision>,
    ) -> Result<User, Error> {
        if expected.is_some_and(|expected| expected != old.revision) {
            return Err(Error::Stale);
        }
        let is_password = password != PasswordChange::Keep;
        let new = User { revision: old.revision + 1, updated_at: self.context.clock.now(), ..new };
        let event_type = if is_password { EventType::PasswordChanged } else { EventType::UserUpdated };
        let metadata = json!({ "before": shown(old), "after": shown(&new) });
        let event = self.event(caller, event_type, &new, metadata);
        let ends = match loses_way_in(old, &new) {
            true => Some(EndedSessions::All),
            false => is_password.then(|| ended_by_password(caller, old)),
        };
        let update = UserUpdate { user: &new, expected: old.revision, password, ends };
        let stored = self.context.store.update_user(update, event).await;
        self.context.grants.end_all();
        stored.map_err(conflict)?;
        Ok(new)
    }

    fn event(&self, caller: &Caller, event_type: EventType, user: &User, metadata: Value) -> AuditEvent {
        self.context.event(caller, What::of(event_type, user.id.0, user.tenant_id), metadata)
    }
}

impl Context {
    /// The hash of a new password of `user`, which must not be made of what everybody knows of it.
    pub(super) async fn hash(
        &self,
        field: &'static str,
        password: Password,
        user: &User,
    ) -> Result<PasswordHash, Error> {
        let names = [
            user.display_name.as_ref().map(ToString::to_string),
            user.email.as_ref().map(ToString::to_string),
        ];
        let known = names.into_iter().flatten().chain([user.username.to_string()]).collect();
        self.hasher.hash(&self.clock, field, password, known).await
    }
}

fn may_set_first_password(caller: &Caller) -> Result<(), Error> {
    match caller.session_id() {
        Some(_) => Ok(()),
        None => caller.require(Permission::UserManage).map(drop).map_err(|_| {
            Error::Forbidden("a first password is set by who signed in, or by an administrator".to_owned())
        }),
    }
}

/// Whether a way in is taken away: sessions that came by it end, and do not come back when it is given again.
fn loses_way_in(old: &User, new: &User) -> bool {
    let is_disabled_now = new.disabled && !old.disabled;
    is_disabled_now || old.identities.iter().any(|identity| !new.identities.contains(identity))
}

/// Whoever changes their own password stays signed in here.
fn ended_by_password(caller: &Caller, user: &User) -> EndedSessions {
    match caller.session_id().filter(|_| user.id == caller.user_id()) {
        Some(own) => EndedSessions::AllBut(own),
        None => EndedSessions::All,
    }
}

fn shown(user: &User) -> Value {
    json!({ "username": user.username, "displayName": user.display_name, "email": user.email, "role": user.role,
        "disabled": user.disabled, "identities": user.identities })
}

fn conflict(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(UniqueField::UserName) => Error::Conflict {
            field: "username",
            message: "another user of the tenant has this name".to_owned(),
        },
        StoreError::Conflict(UniqueField::Identity) => {
            Error::Conflict { field: "identities", message: "another user has this identity".to_owned() }
        }
        error => error.into(),
    }
}
