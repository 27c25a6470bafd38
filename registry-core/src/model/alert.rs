//! Alert: something that somebody should know of, until it is over.

use serde::{Deserialize, Serialize};

use super::id::{AlertId, ApiKeyId, ServerId, TenantId, UserId, WebhookId};
use super::key::ApiKey;
use super::role::spelled;
use crate::clock::Timestamp;

/// The most characters of a message.
pub const MAX_MESSAGE: usize = 500;

spelled! {
    /// What an alert is about.
    AlertType {
        /// Something does not work.
        Health = "health",
        /// Something is slow, or works only in part.
        Performance = "performance",
        /// Somebody may do what they should not, or soon cannot do what they should.
        Security = "security",
        /// A limit is in the way.
        Quota = "quota",
    }
}

spelled! {
    /// How bad it is; least first.
    Severity {
        /// To be known.
        Low = "low",
        /// To be looked at.
        Medium = "medium",
        /// To be looked at soon.
        High = "high",
        /// To be looked at now.
        Critical = "critical",
    }
}

spelled! {
    /// How far an alert is.
    AlertStatus {
        /// Nobody has said that they know of it.
        Open = "open",
        /// Somebody knows of it; it is not over.
        Acknowledged = "acknowledged",
        /// It is over.
        Resolved = "resolved",
    }
}

spelled! {
    /// Why an alert was raised. Of a subject there is at most one unresolved alert for each cause.
    AlertCause {
        /// A server failed as many checks in a row as its alert threshold says.
        ServerUnhealthy = "server_unhealthy",
        /// A server failed so often that calls to it are held back.
        CircuitOpen = "circuit_open",
        /// A server answers checks slowly or in part: as many in a row as its alert threshold says.
        ServerDegraded = "server_degraded",
        /// A server declares its tools, resources or prompts otherwise than before.
        CapabilitiesChanged = "capabilities_changed",
        /// Many credentials of one source were refused.
        CredentialsRefused = "credentials_refused",
        /// A key or a user keeps running into its limit.
        LimitExceeded = "limit_exceeded",
        /// A key is about to expire.
        KeyExpiring = "key_expiring",
        /// A key was rotated, and nobody has fetched the new secret.
        KeyUnclaimed = "key_unclaimed",
        /// A webhook's deliveries fail, or it was switched off because they did.
        WebhookFailing = "webhook_failing",
    }
}

impl AlertCause {
    /// What alerts of servers are raised for.
    pub const OF_SERVERS: [Self; 4] =
        [Self::ServerUnhealthy, Self::CircuitOpen, Self::ServerDegraded, Self::CapabilitiesChanged];

    /// The type of its alerts.
    pub const fn alert_type(self) -> AlertType {
        match self {
            Self::ServerUnhealthy | Self::CircuitOpen | Self::WebhookFailing => AlertType::Health,
            Self::ServerDegraded => AlertType::Performance,
            Self::CapabilitiesChanged | Self::CredentialsRefused | Self::KeyExpiring | Self::KeyUnclaimed => {
                AlertType::Security
            }
            Self::LimitExceeded => AlertType::Quota,
        }
    }

    /// Whether its alerts are over when it was not seen for a while: nobody says that it is over.
    pub const fn fades(self) -> bool {
        matches!(self, Self::CircuitOpen | Self::CredentialsRefused | Self::LimitExceeded)
    }
}

spelled! {
    /// What kind of thing an alert is about.
    SubjectKind {
        /// A server.
        Server = "server",
        /// An API key.
        Key = "api_key",
        /// A user.
        User = "user",
        /// A webhook.
        Webhook = "webhook",
        /// An address that requests come from.
        Address = "address",
    }
}

/// A key that an alert is about, with what decides who sees it. None of that changes while the key is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySubject {
    /// The key.
    pub id: ApiKeyId,
    /// As whom it acts.
    pub owner_id: UserId,
    /// Who made it.
    pub created_by: UserId,
    /// The one server that it is for.
    pub server_id: Option<ServerId>,
}

impl KeySubject {
    /// This key.
    pub const fn of(key: &ApiKey) -> Self {
        let ApiKey { id, owner_id, created_by, server_id, .. } = key;
        Self { id: *id, owner_id: *owner_id, created_by: *created_by, server_id: *server_id }
    }
}

/// What an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlertSubject {
    /// A server.
    Server(ServerId),
    /// An API key.
    Key(KeySubject),
    /// A user.
    User(UserId),
    /// A webhook.
    Webhook(WebhookId),
    /// An address that requests come from, or a network, as limits count them.
    Address(String),
}

impl AlertSubject {
    /// What kind of thing it is.
    pub const fn kind(&self) -> SubjectKind {
        match self {
            Self::Server(_) => SubjectKind::Server,
            Self::Key(_) => SubjectKind::Key,
            Self::User(_) => SubjectKind::User,
            Self::Webhook(_) => SubjectKind::Webhook,
            Self::Address(_) => SubjectKind::Address,
        }
    }

    /// Which one: its id, or the address.
    pub fn id(&self) -> String {
        match self {
            Self::Server(id) => id.to_string(),
            Self::Key(key) => key.id.to_string(),
            Self::User(id) => id.to_string(),
            Self::Webhook(id) => id.to_string(),
            Self::Address(address) => address.clone(),
        }
    }

    /// The server that it is, or that the key is for.
    pub const fn server_id(&self) -> Option<ServerId> {
        match self {
            Self::Server(id) => Some(*id),
            Self::Key(key) => key.server_id,
            _ => None,
        }
    }

    /// What tells its alert of this cause from all other unresolved ones.
    pub fn key(&self, cause: AlertCause) -> AlertKey {
        AlertKey(format!("{}:{}:{cause}", self.kind(), self.id()))
    }
}

/// What tells an unresolved alert from all others: subject and cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertKey(String);

impl AlertKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// Whose it is; `None` for what belongs to no tenant.
    pub tenant_id: Option<TenantId>,
    /// Why it was raised.
    pub cause: AlertCause,
    /// How bad it is. It may rise while the alert is not resolved, and never falls.
    pub severity: Severity,
    /// What it is about.
    pub subject: AlertSubject,
    /// A sentence, without secrets and control characters; at most [`MAX_MESSAGE`] characters.
    pub message: String,
    /// How often it happened since it was raised.
    pub occurrences: u64,
    /// When it was raised.
    pub triggered_at: Timestamp,
    /// When it last happened.
    pub last_seen_at: Timestamp,
    /// When somebody said that they know of it.
    pub acknowledged_at: Option<Timestamp>,
    /// Who did.
    pub acknowledged_by: Option<UserId>,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// Who said so; `None` if it was found to be over.
    pub resolved_by: Option<UserId>,
}

impl Alert {
    /// How far it is.
    pub const fn status(&self) -> AlertStatus {
        match (self.resolved_at, self.acknowledged_at) {
            (Some(_), _) => AlertStatus::Resolved,
            (None, Some(_)) => AlertStatus::Acknowledged,
            (None, None) => AlertStatus::Open,
        }
    }

    /// What it is about, as a type.
    pub const fn alert_type(&self) -> AlertType {
        self.cause.alert_type()
    }

    /// What tells it from all other unresolved ones.
    pub fn key(&self) -> AlertKey {
        self.subject.key(self.cause)
    }
}
