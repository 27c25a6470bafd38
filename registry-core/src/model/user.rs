//! User: who acts, in which tenant and role. Signing in is another module's matter.

use serde::{Deserialize, Serialize};

use super::id::{TenantId, UserId};
use super::role::Role;
use super::text::{DisplayName, UserName, name_key};
use crate::clock::Timestamp;

/// A user of a tenant. The user name is unique within the tenant by [`name_key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Whose user it is.
    pub tenant_id: TenantId,
    /// What it may do.
    pub role: Role,
    /// The name to sign in with.
    pub username: UserName,
    /// The name that people read.
    pub display_name: Option<DisplayName>,
    /// A disabled user's keys are refused.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

impl User {
    /// What its user name is compared by.
    pub fn name_key(&self) -> String {
        name_key(self.username.as_str())
    }
}
