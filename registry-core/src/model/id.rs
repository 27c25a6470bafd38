//! Ids: one UUID type for each noun, so that no id is taken for another's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
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
    /// Names an alert.
    AlertId;
    /// Names a webhook.
    WebhookId;
    /// Names a delivery to a webhook.
    DeliveryId;
}

impl TenantId {
    /// The audit chain of what belongs to no tenant (the nil UUID, RFC 9562 section 5.9). No tenant has it.
    pub const SYSTEM: Self = Self(Uuid::nil());
}

/// An id that follows from another one and from what it is for: the same again each time (a UUID of version 8, RFC 9562
/// section 5.8, of SHA-256). For what a store writes besides the record that it was given.
pub fn derived_id(from: Uuid, what: &str) -> Uuid {
    let digest = Sha256::new().chain_update(from.as_bytes()).chain_update(what.as_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
