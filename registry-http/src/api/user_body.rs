//! Users as the API takes and shows them.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use poem_openapi::types::MaybeUndefined;
use registry_core::model::account_input::{UserChange, UserInput};
use registry_core::model::role::Role;
use registry_core::model::user::{Identity, User};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::page::Pagination;
use super::server_input::nullable;
use crate::word::Word;

/// A new user.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
pub(super) struct CreateUser {
    /// The name to sign in with: 1 to 100 characters without spaces, unlike every other one of the tenant. Required.
    username: Option<String>,
    /// The name that people read: 1 to 100 characters.
    display_name: Option<String>,
    /// An e-mail address.
    email: Option<String>,
    /// `admin`, `server_owner` or `user`. Required.
    role: Option<String>,
    /// Whose user it is to be. Required.
    tenant_id: Option<String>,
    /// Its first password: 12 to 128 characters that are not easy to guess. Without one it signs in elsewhere only.
    password: Option<String>,
}

impl From<CreateUser> for UserInput {
    fn from(body: CreateUser) -> Self {
        let CreateUser { username, display_name, email, role, tenant_id, password } = body;
        Self { username, display_name, email, role, tenant_id, password }
    }
}

/// A change of a user; what is absent stays.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
pub(super) struct UpdateUser {
    /// The name to sign in with.
    username: Option<String>,
    /// The name that people read; null clears it.
    display_name: MaybeUndefined<String>,
    /// An e-mail address; null clears it.
    email: MaybeUndefined<String>,
    /// `admin`, `server_owner` or `user`.
    role: Option<String>,
    /// A disabled user can do nothing.
    disabled: Option<bool>,
    /// A new password, which ends the user's sessions; null takes it away.
    password: MaybeUndefined<String>,
    /// As whom the user signs in elsewhere: all of it.
    identities: Option<Vec<IdentityBody>>,
}

impl From<UpdateUser> for UserChange {
    fn from(body: UpdateUser) -> Self {
        Self {
            username: body.username,
            display_name: nullable(body.display_name),
            email: nullable(body.email),
            role: body.role,
            disabled: body.disabled,
            password: nullable(body.password),
            identities: body.identities.map(|all| all.into_iter().map(Identity::from).collect()),
        }
    }
}

/// Who somebody is at an issuer.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "Identity")]
pub(super) struct IdentityBody {
    /// The issuer: the claim `iss`.
    issuer: String,
    /// The subject: the claim `sub`.
    subject: String,
}

impl From<IdentityBody> for Identity {
    fn from(body: IdentityBody) -> Self {
        Self { issuer: body.issuer, subject: body.subject }
    }
}

impl From<Identity> for IdentityBody {
    fn from(identity: Identity) -> Self {
        Self { issuer: identity.issuer, subject: identity.subject }
    }
}

/// A user.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "User")]
pub(super) struct UserBody {
    /// Its id.
    id: Uuid,
    /// Whose user it is.
    tenant_id: Uuid,
    /// The name to sign in with.
    username: String,
    /// The name that people read.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    /// An e-mail address.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// What it may do.
    role: Word<Role>,
    /// Whether it can do nothing.
    disabled: bool,
    /// As whom it signs in elsewhere.
    identities: Vec<IdentityBody>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
    /// How often it was changed, as in its ETag.
    revision: u64,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id.0,
            tenant_id: user.tenant_id.0,
            username: user.username.into(),
            display_name: user.display_name.map(String::from),
            email: user.email.map(String::from),
            role: Word(user.role),
            disabled: user.disabled,
            identities: user.identities.into_iter().map(IdentityBody::from).collect(),
            created_at: user.created_at,
            updated_at: user.updated_at,
            revision: user.revision,
        }
    }
}

/// A page of users.
#[derive(Debug, Object, Serialize)]
pub(super) struct UserList {
    /// The users, by user name.
    pub(super) users: Vec<UserBody>,
    /// Where the page stands.
    pub(super) pagination: Pagination,
}
