//! Whoever calls: profile, password, sessions.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::{Header, Path};
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{ApiResponse, Object, OpenApi};
use registry_core::Registry;
use registry_core::access::Caller;
use registry_core::model::id::SessionId;
use registry_core::model::password::Password;
use registry_core::model::role::Scope;
use registry_core::model::session::EndedSessions;
use registry_core::model::user::User;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::precondition::{etag, expected};
use super::server_input::nullable;
use super::session_body::{Ended, SessionList};
use super::user_body::UserBody;
use crate::auth::Auth;
use crate::cookie;
use crate::error::ApiError;
use crate::payload::Json;
use crate::word::Word;

/// Who calls.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct Me {
    /// The user.
    #[oai(flatten)]
    #[serde(flatten)]
    user: UserBody,
    /// What the credential may do at most; the role may allow less.
    scopes: Vec<Word<Scope>>,
    /// Of a session: the token that changes have to bring in `X-CSRF-Token`.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
}

impl Me {
    /// The user, as whom a session acts.
    pub(super) fn signed_in(user: User, csrf_token: String) -> Self {
        let scopes = Scope::ALL.iter().copied().map(Word).collect();
        Self { user: user.into(), scopes, csrf_token: Some(csrf_token) }
    }

    fn new(user: User, caller: &Caller, request: &Request) -> Self {
        let secret = cookie::session(request.headers()).filter(|_| caller.session_id().is_some());
        let scopes = caller.scopes().iter().map(Word).collect();
        Self { user: user.into(), scopes, csrf_token: secret.map(|secret| secret.csrf_token()) }
    }
}

/// A change of one's own profile; what is absent stays.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct UpdateMe {
    /// The name that people read; null clears it.
    display_name: MaybeUndefined<String>,
    /// An e-mail address; null clears it.
    email: MaybeUndefined<String>,
}

/// A change of one's own password.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct ChangePassword {
    /// The password until now. Required of who has one.
    current_password: Option<String>,
    /// The new one: 12 to 128 characters that are not easy to guess. Required.
    new_password: Option<String>,
}

#[derive(ApiResponse)]
enum Found {
    /// Who calls.
    #[oai(status = 200)]
    Ok(Json<Me>, #[oai(header = "ETag")] String),
}

#[derive(ApiResponse)]
enum Changed {
    /// Done.
    #[oai(status = 204)]
    NoContent,
}

/// Operations on oneself.
pub struct MeApi {
    registry: Arc<Registry>,
}

impl MeApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/users/me", tag = "Tag::Users")]
impl MeApi {
    /// Tells who calls.
    #[oai(path = "/", method = "get", operation_id = "getMe")]
    async fn get(&self, auth: Auth, request: &Request) -> Result<Found, ApiError> {
        let user = self.registry.users.me(&auth.0).await?;
        let tag = etag(user.revision);
        Ok(Found::Ok(Json(Me::new(user, &auth.0, request)), tag))
    }

    /// Changes one's own display name and e-mail address.
    #[oai(path = "/", method = "patch", operation_id = "updateMe")]
    async fn update(
        &self,
        auth: Auth,
        request: &Request,
        /// The ETag that the change was made from; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<UpdateMe>,
    ) -> Result<Found, ApiError> {
        let (expected, UpdateMe { display_name, email }) = (expected(if_match.0.as_deref())?, body.0);
        let (display_name, email) = (nullable(display_name), nullable(email));
        let user = self.registry.users.update_me(&auth.0, display_name, email, expected).await?;
        let tag = etag(user.revision);
        Ok(Found::Ok(Json(Me::new(user, &auth.0, request)), tag))
    }

    /// Changes one's own password, and ends one's other sessions.
    #[oai(path = "/password", method = "put", operation_id = "changeMyPassword")]
    async fn change_password(&self, auth: Auth, body: Json<ChangePassword>) -> Result<Changed, ApiError> {
        let ChangePassword { current_password, new_password } = body.0;
        let current = current_password.as_deref().map(Password::presented);
        let new = new_password.unwrap_or_default();
        self.registry.users.change_password(&auth.0, current, &new).await?;
        Ok(Changed::NoContent)
    }

    /// Lists one's own running sessions, newest first.
    #[oai(path = "/sessions", method = "get", operation_id = "listMySessions")]
    async fn sessions(&self, auth: Auth) -> Result<Json<SessionList>, ApiError> {
        let sessions = self.registry.sessions.list(&auth.0, auth.0.user_id()).await?;
        Ok(Json(SessionList::new(sessions, auth.0.session_id())))
    }

    /// Ends one's other sessions: all but the one that asks.
    #[oai(path = "/sessions", method = "delete", operation_id = "endMyOtherSessions")]
    async fn end_others(&self, auth: Auth) -> Result<Json<Ended>, ApiError> {
        let which = auth.0.session_id().map_or(EndedSessions::All, EndedSessions::AllBut);
        let ended = self.registry.sessions.end(&auth.0, auth.0.user_id(), which).await?;
        Ok(Json(Ended { ended }))
    }

    /// Ends one of one's own sessions.
    #[oai(path = "/sessions/:id", method = "delete", operation_id = "endMySession")]
    async fn end(&self, auth: Auth, id: Path<Uuid>) -> Result<Changed, ApiError> {
        let which = EndedSessions::One(SessionId(id.0));
        self.registry.sessions.end(&auth.0, auth.0.user_id(), which).await?;
        Ok(Changed::NoContent)
    }
}
