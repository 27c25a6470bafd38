//! Users, for administrators. (A server owner may look for those of its tenant, to issue keys to them.)

use std::sync::Arc;

use poem_openapi::param::{Header, Path, Query};
use poem_openapi::{ApiResponse, OpenApi};
use registry_core::Registry;
use registry_core::model::id::{TenantId, UserId};
use registry_core::model::role::Role;
use registry_core::model::session::EndedSessions;
use registry_core::model::user::User;
use registry_core::service::ListUsers;
use uuid::Uuid;

use super::Tag;
use super::page::{self, Pagination};
use super::precondition::{etag, expected};
use super::session_body::{Ended, SessionList};
use super::user_body::{CreateUser, UpdateUser, UserBody, UserList};
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;
use crate::word::Word;

#[derive(ApiResponse)]
enum Created {
    /// The user was made.
    #[oai(status = 201)]
    Created(Json<UserBody>, #[oai(header = "ETag")] String, #[oai(header = "Location")] String),
}

#[derive(ApiResponse)]
enum Found {
    /// The user.
    #[oai(status = 200)]
    Ok(Json<UserBody>, #[oai(header = "ETag")] String),
}

impl From<User> for Found {
    fn from(user: User) -> Self {
        let tag = etag(user.revision);
        Self::Ok(Json(user.into()), tag)
    }
}

#[derive(ApiResponse)]
enum Removed {
    /// The user is gone, and its keys are revoked.
    #[oai(status = 204)]
    NoContent,
}

/// Operations on users.
pub struct UserApi {
    registry: Arc<Registry>,
}

impl UserApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/users", tag = "Tag::Users")]
impl UserApi {
    /// Makes a user.
    #[oai(path = "/", method = "post", operation_id = "createUser")]
    async fn create(&self, auth: Auth, body: Json<CreateUser>) -> Result<Created, ApiError> {
        let user = self.registry.users.create(&auth.0, body.0.into()).await?;
        let (tag, location) = (etag(user.revision), format!("/api/users/{}", user.id));
        Ok(Created::Created(Json(user.into()), tag, location))
    }

    /// Lists users by user name: an administrator's list has all, a server owner's those of its tenant.
    #[oai(path = "/", method = "get", operation_id = "listUsers")]
    async fn list(
        &self,
        auth: Auth,
        /// The page, from 1.
        page: Query<Option<u32>>,
        /// The most users of a page: 1 to 100, 20 by default.
        limit: Query<Option<u32>>,
        /// Only this tenant's.
        #[oai(name = "tenantId")]
        tenant_id: Query<Option<Uuid>>,
        /// Only those of this role.
        role: Query<Option<Word<Role>>>,
        /// Only those whose user name, display name or e-mail address has this text, in any case.
        search: Query<Option<String>>,
    ) -> Result<Json<UserList>, ApiError> {
        let list = ListUsers {
            tenant_id: tenant_id.0.map(TenantId),
            role: role.0.map(|word| word.0),
            search: search.0.filter(|text| !text.is_empty()),
            page: page::request(page.0, limit.0)?,
        };
        let found = self.registry.users.list(&auth.0, list).await?;
        let pagination = Pagination::from(&found);
        Ok(Json(UserList { users: found.items.into_iter().map(UserBody::from).collect(), pagination }))
    }

    /// Tells about one user.
    #[oai(path = "/:id", method = "get", operation_id = "getUser")]
    async fn get(&self, auth: Auth, id: Path<Uuid>) -> Result<Found, ApiError> {
        Ok(self.registry.users.get(&auth.0, UserId(id.0)).await?.into())
    }

    /// Changes a user's profile, role, password or identities, disables or enables it; takes effect at once.
    #[oai(path = "/:id", method = "patch", operation_id = "updateUser")]
    async fn update(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the change was made from; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
        body: Json<UpdateUser>,
    ) -> Result<Found, ApiError> {
        let expected = expected(if_match.0.as_deref())?;
        Ok(self.registry.users.update(&auth.0, UserId(id.0), body.0.into(), expected).await?.into())
    }

    /// Removes a user who owns no servers; its sessions end, and its keys are revoked.
    #[oai(path = "/:id", method = "delete", operation_id = "deleteUser")]
    async fn delete(
        &self,
        auth: Auth,
        id: Path<Uuid>,
        /// The ETag that the removal is for; another one answers 412.
        #[oai(name = "If-Match")]
        if_match: Header<Option<String>>,
    ) -> Result<Removed, ApiError> {
        let expected = expected(if_match.0.as_deref())?;
        self.registry.users.delete(&auth.0, UserId(id.0), expected).await?;
        Ok(Removed::NoContent)
    }

    /// Lists the running sessions of a user, newest first.
    #[oai(path = "/:id/sessions", method = "get", operation_id = "listUserSessions")]
    async fn sessions(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<SessionList>, ApiError> {
        let sessions = self.registry.sessions.list(&auth.0, UserId(id.0)).await?;
        Ok(Json(SessionList::new(sessions, auth.0.session_id())))
    }

    /// Ends all sessions of a user.
    #[oai(path = "/:id/sessions", method = "delete", operation_id = "endUserSessions")]
    async fn end_sessions(&self, auth: Auth, id: Path<Uuid>) -> Result<Json<Ended>, ApiError> {
        let ended = self.registry.sessions.end(&auth.0, UserId(id.0), EndedSessions::All).await?;
        Ok(Json(Ended { ended }))
    }
}
