//! The operator's limits.

use super::quota::Limit;
use crate::model::role::Role;

/// How many calls a minute each is allowed. Keys have limits of their own, in their records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Of an administrator. 1,000 by default.
    pub admin: Limit,
    /// Of a server owner. 500 by default.
    pub server_owner: Limit,
    /// Of a user. 100 by default.
    pub user: Limit,
    /// Of an address that signs in, or whose credentials are refused. 20 by default.
    pub anonymous: Limit,
    /// Of all calls of a tenant together. 1,000 by default.
    pub tenant: Limit,
    /// Of an address that asks for health, documentation or static pages. 600 by default.
    pub public: Limit,
    /// Whether the limits in the records of keys and servers, and those that users set for themselves, hold.
    pub own: bool,
}

impl RateLimits {
    /// No limits: for benchmarks and tests that measure something else.
    pub const fn unlimited() -> Self {
        let off = Limit::Unlimited;
        Self {
            admin: off,
            server_owner: off,
            user: off,
            anonymous: off,
            tenant: off,
            public: off,
            own: false,
        }
    }

    /// The limit of a user of this role.
    pub const fn of_role(&self, role: Role) -> Limit {
        match role {
            Role::Admin => self.admin,
            Role::ServerOwner => self.server_owner,
            Role::User => self.user,
        }
    }

    /// What a caller of this role takes from its tenant. An administrator takes nothing from it, so that it can
    /// act in a tenant that has used up its calls.
    pub const fn of_tenant(&self, role: Role) -> Limit {
        match role {
            Role::Admin => Limit::Unlimited,
            Role::ServerOwner | Role::User => self.tenant,
        }
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            admin: Limit::constant::<1_000>(),
            server_owner: Limit::constant::<500>(),
            user: Limit::constant::<100>(),
            anonymous: Limit::constant::<20>(),
            tenant: Limit::constant::<1_000>(),
            public: Limit::constant::<600>(),
            own: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_documented_ones() {
        let limits = RateLimits::default();
        let rpm = |limit| match limit {
            Limit::Of(quota) => (quota.rpm(), quota.burst()),
            Limit::Unlimited => (0, 0),
        };
        assert_eq!(rpm(limits.of_role(Role::Admin)), (1_000, 1_000));
        assert_eq!(rpm(limits.of_role(Role::ServerOwner)), (500, 500));
        assert_eq!(rpm(limits.of_role(Role::User)), (100, 100));
        assert_eq!(rpm(limits.anonymous), (20, 20));
        assert_eq!(rpm(limits.public), (600, 600));
    }

    #[test]
    fn only_an_administrator_takes_nothing_from_the_tenant() {
        let limits = RateLimits::default();
        assert_eq!(limits.of_tenant(Role::Admin), Limit::Unlimited);
        assert_eq!(limits.of_tenant(Role::ServerOwner), limits.tenant);
        assert_eq!(limits.of_tenant(Role::User), limits.tenant);
    }
}
