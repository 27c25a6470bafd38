//! Webhook: a URL that is told of alerts.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::alert::{Alert, AlertType, Severity};
use super::delivery::Attempt;
use super::endpoint::{Endpoint, Transport};
use super::field::{FieldErrors, Invalid};
use super::id::{TenantId, UserId, WebhookId};
use super::server::Revision;
use super::text::WebhookName;
use crate::clock::Timestamp;
use crate::secret::{Sealed, SecretContext};

/// How long the old secret signs too after a rotation.
pub const SECRET_OVERLAP: TimeDelta = TimeDelta::hours(24);
/// The most webhooks that a tenant has, and as many that are of no tenant.
pub const MAX_WEBHOOKS: usize = 20;

/// Which alerts a webhook is told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookFilter {
    /// Only these types, in order; none for all.
    pub alert_types: Vec<AlertType>,
    /// Only those that are at least so bad.
    pub min_severity: Severity,
}

impl WebhookFilter {
    /// Whether `alert` is among them.
    pub fn takes(&self, alert: &Alert) -> bool {
        alert.severity >= self.min_severity
            && (self.alert_types.is_empty() || self.alert_types.contains(&alert.alert_type()))
    }
}

/// A secret that still signs beside the one that replaced it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// The secret, encrypted.
    pub secret: Sealed,
    /// When it stops signing.
    pub valid_until: Timestamp,
}

/// How a webhook's deliveries went. Deliveries write it; an update of the webhook leaves it alone, unless that switches the
/// webhook on, which begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WebhookState {
    /// Since when every attempt failed; `None` if the last one did not.
    pub failing_since: Option<Timestamp>,
    /// When an attempt last succeeded.
    pub last_success_at: Option<Timestamp>,
}

impl WebhookState {
    /// The state after this attempt.
    #[must_use]
    pub fn after(self, attempt: &Attempt) -> Self {
        match attempt.error {
            None => Self { failing_since: None, last_success_at: Some(attempt.at) },
            Some(_) => Self { failing_since: self.failing_since.or(Some(attempt.at)), ..self },
        }
    }
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose alerts it is told of; `None` for every tenant's, and those of no tenant.
    pub tenant_id: Option<TenantId>,
    /// Its name.
    pub name: WebhookName,
    /// Where it is.
    pub endpoint: Endpoint,
    /// Of what it is told.
    pub filter: WebhookFilter,
    /// Whether it is told of anything.
    pub enabled: bool,
    /// What its deliveries are signed with, encrypted.
    pub secret: Sealed,
    /// What they are also signed with, for a while after a rotation.
    pub previous: Option<PreviousSecret>,
    /// How its deliveries went.
    pub state: WebhookState,
    /// Who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How often it was changed; 1 at first. Deliveries do not count.
    pub revision: Revision,
}

impl Webhook {
    /// Whether it is told of `alert`.
    pub fn takes(&self, alert: &Alert) -> bool {
        self.enabled
            && self.tenant_id.is_none_or(|tenant| alert.tenant_id == Some(tenant))
            && self.filter.takes(alert)
    }

    /// Its state when `new` takes its place.
    pub fn state_after_update(&self, new: &Self) -> WebhookState {
        let begins_anew = new.enabled && !self.enabled;
        let failing_since = self.state.failing_since.filter(|_| !begins_anew);
        WebhookState { failing_since, ..self.state }
    }

    /// What its secret is sealed for.
    pub const fn secret_context(id: WebhookId, tenant: Option<TenantId>) -> SecretContext<'static> {
        SecretContext { tenant, table: "webhook", record: id.0, field: "secret" }
    }
}

/// A new webhook, or a change of one, as a caller describes it, unchecked; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct WebhookInput {
    /// See [`WebhookName`]; required for a new one.
    pub name: Option<String>,
    /// An http or https URL; required for a new one.
    pub url: Option<String>,
    /// See [`AlertType`]; all unless said otherwise.
    pub alert_types: Option<Vec<String>>,
    /// See [`Severity`]; `low` unless said otherwise.
    pub min_severity: Option<String>,
    /// Whether it is told of anything: it is, unless said otherwise.
    pub enabled: Option<bool>,
}

/// A checked [`WebhookInput`].
#[derive(Debug, Clone)]
pub struct WebhookDraft {
    /// Its name.
    pub name: WebhookName,
    /// Where it is.
    pub endpoint: Endpoint,
    /// Of what it is told.
    pub filter: WebhookFilter,
    /// Whether it is told of anything.
    pub enabled: bool,
}

impl WebhookInput {
    /// Checks the input; what it does not say is as `old` has it.
    ///
    /// # Errors
    /// Every problem.
    pub fn validate(&self, old: Option<&Webhook>) -> Result<WebhookDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name.as_deref().map(WebhookName::parse);
        let name = name.or_else(|| old.map(|old| Ok(old.name.clone()))).unwrap_or_else(is_required);
        let name = errors.check("name", name);
        let url = self.url.as_deref().map(|url| Endpoint::parse(Transport::Http, url));
        let url = url.or_else(|| old.map(|old| Ok(old.endpoint.clone()))).unwrap_or_else(is_required);
        let endpoint = errors.check("url", url);
        let mut filter = old.map_or_else(no_filter, |old| old.filter.clone());
        if let Some(types) = errors.check_opt("alertTypes", self.alert_types.as_deref().map(parse_types)) {
            filter.alert_types = types;
        }
        let severity = self.min_severity.as_deref().map(Severity::parse);
        if let Some(severity) = errors.check_opt("minSeverity", severity) {
            filter.min_severity = severity;
        }
        let enabled = self.enabled.unwrap_or_else(|| old.is_none_or(|old| old.enabled));
        let draft = name.zip(endpoint);
        errors.finish(draft.map(|(name, endpoint)| WebhookDraft { name, endpoint, filter, enabled }))
    }
}

fn is_required<T>() -> Result<T, Invalid> {
    Err(Invalid::new("is required"))
}

fn no_filter() -> WebhookFilter {
    WebhookFilter { alert_types: Vec::new(), min_severity: Severity::Low }
}

fn parse_types(types: &[String]) -> Result<Vec<AlertType>, Invalid> {
    let mut types = types.iter().map(|text| AlertType::parse(text)).collect::<Result<Vec<_>, _>>()?;
    types.sort_unstable();
    types.dedup();
    Ok(types)
}
