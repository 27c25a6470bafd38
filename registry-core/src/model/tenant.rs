//! Tenant: whose servers, users, keys and audit log are kept apart from every other's.

use serde::{Deserialize, Serialize};

use super::id::TenantId;
use super::server::Revision;
use super::text::{TenantName, name_key};
use crate::clock::Timestamp;

/// A tenant. Its name is unique by [`name_key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id; never [`TenantId::SYSTEM`].
    pub id: TenantId,
    /// Its name.
    pub name: TenantName,
    /// The keys, sessions and tokens of a disabled tenant's users are refused.
    pub disabled: bool,
    /// How many requests a minute its users may make together: 1 to 1,000,000; `None` for what the operator set.
    pub requests_per_minute: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How often it was changed; 1 at first.
    pub revision: Revision,
}

impl Tenant {
    /// The most requests a minute that a tenant can be given.
    pub const MAX_REQUESTS_PER_MINUTE: u32 = 1_000_000;

    /// What its name is compared by.
    pub fn name_key(&self) -> String {
        name_key(self.name.as_str())
    }
}
