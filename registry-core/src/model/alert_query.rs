//! Which alerts a list has, and who sees which.

use super::alert::{Alert, AlertCause, AlertStatus, AlertSubject, AlertType, Severity};
use super::id::{AlertId, ServerId, UserId};
use super::page::PageRequest;
use crate::access::Reach;
use crate::clock::Timestamp;
use crate::model::server::{Server, ServerStatus};

/// Who looks at alerts. Who sees a server sees its alerts; a key's are seen by who manages the key; a user's by the user
/// itself; what is about a webhook, an address, or a server that is gone, by administrators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertViewer {
    /// Whose records can be seen at all. Only administrators and the service itself see all tenants'.
    pub reach: Reach,
    /// Whether only active servers are seen.
    pub active_only: bool,
    /// The one server that the caller's key is for.
    pub linked: Option<ServerId>,
    /// Who it is; `None` if all keys and users within its reach are its own matter.
    pub user_id: Option<UserId>,
    /// Whether it sees keys at all.
    pub sees_keys: bool,
}

impl AlertViewer {
    /// The service itself, which sees all.
    pub const SERVICE: Self =
        Self { reach: Reach::AllTenants, active_only: false, linked: None, user_id: None, sees_keys: true };

    /// Whether it sees an alert; `server` is the one that the alert is about, if it is still there.
    pub fn sees(&self, alert: &Alert, server: Option<&Server>) -> bool {
        let holds = alert.tenant_id.map_or(self.sees_all(), |tenant| self.reach.holds(tenant));
        let is_linked = self.linked.is_none_or(|linked| alert.subject.server_id() == Some(linked));
        let is_own = |ids: &[UserId]| self.user_id.is_none_or(|own| ids.contains(&own));
        is_linked
            && match &alert.subject {
                AlertSubject::Server(_) => server.map_or(self.sees_all(), |server| self.sees_server(server)),
                AlertSubject::Key(key) => self.sees_keys && holds && is_own(&[key.owner_id, key.created_by]),
                AlertSubject::User(id) => holds && is_own(&[*id]),
                AlertSubject::Webhook(_) | AlertSubject::Address(_) => self.sees_all(),
            }
    }

    fn sees_server(&self, server: &Server) -> bool {
        self.reach.sees(server) && (!self.active_only || server.status == ServerStatus::Active)
    }

    fn sees_all(&self) -> bool {
        self.reach == Reach::AllTenants
    }
}

/// Which alerts a list has; newest first (by when they were raised, then by id).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertQuery {
    /// Who looks.
    pub viewer: AlertViewer,
    /// Only those that are so far.
    pub status: Option<AlertStatus>,
    /// Only those that are not resolved.
    pub unresolved: bool,
    /// Only of this type.
    pub alert_type: Option<AlertType>,
    /// Only of this cause.
    pub cause: Option<AlertCause>,
    /// Only those that are as bad as this.
    pub severity: Option<Severity>,
    /// Only of this server, and of keys that are for it.
    pub server_id: Option<ServerId>,
    /// Only those raised at this time or later.
    pub from: Option<Timestamp>,
    /// Only those raised before this time.
    pub to: Option<Timestamp>,
    /// Only those that last happened before this time.
    pub seen_before: Option<Timestamp>,
    /// Only the one with this id.
    pub only: Option<AlertId>,
    /// Which page.
    pub page: PageRequest,
}

impl AlertQuery {
    /// All alerts that `viewer` sees.
    pub fn new(viewer: AlertViewer) -> Self {
        Self {
            viewer,
            status: None,
            unresolved: false,
            alert_type: None,
            cause: None,
            severity: None,
            server_id: None,
            from: None,
            to: None,
            seen_before: None,
            only: None,
            page: PageRequest::default(),
        }
    }

    /// Whether `alert` is among those that are asked for, if it is seen: the meaning of the filters, for stores to follow
    /// or to call.
    pub fn matches(&self, alert: &Alert) -> bool {
        self.status.is_none_or(|status| alert.status() == status)
            && (!self.unresolved || alert.resolved_at.is_none())
            && self.alert_type.is_none_or(|alert_type| alert.alert_type() == alert_type)
            && self.cause.is_none_or(|cause| alert.cause == cause)
            && self.severity.is_none_or(|severity| alert.severity == severity)
            && self.server_id.is_none_or(|server| alert.subject.server_id() == Some(server))
            && self.from.is_none_or(|from| alert.triggered_at >= from)
            && self.to.is_none_or(|to| alert.triggered_at < to)
            && self.seen_before.is_none_or(|before| alert.last_seen_at < before)
            && self.only.is_none_or(|id| alert.id == id)
    }
}
