//! User: who acts, in which tenant and role.

use serde::{Deserialize, Serialize};

use super::id::{TenantId, UserId};
use super::page::PageRequest;
use super::role::Role;
use super::server::Revision;
use super::text::{DisplayName, Email, UserName, name_key};
use crate::access::Reach;
use crate::clock::Timestamp;

/// A user of a tenant. The user name is unique within the tenant by [`name_key`], each identity in the whole store. The
/// password, if it has one, is kept apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Whose user it is; that never changes.
    pub tenant_id: TenantId,
    /// What it may do.
    pub role: Role,
    /// The name to sign in with.
    pub username: UserName,
    /// The name that people read.
    pub display_name: Option<DisplayName>,
    /// Where it gets mail. It identifies nobody.
    pub email: Option<Email>,
    /// As whom it signs in at other places; at most [`User::MAX_IDENTITIES`].
    pub identities: Vec<Identity>,
    /// A disabled user's keys, sessions and tokens are refused.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How often it was changed; 1 at first.
    pub revision: Revision,
}

/// Who somebody is at an issuer of tokens: the pair of claims that identifies (OpenID Connect Core section 2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identity {
    /// The claim `iss`.
    pub issuer: String,
    /// The claim `sub`: at most 255 characters.
    pub subject: String,
}

impl User {
    /// The most identities that a user has.
    pub const MAX_IDENTITIES: usize = 10;

    /// What its user name is compared by.
    pub fn name_key(&self) -> String {
        name_key(self.username.as_str())
    }

    /// Whether it is an administrator who may act, its tenant aside.
    pub fn is_acting_admin(&self) -> bool {
        self.role == Role::Admin && !self.disabled
    }
}

/// Which users a list has; by name key, then tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserQuery {
    /// Whose users can be seen at all.
    pub reach: Reach,
    /// Only this tenant's.
    pub tenant_id: Option<TenantId>,
    /// Only those of this role.
    pub role: Option<Role>,
    /// Only those whose user name, display name or e-mail address has this text, by [`name_key`].
    pub search: Option<String>,
    /// Which page.
    pub page: PageRequest,
}

impl UserQuery {
    /// All users within `reach`.
    pub fn new(reach: Reach) -> Self {
        Self { reach, tenant_id: None, role: None, search: None, page: PageRequest::default() }
    }

    /// Whether `user` belongs in the list: the meaning of the filters, for stores to follow or to call.
    pub fn matches(&self, user: &User) -> bool {
        self.reach.holds(user.tenant_id)
            && self.tenant_id.is_none_or(|tenant| user.tenant_id == tenant)
            && self.role.is_none_or(|role| user.role == role)
            && self.search.as_deref().is_none_or(|text| is_found(user, &name_key(text)))
    }
}

fn is_found(user: &User, text: &str) -> bool {
    let names = [user.display_name.as_ref().map(DisplayName::as_str), user.email.as_ref().map(Email::as_str)];
    user.name_key().contains(text) || names.into_iter().flatten().any(|name| name_key(name).contains(text))
}
