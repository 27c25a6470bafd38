//! What is limited.

use std::fmt;

use super::address::AddressKey;
use crate::model::id::{ApiKeyId, ServerId, TenantId, UserId};
use crate::model::role::spelled;

spelled! {
    /// Which limit: the label of metrics, and the name of the policy in headers.
    LimitKind {
        /// A key's own.
        Key = "key",
        /// What a user set for itself on one server.
        Preference = "preference",
        /// A server's own, for all its callers together.
        Server = "server",
        /// A user's, by its role.
        User = "user",
        /// A tenant's, for all its users together.
        Tenant = "tenant",
        /// An address's that signs in.
        SignIn = "signin",
        /// An address's whose credentials were refused.
        Refused = "refused",
        /// An address's that asks for what is public.
        Public = "public",
    }
}

/// Names one bucket. Its text is the same on every node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BucketName {
    /// `key:<id>`
    Key(ApiKeyId),
    /// `pref:<user>:<server>`
    Preference(UserId, ServerId),
    /// `server:<id>`
    Server(ServerId),
    /// `user:<id>`
    User(UserId),
    /// `tenant:<id>`
    Tenant(TenantId),
    /// `signin:<address>`
    SignIn(AddressKey),
    /// `refused:<address>`
    Refused(AddressKey),
    /// `public:<address>`
    Public(AddressKey),
}

impl BucketName {
    /// Which limit it is an instance of.
    pub const fn kind(self) -> LimitKind {
        match self {
            Self::Key(_) => LimitKind::Key,
            Self::Preference(..) => LimitKind::Preference,
            Self::Server(_) => LimitKind::Server,
            Self::User(_) => LimitKind::User,
            Self::Tenant(_) => LimitKind::Tenant,
            Self::SignIn(_) => LimitKind::SignIn,
            Self::Refused(_) => LimitKind::Refused,
            Self::Public(_) => LimitKind::Public,
        }
    }

    /// Whether anybody can make as many of them as it has addresses, without any credentials.
    pub(super) const fn is_of_address(self) -> bool {
        matches!(self, Self::SignIn(_) | Self::Refused(_) | Self::Public(_))
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "key:{id}"),
            Self::Preference(user, server) => write!(f, "pref:{user}:{server}"),
            Self::Server(id) => write!(f, "server:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Tenant(id) => write!(f, "tenant:{id}"),
            Self::SignIn(address) => write!(f, "signin:{address}"),
            Self::Refused(address) => write!(f, "refused:{address}"),
            Self::Public(address) => write!(f, "public:{address}"),
        }
    }
}
