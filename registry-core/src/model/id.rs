//! Ids: one UUID type for each noun, so that no id is taken for another's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// Names a tenant.
    TenantId;
    /// Names a user.
    UserId;
    /// Names a registered server.
    ServerId;
    /// Names an API key; it stays when the key is rotated.
    ApiKeyId;
    /// Names a health check.
    HealthCheckId;
    /// Names a job of health checks.
    HealthJobId;
    /// Names a session of somebody who signed in. It is no secret.
    SessionId;
}

impl TenantId {
    /// The audit chain of what belongs to no tenant (the nil UUID, RFC 9562 section 5.9). No tenant has it.
    pub const SYSTEM: Self = Self(Uuid::nil());
}
