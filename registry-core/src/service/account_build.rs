//! Building records of tenants and users.

use super::context::Context;
use crate::model::id::{TenantId, UserId};
use crate::model::role::Role;
use crate::model::tenant::Tenant;
use crate::model::text::{TenantName, UserName};
use crate::model::user::User;

impl Context {
    /// A new tenant.
    pub(super) fn new_tenant(&self, name: TenantName, requests_per_minute: Option<u32>) -> Tenant {
        let (id, now) = (TenantId(self.clock.new_id()), self.clock.now());
        Tenant {
            id,
            name,
            disabled: false,
            requests_per_minute,
            created_at: now,
            updated_at: now,
            revision: 1,
        }
    }

    /// A new user, of whom nothing else is known.
    pub(super) fn new_user(&self, tenant_id: TenantId, role: Role, username: UserName) -> User {
        let now = self.clock.now();
        User {
            id: UserId(self.clock.new_id()),
            tenant_id,
            role,
            username,
            display_name: None,
            email: None,
            identities: Vec::new(),
            disabled: false,
            created_at: now,
            updated_at: now,
            revision: 1,
        }
    }
}
