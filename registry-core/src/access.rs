//! Who may do what: callers, the role matrix and the scopes of keys.
//!
//! Every service method decides in its first line by [`require`] (or [`Caller::require`] for what has no record
//! yet). What a caller cannot see is not found; what it sees but may not do is forbidden.

use std::sync::Arc;

use crate::error::Error;
use crate::model::alert::{Alert, AlertSubject};
use crate::model::alert_query::AlertViewer;
use crate::model::audit::Origin;
use crate::model::id::{ApiKeyId, ServerId, SessionId, TenantId, UserId};
use crate::model::key::ApiKey;
use crate::model::role::{Role, Scope, Scopes};
use crate::model::server::{Server, ServerStatus};
use crate::model::tools::Tools;
use crate::model::user::User;

/// Something that a caller may be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Register servers.
    ServerCreate,
    /// See servers and their health.
    ServerRead,
    /// Change a server.
    ServerUpdate,
    /// Remove a server.
    ServerDelete,
    /// Check a server's health.
    HealthCheck,
    /// Call a server through the gateway.
    McpInvoke,
    /// Make keys.
    KeyCreate,
    /// See keys and their usage.
    KeyRead,
    /// Change a key's name, description or scopes.
    KeyUpdate,
    /// Rotate a key.
    KeyRotate,
    /// Fetch the secret of a key of one's own that was rotated without being asked.
    KeyClaim,
    /// Revoke a key.
    KeyRevoke,
    /// See alerts.
    AlertRead,
    /// Acknowledge and resolve alerts.
    AlertUpdate,
    /// See, make, change and remove webhooks, and what is delivered to them.
    WebhookManage,
    /// Read the audit log and the metrics.
    AuditRead,
    /// Read one's own preferences for servers.
    PreferenceRead,
    /// Change one's own preferences for servers.
    PreferenceUpdate,
    /// Know who one is, as the registry sees it.
    SelfRead,
    /// Change one's own profile and password, see and end one's own sessions.
    SelfUpdate,
    /// See users.
    UserRead,
    /// Make, change and remove users; end their sessions.
    UserManage,
    /// See, make, change and remove tenants.
    TenantManage,
}

/// How far a role's permission goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Nowhere.
    None,
    /// Only what is the caller's own: it owns or made it, or it belongs to a server of the caller's.
    Own,
    /// All that the caller sees.
    All,
}

impl Permission {
    /// The scope that a key or token needs for it; `None` if any may.
    pub const fn scope(self) -> Option<Scope> {
        Some(match self {
            Self::SelfRead => return None,
            Self::ServerRead | Self::PreferenceRead | Self::AlertRead => Scope::ServerRead,
            Self::PreferenceUpdate | Self::AlertUpdate | Self::WebhookManage => Scope::ServerWrite,
            Self::SelfUpdate | Self::UserRead | Self::UserManage | Self::TenantManage => Scope::UsersManage,
            Self::ServerCreate | Self::ServerUpdate | Self::ServerDelete => Scope::ServerWrite,
            Self::HealthCheck => Scope::HealthCheck,
            Self::McpInvoke => Scope::McpInvoke,
            Self::KeyCreate
            | Self::KeyRead
            | Self::KeyUpdate
            | Self::KeyRotate
            | Self::KeyClaim
            | Self::KeyRevoke => Scope::KeysManage,
            Self::AuditRead => Scope::AuditRead,
        })
    }

    /// The role matrix.
    pub const fn extent(self, role: Role) -> Extent {
        match (role, self) {
            (Role::Admin, _) | (_, Self::ServerRead | Self::McpInvoke | Self::SelfRead | Self::AlertRead) => {
                Extent::All
            }
            (_, Self::AuditRead | Self::UserManage | Self::TenantManage | Self::WebhookManage) => {
                Extent::None
            }
            (_, Self::PreferenceRead | Self::PreferenceUpdate | Self::SelfUpdate | Self::AlertUpdate) => {
                Extent::Own
            }
            // Who issues a key to somebody has to find them (C37).
            (Role::ServerOwner, Self::UserRead) => Extent::All,
            (Role::ServerOwner, Self::ServerCreate | Self::KeyCreate | Self::KeyRead) => Extent::Own,
            (Role::ServerOwner, _) | (Role::User, Self::KeyRead | Self::KeyClaim) => Extent::Own,
            (Role::User, _) => Extent::None,
        }
    }
}

/// Whose records can be seen at all. Every read of a store names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The tenant's own, and servers that are shared.
    Tenant(TenantId),
    /// Every tenant's: administrators, and the service itself.
    AllTenants,
}

impl Reach {
    /// Whether records of `tenant` are within it.
    pub fn holds(self, tenant: TenantId) -> bool {
        match self {
            Self::Tenant(own) => own == tenant,
            Self::AllTenants => true,
        }
    }

    /// Whether `server` is within it: a shared server is within everybody's.
    pub fn sees(self, server: &Server) -> bool {
        server.is_shared() || server.tenant_id.is_some_and(|tenant| self.holds(tenant))
    }

    /// Whether `server` is of a tenant that is reached, and not merely shared with it: how it is used is told to such only.
    pub fn owns(self, server: &Server) -> bool {
        server.tenant_id.map_or(self == Self::AllTenants, |tenant| self.holds(tenant))
    }
}

/// With what a caller proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Whoever runs the command line has the store in hand anyway.
    Operator,
    /// An API key.
    Key { id: ApiKeyId, scopes: Scopes, server_id: Option<ServerId> },
    /// A session: somebody signed in.
    Session { id: SessionId },
    /// A bearer token of an issuer that the operator trusts.
    Token { scopes: Scopes },
}

impl Proof {
    /// What it may do at most; `None` if only the role bounds it.
    pub(crate) fn scopes(&self) -> Option<Scopes> {
        match self {
            Self::Operator | Self::Session { .. } => None,
            Self::Key { scopes, .. } | Self::Token { scopes } => Some(*scopes),
        }
    }

    /// Whether its scopes give `permission`.
    pub(crate) fn gives(&self, permission: Permission) -> bool {
        match (self.scopes(), permission.scope()) {
            (Some(scopes), Some(needed)) => scopes.contains(needed),
            _ => true,
        }
    }
}

/// Who acts. Only authentication makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    user_id: UserId,
    tenant_id: TenantId,
    role: Role,
    proof: Proof,
    /// The tools that its key is narrowed to.
    tools: Option<Arc<Tools>>,
    origin: Origin,
}

impl Caller {
    /// The caller that this user is, who proved it so, and acts in this role.
    pub(crate) fn proven(user: &User, role: Role, proof: Proof, origin: Origin) -> Self {
        Self { user_id: user.id, tenant_id: user.tenant_id, role, proof, tools: None, origin }
    }

    /// The same, whose key is narrowed to these tools.
    pub(crate) fn narrowed_to(self, tools: Option<Arc<Tools>>) -> Self {
        Self { tools, ..self }
    }

    /// The operator at the command line, acting as this user: neither role nor scope narrows what it may do.
    pub(crate) fn operator(user_id: UserId, tenant_id: TenantId, role: Role) -> Self {
        Self { user_id, tenant_id, role, proof: Proof::Operator, tools: None, origin: Origin::default() }
    }

    /// As whom it acts.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// In which tenant it acts.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    /// In which role it acts.
    pub fn role(&self) -> Role {
        self.role
    }

    /// From where it acts.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The key that it proved itself with.
    pub fn api_key_id(&self) -> Option<ApiKeyId> {
        match &self.proof {
            Proof::Key { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The session that it proved itself with.
    pub fn session_id(&self) -> Option<SessionId> {
        match &self.proof {
            Proof::Session { id } => Some(*id),
            _ => None,
        }
    }

    /// The scopes that bound it: those of its key or token; all of them if only its role does.
    pub fn scopes(&self) -> Scopes {
        self.proof.scopes().unwrap_or_else(Scopes::all)
    }

    /// The one server that its key is for.
    pub fn linked_server(&self) -> Option<ServerId> {
        match &self.proof {
            Proof::Key { server_id, .. } => *server_id,
            _ => None,
        }
    }

    /// The tools that its key is narrowed to.
    pub fn tools(&self) -> Option<&Tools> {
        self.tools.as_deref()
    }

    /// Whether `key` has no more than the caller has: no other scopes, server or tools.
    pub fn covers(&self, key: &ApiKey) -> bool {
        let linked = self.linked_server();
        self.proof.scopes().is_none_or(|own| key.scopes.is_subset(own))
            && (linked.is_none() || linked == key.server_id)
            && self.tools().is_none_or(|own| own.cover(key.tools.as_ref()))
    }

    /// Whether it may decide over keys that act in `role`: in no higher role than its own.
    pub fn outranks(&self, role: Role) -> bool {
        role.rank() <= self.role.rank() || matches!(self.proof, Proof::Operator)
    }

    /// Whose records it can see at all.
    pub fn reach(&self) -> Reach {
        match self.role {
            Role::Admin => Reach::AllTenants,
            Role::ServerOwner | Role::User => Reach::Tenant(self.tenant_id),
        }
    }

    /// Whether lists leave out servers that are not active.
    pub fn sees_active_only(&self) -> bool {
        self.role == Role::User
    }

    /// How far it may go with `permission`; for what has no record yet.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if its role or its key's scopes do not give it.
    pub fn require(&self, permission: Permission) -> Result<Extent, Error> {
        if self.proof == Proof::Operator {
            return Ok(Extent::All);
        }
        if !self.proof.gives(permission) {
            let scope = permission.scope().map_or("", Scope::as_str);
            return Err(Error::Forbidden(format!("the key lacks the scope {scope}")));
        }
        // Who manages users could sign in as one, and would then be bound to no server, nor to some tools.
        let is_bound = self.linked_server().is_some() || self.tools.is_some();
        if is_bound && permission.scope() == Some(Scope::UsersManage) {
            return Err(Error::Forbidden("the key is for one server or some tools only".to_owned()));
        }
        match permission.extent(self.role) {
            Extent::None => Err(Error::Forbidden(format!("the role {} does not allow this", self.role))),
            extent => Ok(extent),
        }
    }
}

/// A record that access is decided on.
pub trait Resource {
    /// Whether the caller may know that it exists.
    fn is_visible_to(&self, caller: &Caller) -> bool;

    /// Whether it is the caller's own.
    fn is_owned_by(&self, caller: &Caller) -> bool;
}

impl Resource for Server {
    fn is_visible_to(&self, caller: &Caller) -> bool {
        caller.reach().sees(self)
            && caller.linked_server().is_none_or(|linked| linked == self.id)
            && (!caller.sees_active_only() || self.status == ServerStatus::Active)
    }

    fn is_owned_by(&self, caller: &Caller) -> bool {
        self.tenant_id == Some(caller.tenant_id) && self.owner_id == caller.user_id
    }
}

/// A key, and the server that it is linked to, if that is still there.
#[derive(Debug, Clone, Copy)]
pub struct KeyResource<'a> {
    /// The key.
    pub key: &'a ApiKey,
    /// Its server.
    pub server: Option<&'a Server>,
}

impl Resource for KeyResource<'_> {
    fn is_visible_to(&self, caller: &Caller) -> bool {
        let linked = caller.linked_server();
        caller.reach().holds(self.key.tenant_id)
            && linked.is_none_or(|linked| self.key.server_id == Some(linked))
            && (caller.role == Role::Admin || self.is_owned_by(caller))
    }

    fn is_owned_by(&self, caller: &Caller) -> bool {
        let ApiKey { owner_id, created_by, .. } = self.key;
        [*owner_id, *created_by].contains(&caller.user_id)
            || self.server.is_some_and(|s| s.is_owned_by(caller))
    }
}

/// An alert that the caller sees, and the server that it is about, if that is still there.
#[derive(Debug, Clone, Copy)]
pub struct AlertResource<'a> {
    /// The alert.
    pub alert: &'a Alert,
    /// Its server, or its key's.
    pub server: Option<&'a Server>,
}

impl Resource for AlertResource<'_> {
    fn is_visible_to(&self, caller: &Caller) -> bool {
        AlertViewer::of(caller).sees(self.alert, self.server)
    }

    fn is_owned_by(&self, caller: &Caller) -> bool {
        let owns_server = self.server.is_some_and(|server| server.is_owned_by(caller));
        match &self.alert.subject {
            AlertSubject::Server(_) => owns_server,
            AlertSubject::Key(key) => [key.owner_id, key.created_by].contains(&caller.user_id),
            AlertSubject::User(id) => *id == caller.user_id,
            AlertSubject::Webhook(_) | AlertSubject::Address(_) => false,
        }
    }
}

impl AlertViewer {
    /// This caller.
    pub fn of(caller: &Caller) -> Self {
        let is_admin = caller.role == Role::Admin;
        Self {
            reach: caller.reach(),
            active_only: caller.sees_active_only(),
            linked: caller.linked_server(),
            user_id: (!is_admin).then_some(caller.user_id),
            sees_keys: caller.proof.gives(Permission::KeyRead),
        }
    }
}

impl Resource for User {
    /// Who may not list users knows only oneself.
    fn is_visible_to(&self, caller: &Caller) -> bool {
        let sees_others = Permission::UserRead.extent(caller.role) != Extent::None;
        caller.reach().holds(self.tenant_id) && (sees_others || self.is_owned_by(caller))
    }

    fn is_owned_by(&self, caller: &Caller) -> bool {
        self.id == caller.user_id
    }
}

/// Whether `caller` may use `permission` on `resource`.
///
/// # Errors
/// [`Error::NotFound`] if it may not know of the resource, [`Error::Forbidden`] if it may not do this with it.
pub fn require(caller: &Caller, permission: Permission, resource: &impl Resource) -> Result<(), Error> {
    if !resource.is_visible_to(caller) {
        return Err(Error::NotFound);
    }
    match caller.require(permission)? {
        Extent::All => Ok(()),
        Extent::Own if resource.is_owned_by(caller) => Ok(()),
        _ => Err(Error::Forbidden("it belongs to somebody else".to_owned())),
    }
}
