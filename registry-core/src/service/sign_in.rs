//! Signing in: with a password, through an issuer, by the one-time set-up link; and signing out.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::account::AccountService;
use super::context::Context;
use super::event::What;
use super::refusal::Refused;
use crate::access::Reach;
use crate::error::{AuthError, Error};
use crate::identity::ExternalUser;
use crate::limit::AddressKey;
use crate::model::audit::{AuditEvent, EventType, Origin};
use crate::model::id::SessionId;
use crate::model::password::{Password, PasswordHash};
use crate::model::session::{EndedSessions, Session, SessionSecret, SignInMethod};
use crate::model::text::name_key;
use crate::model::user::User;
use crate::store::StoreError;

/// The most sessions that a user has at once; the oldest ends when there is one more.
pub const MAX_SESSIONS: usize = 20;

/// Who somebody says they are.
#[derive(Debug, Clone)]
pub struct PasswordSignIn {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: Password,
    /// The name of the tenant; needed only if users of several tenants have the user name.
    pub tenant: Option<String>,
}

/// Somebody who signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// What goes into the cookie. It is nowhere else.
    pub secret: SessionSecret,
    /// The session.
    pub session: Session,
    /// Who it is.
    pub user: User,
}

/// Signing in.
pub struct SignInService {
    context: Arc<Context>,
    accounts: AccountService,
}

impl SignInService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { accounts: AccountService::new(context.clone()), context }
    }

    /// Gets ready what takes long the first time.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub async fn prepare(&self) -> Result<(), Error> {
        self.context.hasher.prepare(&self.context.clock).await
    }

    /// Signs a local user in. Somebody unknown is refused as slowly as a wrong password; a source that keeps failing
    /// waits longer each time.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], [`Error::Busy`].
    pub async fn with_password(&self, sign_in: PasswordSignIn, origin: Origin) -> Result<SignedIn, Error> {
        let source = origin.ip_address.map(AddressKey::from);
        tokio::time::sleep(self.context.delay.of(source, self.context.clock.now())).await;
        let account = self.account(&sign_in).await?;
        let (user, hash) = account.map_or((None, None), |(user, hash)| (Some(user), hash));
        let is_right = self.context.hasher.is_right(&self.context.clock, sign_in.password, hash).await?;
        match user {
            Some(user) if is_right && self.may_sign_in(&user).await? => {
                self.begin(user, SignInMethod::Password, origin).await
            }
            user => Err(self.refuse(user.as_ref(), origin)),
        }
    }

    /// Signs in somebody for whom an issuer vouches.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if there is no account for them, or it is disabled.
    pub async fn with_issuer(&self, external: &ExternalUser, origin: Origin) -> Result<SignedIn, Error> {
        let user = match self.accounts.signing_in(external).await {
            Err(Error::Unauthenticated(error)) => {
                let who = Refused::Address(origin.ip_address.map(AddressKey::from));
                self.context.note_refusal(EventType::AuthenticationFailed, who, "sign-in", origin);
                return Err(error.into());
            }
            user => user?,
        };
        match self.may_sign_in(&user).await? {
            true => self.begin(user, SignInMethod::Oidc, origin).await,
            false => Err(self.refuse(Some(&user), origin)),
        }
    }

    /// Begins a session of a user as it was read when it proved who it is. If the user was changed since then, its password
    /// for one, whoever signs in has to prove it again.
    pub(super) async fn begin(
        &self,
        user: User,
        method: SignInMethod,
        origin: Origin,
    ) -> Result<SignedIn, Error> {
        let (context, now) = (&self.context, self.context.clock.now());
        let secret = SessionSecret::generate(context.clock.as_ref());
        let session = Session {
            id: SessionId(context.clock.new_id()),
            digest: secret.digest(),
            tenant_id: user.tenant_id,
            user_id: user.id,
            method,
            ip_address: origin.ip_address,
            user_agent: origin.user_agent.clone(),
            created_at: now,
            last_seen_at: now,
            expires_at: now + context.policy.sessions.absolute,
        };
        let event = self.event(EventType::Login, &user, &session, origin, json!({ "method": method }));
        context.store.create_session(&session, event).await.map_err(gone)?;
        self.require_unchanged(&user, &session).await?;
        self.end_oldest(&user).await?;
        Ok(SignedIn { secret, session, user })
    }

    /// A change of a password ends the sessions that are there. One that was begun with the old password meanwhile is not
    /// among them, but sees the change.
    async fn require_unchanged(&self, user: &User, session: &Session) -> Result<(), Error> {
        let now = self.context.store.user(Reach::Tenant(user.tenant_id), user.id).await?;
        if now.is_some_and(|now| now.revision == user.revision) {
            return Ok(());
        }
        let why = json!({ "reason": "the user was changed during the sign-in" });
        let event = self.event(EventType::SessionsEnded, user, session, Origin::default(), why);
        let which = EndedSessions::One(session.id);
        self.context.end_sessions(user.tenant_id, user.id, which, event).await?;
        Err(Error::Busy)
    }

    async fn end_oldest(&self, user: &User) -> Result<(), Error> {
        let sessions = self.context.store.sessions(user.tenant_id, user.id).await?;
        for session in sessions.iter().skip(MAX_SESSIONS) {
            let why = json!({ "reason": "too many sessions" });
            let event = self.event(EventType::SessionsEnded, user, session, Origin::default(), why);
            let which = EndedSessions::One(session.id);
            self.context.end_sessions(user.tenant_id, user.id, which, event).await?;
        }
        Ok(())
    }

    /// The user who is meant, if it is clear who, and the password that it has.
    async fn account(&self, sign_in: &PasswordSignIn) -> Result<Option<(User, Option<PasswordHash>)>, Error> {
        let (store, name) = (&self.context.store, name_key(sign_in.username.trim()));
        let user = match &sign_in.tenant {
            Some(tenant) => match store.tenant_by_name_key(&name_key(tenant.trim())).await? {
                Some(tenant) => store.user_by_name_key(tenant.id, &name).await?,
                None => None,
            },
            None => {
                let named = store.users_named(&name, 2).await?;
                <[User; 1]>::try_from(named).ok().map(|[user]| user)
            }
        };
        let Some(user) = user else { return Ok(None) };
        let hash = store.password(user.tenant_id, user.id).await?;
        Ok(Some((user, hash)))
    }

    async fn may_sign_in(&self, user: &User) -> Result<bool, Error> {
        let tenant = self.context.store.tenant(user.tenant_id).await?;
        Ok(!user.disabled && tenant.is_some_and(|tenant| !tenant.disabled))
    }

    fn refuse(&self, user: Option<&User>, origin: Origin) -> Error {
        let source = origin.ip_address.map(AddressKey::from);
        self.context.delay.failed(source, self.context.clock.now());
        let who = match user {
            Some(user) => Refused::User(user.tenant_id, user.id),
            None => Refused::Address(source),
        };
        self.context.note_refusal(EventType::AuthenticationFailed, who, "sign-in", origin);
        AuthError::SignIn.into()
    }

    fn event(
        &self,
        event_type: EventType,
        user: &User,
        session: &Session,
        origin: Origin,
        metadata: Value,
    ) -> AuditEvent {
        let mut what = What::of(event_type, session.id.0, user.tenant_id);
        what.resource_type = crate::model::audit::ResourceType::Session;
        let metadata = with_user(metadata, user);
        AuditEvent { actor_id: Some(user.id), origin, ..self.context.own_event(what, metadata) }
    }
}

/// Somebody who was removed meanwhile is somebody unknown.
fn gone(error: StoreError) -> Error {
    match error {
        StoreError::Missing => AuthError::SignIn.into(),
        error => error.into(),
    }
}

fn with_user(metadata: Value, user: &User) -> Value {
    let mut metadata = if let Value::Object(metadata) = metadata { metadata } else { Map::new() };
    metadata.insert("username".to_owned(), json!(user.username));
    Value::Object(metadata)
}
