//! Audit: who did what to what, when, from where, and what came of it. See [`crate::chain`] for the proof.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::id::{ApiKeyId, TenantId, UserId};
use super::page::PageRequest;
use super::role::spelled;
use crate::access::Reach;
use crate::clock::Timestamp;

spelled! {
    /// What happened.
    EventType {
        /// A tenant was made.
        TenantCreated = "tenant_created",
        /// A tenant was changed, enabled or disabled.
        TenantUpdated = "tenant_updated",
        /// A tenant was removed.
        TenantDeleted = "tenant_deleted",
        /// A user was made.
        UserCreated = "user_created",
        /// A user's profile, role or identities were changed, or it was enabled or disabled.
        UserUpdated = "user_updated",
        /// A user was removed, and its keys revoked.
        UserDeleted = "user_deleted",
        /// A user's password was set.
        PasswordChanged = "password_changed",
        /// Somebody signed in.
        Login = "login",
        /// Somebody signed out.
        Logout = "logout",
        /// Sessions of a user were ended otherwise than by signing out.
        SessionsEnded = "sessions_ended",
        /// A user's preferences were changed.
        PreferencesUpdated = "preferences_updated",
        /// A server was registered, and a key for it made.
        ServerRegistered = "server_registered",
        /// A server was changed.
        ServerUpdated = "server_updated",
        /// A server was removed, and the keys linked to it revoked.
        ServerDeleted = "server_deleted",
        /// What a server lists was found out for the first time.
        CapabilitiesListed = "capabilities_listed",
        /// A server lists other tools, resources or prompts than before.
        CapabilitiesChanged = "capabilities_changed",
        /// A tool that was withheld was approved.
        ToolApproved = "tool_approved",
        /// A key was made.
        ApiKeyGenerated = "api_key_generated",
        /// A key's name, description or scopes were changed.
        ApiKeyUpdated = "api_key_updated",
        /// A key was rotated.
        ApiKeyRotated = "api_key_rotated",
        /// The secret of a key that was rotated without being asked was fetched.
        ApiKeyClaimed = "api_key_claimed",
        /// A key was revoked.
        ApiKeyRevoked = "api_key_revoked",
        /// Somebody checked a server's health.
        HealthCheckPerformed = "health_check_performed",
        /// A check found a server in another state than the one before.
        HealthStatusChanged = "health_status_changed",
        /// A server's credentials were opened: to call it, to check it, or to connect to it before a change.
        CredentialsOpened = "credentials_opened",
        /// A credential was refused.
        AuthenticationFailed = "authentication_failed",
        /// A limit was exceeded.
        RateLimitExceeded = "rate_limit_exceeded",
        /// An alert was raised, or got worse.
        AlertRaised = "alert_raised",
        /// An alert is over.
        AlertResolved = "alert_resolved",
        /// Somebody said that they know of an alert.
        AlertAcknowledged = "alert_acknowledged",
        /// A webhook was made.
        WebhookCreated = "webhook_created",
        /// A webhook was changed, switched on or off.
        WebhookUpdated = "webhook_updated",
        /// A webhook was removed.
        WebhookDeleted = "webhook_deleted",
        /// A webhook got a new secret.
        WebhookSecretRotated = "webhook_secret_rotated",
        /// A delivery that was given up is sent again.
        WebhookDeliveryRetried = "webhook_delivery_retried",
    }
}

impl EventType {
    /// What it happens to, and what is done. A limit is exceeded and a credential refused by whoever an address stands
    /// for, unless more is known.
    pub const fn nature(self) -> (ResourceType, Action) {
        match self {
            Self::TenantCreated => (ResourceType::Tenant, Action::Create),
            Self::TenantUpdated => (ResourceType::Tenant, Action::Update),
            Self::TenantDeleted => (ResourceType::Tenant, Action::Delete),
            Self::UserCreated => (ResourceType::User, Action::Create),
            Self::UserUpdated | Self::PasswordChanged | Self::PreferencesUpdated => {
                (ResourceType::User, Action::Update)
            }
            Self::UserDeleted => (ResourceType::User, Action::Delete),
            Self::Login => (ResourceType::Session, Action::Create),
            Self::Logout => (ResourceType::Session, Action::End),
            Self::SessionsEnded => (ResourceType::User, Action::End),
            Self::ServerRegistered => (ResourceType::Server, Action::Create),
            Self::ServerUpdated | Self::HealthStatusChanged => (ResourceType::Server, Action::Update),
            Self::ServerDeleted => (ResourceType::Server, Action::Delete),
            Self::HealthCheckPerformed => (ResourceType::Server, Action::Check),
            Self::CapabilitiesListed | Self::CapabilitiesChanged => (ResourceType::Server, Action::Update),
            Self::ToolApproved => (ResourceType::Server, Action::Approve),
            Self::CredentialsOpened => (ResourceType::Server, Action::Open),
            Self::ApiKeyGenerated => (ResourceType::ApiKey, Action::Create),
            Self::ApiKeyUpdated => (ResourceType::ApiKey, Action::Update),
            Self::ApiKeyRotated => (ResourceType::ApiKey, Action::Rotate),
            Self::ApiKeyClaimed => (ResourceType::ApiKey, Action::Claim),
            Self::ApiKeyRevoked => (ResourceType::ApiKey, Action::Revoke),
            Self::AuthenticationFailed => (ResourceType::Address, Action::Authenticate),
            Self::RateLimitExceeded => (ResourceType::Address, Action::Exceed),
            Self::AlertRaised => (ResourceType::Alert, Action::Raise),
            Self::AlertResolved => (ResourceType::Alert, Action::Resolve),
            Self::WebhookCreated => (ResourceType::Webhook, Action::Create),
            Self::WebhookUpdated => (ResourceType::Webhook, Action::Update),
            Self::WebhookDeleted => (ResourceType::Webhook, Action::Delete),
            Self::WebhookSecretRotated => (ResourceType::Webhook, Action::Rotate),
            Self::WebhookDeliveryRetried => (ResourceType::Webhook, Action::Retry),
            Self::AlertAcknowledged => (ResourceType::Alert, Action::Acknowledge),
        }
    }
}

spelled! {
    /// What it happened to.
    ResourceType {
        /// A tenant.
        Tenant = "tenant",
        /// A user.
        User = "user",
        /// A server.
        Server = "server",
        /// An API key.
        ApiKey = "api_key",
        /// A session.
        Session = "session",
        /// An address that requests come from.
        Address = "address",
        /// An alert.
        Alert = "alert",
        /// A webhook.
        Webhook = "webhook",
    }
}

spelled! {
    /// What was done.
    Action {
        /// Made.
        Create = "create",
        /// Changed.
        Update = "update",
        /// Removed.
        Delete = "delete",
        /// Rotated.
        Rotate = "rotate",
        /// Fetched, by whoever it was for.
        Claim = "claim",
        /// Revoked.
        Revoke = "revoke",
        /// Opened: what was encrypted is read.
        Open = "open",
        /// Checked.
        Check = "check",
        /// Approved: what was withheld is let through.
        Approve = "approve",
        /// Proved who one is, or failed to.
        Authenticate = "authenticate",
        /// Ended.
        End = "end",
        /// Called more often than a limit allows.
        Exceed = "exceed",
        /// Raised.
        Raise = "raise",
        /// Found, or said, to be over.
        Resolve = "resolve",
        /// Said to be known.
        Acknowledge = "acknowledge",
        /// Tried again.
        Retry = "retry",
    }
}

spelled! {
    /// What came of it.
    AuditResult {
        /// It was done.
        Success = "success",
        /// It failed.
        Failure = "failure",
        /// It was refused.
        Unauthorized = "unauthorized",
    }
}

/// From where a request came. All of it is what the client says, but the address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The peer's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<IpAddr>,
    /// Its `User-Agent`, at most [`Origin::MAX_USER_AGENT`] characters, without control characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The request's id (`X-Request-Id`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Origin {
    /// The most characters of a user agent that are kept.
    pub const MAX_USER_AGENT: usize = 256;

    /// An origin; a longer user agent is cut, control characters are dropped.
    pub fn new(ip_address: Option<IpAddr>, user_agent: Option<&str>, request_id: Option<String>) -> Self {
        let tidy = |text: &str| text.chars().filter(|c| !c.is_control()).take(Self::MAX_USER_AGENT).collect();
        Self { ip_address, user_agent: user_agent.map(tidy), request_id }
    }
}

/// What a change says of itself. The store numbers it, links it to the chain and stores it with the change.
///
/// As JSON it is what the API shows of an entry, but for `seq`, `previousHash` and `hash`; so whoever reads the log can
/// compute the hashes again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    /// Its id.
    pub id: Uuid,
    /// In whose chain it stands; [`TenantId::SYSTEM`] for what belongs to no tenant.
    pub tenant_id: TenantId,
    /// What happened.
    pub event_type: EventType,
    /// Who did it; `None` for the service itself, or somebody unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<UserId>,
    /// With which key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_id: Option<ApiKeyId>,
    /// What it happened to.
    pub resource_type: ResourceType,
    /// Which one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<Uuid>,
    /// What was done.
    pub action: Action,
    /// What came of it.
    pub result: AuditResult,
    /// When.
    pub timestamp: Timestamp,
    /// From where.
    #[serde(flatten)]
    pub origin: Origin,
    /// More, such as what changed; never a secret. Numbers are whole and below 2^53; see [`crate::chain::next`].
    pub metadata: Map<String, Value>,
}

/// SHA-256, in a chain.
pub type ChainHash = [u8; 32];

/// An event in its place in the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number in the tenant's chain, from 1, without gaps.
    pub seq: u64,
    /// The hash of the entry before it; zeros for the first.
    #[serde(with = "hex::serde")]
    pub previous_hash: ChainHash,
    /// Its own hash, [`crate::chain::hash`].
    #[serde(with = "hex::serde")]
    pub hash: ChainHash,
    /// What happened.
    pub event: AuditEvent,
}

/// The last entry of a tenant's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// Whose chain.
    pub tenant_id: TenantId,
    /// The last entry's number; 0 for an empty chain.
    pub seq: u64,
    /// Its hash; zeros for an empty chain.
    pub hash: ChainHash,
}

/// Which entries a list has; newest first (by time, then by id).
#[derive(Debug, Clone, PartialEq)]
pub struct AuditQuery {
    /// Whose entries can be seen at all.
    pub reach: Reach,
    /// Only this tenant's.
    pub tenant_id: Option<TenantId>,
    /// Only this type.
    pub event_type: Option<EventType>,
    /// Only this actor's.
    pub actor_id: Option<UserId>,
    /// Only of this kind of resource.
    pub resource_type: Option<ResourceType>,
    /// Only of this resource.
    pub resource_id: Option<Uuid>,
    /// Only of this request.
    pub request_id: Option<String>,
    /// Only from this time on.
    pub from: Option<Timestamp>,
    /// Only before this time.
    pub to: Option<Timestamp>,
    /// Which page.
    pub page: PageRequest,
}

impl AuditQuery {
    /// All entries within `reach`.
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            tenant_id: None,
            event_type: None,
            actor_id: None,
            resource_type: None,
            resource_id: None,
            request_id: None,
            from: None,
            to: None,
            page: PageRequest::default(),
        }
    }

    /// Whether `event` belongs in the list: the meaning of the filters, for stores to follow or to call.
    pub fn matches(&self, event: &AuditEvent) -> bool {
        self.reach.holds(event.tenant_id)
            && self.tenant_id.is_none_or(|tenant| event.tenant_id == tenant)
            && self.event_type.is_none_or(|event_type| event.event_type == event_type)
            && self.actor_id.is_none_or(|actor| event.actor_id == Some(actor))
            && self.resource_type.is_none_or(|resource| event.resource_type == resource)
            && self.resource_id.is_none_or(|resource| event.resource_id == Some(resource))
            && self
                .request_id
                .as_ref()
                .is_none_or(|request| event.origin.request_id.as_ref() == Some(request))
            && self.from.is_none_or(|from| event.timestamp >= from)
            && self.to.is_none_or(|to| event.timestamp < to)
    }
}
