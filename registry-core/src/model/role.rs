//! Roles of users and scopes of keys.

use serde::{Deserialize, Serialize};

use super::field::Invalid;

/// An enum whose values have one spelling everywhere: API, store, audit log.
pub trait Spelled: Copy + Eq + Send + Sync + 'static {
    /// The enum's name.
    const NAME: &'static str;
    /// Every value.
    const ALL: &'static [Self];

    /// The value's spelling.
    fn as_str(self) -> &'static str;
}

/// Declares a [`Spelled`] enum.
macro_rules! spelled {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The value's one spelling: in the API, in stores and in the audit log.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The value that is spelled so.
            ///
            /// # Errors
            /// [`Invalid`](crate::model::field::Invalid) lists the values that there are.
            pub fn parse(text: &str) -> Result<Self, $crate::model::field::Invalid> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err($crate::model::field::Invalid::new(concat!("must be one of:", $(" ", $text,)*))),
                }
            }
        }

        impl $crate::model::role::Spelled for $name {
            const NAME: &'static str = stringify!($name);
            const ALL: &'static [Self] = Self::ALL;

            fn as_str(self) -> &'static str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use spelled;

spelled! {
    /// What a user may do; the table is [`crate::access`].
    Role {
        /// Everything, in every tenant.
        Admin = "admin",
        /// Registers servers in its tenant and manages its own.
        ServerOwner = "server_owner",
        /// Sees and calls active servers.
        User = "user",
    }
}

impl Role {
    /// Where it stands: a higher role may do all that a lower one may.
    pub const fn rank(self) -> u8 {
        match self {
            Self::User => 0,
            Self::ServerOwner => 1,
            Self::Admin => 2,
        }
    }
}

spelled! {
    /// What a key may do, at most: a key acts by its owner's role, narrowed to its scopes.
    Scope {
        /// Read servers and their health.
        ServerRead = "server:read",
        /// Register, change and remove servers.
        ServerWrite = "server:write",
        /// Run health checks.
        HealthCheck = "health:check",
        /// Call servers through `/mcp/{server}`.
        McpInvoke = "mcp:invoke",
        /// Create, rotate and revoke keys.
        KeysManage = "keys:manage",
        /// Read the audit log and the metrics.
        AuditRead = "audit:read",
        /// Manage tenants and users.
        UsersManage = "users:manage",
    }
}

/// The scopes of a key: at least one. A set of bits, so that a call through the gateway copies it for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Scope>", into = "Vec<Scope>")]
pub struct Scopes(u8);

impl Scopes {
    /// These scopes.
    ///
    /// # Errors
    /// [`Invalid`] if there is none.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Result<Self, Invalid> {
        let bits = scopes.into_iter().fold(0, |bits, scope| bits | bit(scope));
        if bits == 0 {
            return Err(Invalid::new("must have at least one scope"));
        }
        Ok(Self(bits))
    }

    /// Every scope there is.
    pub fn all() -> Self {
        Self(Scope::ALL.iter().fold(0, |bits, scope| bits | bit(*scope)))
    }

    /// The scopes of the key that registering a server makes: read it and call it.
    pub fn of_registration() -> Self {
        Self(bit(Scope::ServerRead) | bit(Scope::McpInvoke))
    }

    /// Whether `scope` is among them.
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & bit(scope) != 0
    }

    /// Whether every one of them is among `others`.
    pub fn is_subset(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// The scopes, in order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.contains(*scope))
    }
}

const fn bit(scope: Scope) -> u8 {
    1 << scope as u8
}

impl Default for Scopes {
    /// `server:read`.
    fn default() -> Self {
        Self(bit(Scope::ServerRead))
    }
}

impl TryFrom<Vec<Scope>> for Scopes {
    type Error = Invalid;

    fn try_from(scopes: Vec<Scope>) -> Result<Self, Invalid> {
        Self::new(scopes)
    }
}

impl From<Scopes> for Vec<Scope> {
    fn from(scopes: Scopes) -> Self {
        scopes.iter().collect()
    }
}
