//! Tenant: whose servers, users, keys and audit log are kept apart from every other's.

use serde::{Deserialize, Serialize};

use super::id::TenantId;
use super::text::{TenantName, name_key};
use crate::clock::Timestamp;

/// A tenant. Its name is unique by [`name_key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id; never [`TenantId::SYSTEM`].
    pub id: TenantId,
    /// Its name.
    pub name: TenantName,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Tenant {
    /// What its name is compared by.
    pub fn name_key(&self) -> String {
        name_key(self.name.as_str())
    }
}
