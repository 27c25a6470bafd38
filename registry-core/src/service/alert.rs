//! Alerts: raised by the service, seen, acknowledged and resolved by people.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;

use super::context::Context;
use super::event::What;
use crate::access::{AlertResource, Caller, Permission, require};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::model::alert::{Alert, AlertCause, AlertKey};
use crate::model::alert_query::{AlertQuery, AlertViewer};
use crate::model::alert_step::{AlertDecision, AlertEnd, AlertSignal, AlertStep, DecidedAlert};
use crate::model::audit::EventType;
use crate::model::field::FieldErrors;
use crate::model::id::{AlertId, TenantId};
use crate::model::page::Page;

/// The most alerts that are acknowledged at once.
pub const MAX_ALERTS_AT_ONCE: usize = 100;
/// How long resolved alerts are kept.
pub const ALERT_RETENTION: TimeDelta = TimeDelta::days(90);
/// How long an alert that nobody ends goes on after it last happened.
pub const FADING: TimeDelta = TimeDelta::hours(1);

/// When the service raises alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertPolicy {
    /// How many refused credentials of one source in a minute are worth an alert.
    pub refused_credentials: u32,
    /// How many requests of a key or a user, refused in a minute because of a limit, are worth an alert.
    pub refused_requests: u32,
}

impl Default for AlertPolicy {
    /// 20 credentials, 60 requests.
    fn default() -> Self {
        Self { refused_credentials: 20, refused_requests: 60 }
    }
}

/// What came of one alert of several.
#[derive(Debug)]
pub struct AlertOutcome {
    /// Which alert.
    pub id: AlertId,
    /// The alert as it is now, or why nothing was changed.
    pub outcome: Result<Alert, Error>,
}

/// Alerts.
pub struct AlertService {
    pub(super) context: Arc<Context>,
}

impl AlertService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Raises an alert, or counts on the one that there is.
    ///
    /// # Errors
    /// [`Error`] if the store refuses.
    pub async fn raise(&self, signal: AlertSignal) -> Result<(), Error> {
        self.context.step_alert(AlertStep::Raise(signal)).await
    }

    /// A page of the alerts that the caller sees and `query` names, newest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn list(&self, caller: &Caller, query: AlertQuery) -> Result<Page<Alert>, Error> {
        caller.require(Permission::AlertRead)?;
        Ok(self.context.store.alerts(&AlertQuery { viewer: AlertViewer::of(caller), ..query }).await?)
    }

    /// One alert.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn get(&self, caller: &Caller, id: AlertId) -> Result<Alert, Error> {
        caller.require(Permission::AlertRead)?;
        self.find(caller, id).await
    }

    /// Says that the caller knows of an alert. To say it again, or of one that is over, changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn acknowledge(&self, caller: &Caller, id: AlertId) -> Result<Alert, Error> {
        self.decide(caller, id, AlertDecision::Acknowledge).await
    }

    /// Says that an alert is over. To say it again changes nothing; if it is not over, it will be raised anew.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn resolve(&self, caller: &Caller, id: AlertId) -> Result<Alert, Error> {
        self.decide(caller, id, AlertDecision::Resolve).await
    }

    /// Acknowledges several alerts, each for itself.
    ///
    /// # Errors
    /// [`Error::Invalid`] unless there are 1 to [`MAX_ALERTS_AT_ONCE`]; [`Error::Forbidden`]; a failure of the store.
    pub async fn acknowledge_all(
        &self,
        caller: &Caller,
        ids: &[AlertId],
    ) -> Result<Vec<AlertOutcome>, Error> {
        caller.require(Permission::AlertUpdate)?;
        if ids.is_empty() || ids.len() > MAX_ALERTS_AT_ONCE {
            let message = format!("must have between 1 and {MAX_ALERTS_AT_ONCE} alerts");
            return Err(FieldErrors::one("ids", message).into());
        }
        let mut outcomes = Vec::with_capacity(ids.len());
        for id in ids {
            let outcome = match self.acknowledge(caller, *id).await {
                Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => return Err(error),
                outcome => outcome,
            };
            outcomes.push(AlertOutcome { id: *id, outcome });
        }
        Ok(outcomes)
    }

    /// Ends alerts that faded, and forgets those that were resolved [`ALERT_RETENTION`] ago. To be called each minute.
    ///
    /// # Errors
    /// [`Error`] if the store refuses; what was not done is done by the next call.
    pub async fn tend(&self) -> Result<(), Error> {
        let now = self.context.clock.now();
        for cause in AlertCause::ALL.iter().filter(|cause| cause.fades()) {
            self.end_faded(*cause, now - FADING).await?;
        }
        self.context.store.prune_alerts(now - ALERT_RETENTION).await?;
        Ok(())
    }

    async fn end_faded(&self, cause: AlertCause, quiet_since: Timestamp) -> Result<(), Error> {
        let query = AlertQuery {
            unresolved: true,
            cause: Some(cause),
            seen_before: Some(quiet_since),
            ..AlertQuery::new(AlertViewer::SERVICE)
        };
        // A page a minute: what is left has time.
        for alert in self.context.store.alerts(&query).await?.items {
            let end = self.context.alert_end(&alert, Some(quiet_since));
            self.context.step_alert(AlertStep::End(end)).await?;
        }
        Ok(())
    }

    async fn find(&self, caller: &Caller, id: AlertId) -> Result<Alert, Error> {
        let query = AlertQuery { only: Some(id), ..AlertQuery::new(AlertViewer::of(caller)) };
        self.context.store.alerts(&query).await?.items.pop().ok_or(Error::NotFound)
    }

    async fn decide(&self, caller: &Caller, id: AlertId, decision: AlertDecision) -> Result<Alert, Error> {
        let alert = self.find(caller, id).await?;
        let server = self.context.linked_server(caller, alert.subject.server_id()).await?;
        require(caller, Permission::AlertUpdate, &AlertResource { alert: &alert, server: server.as_ref() })?;
        let tenant = alert.tenant_id.unwrap_or(TenantId::SYSTEM);
        let event =
            self.context.event(caller, What::of(EventType::AlertAcknowledged, id.0, tenant), json!({}));
        let (at, by) = (event.timestamp, caller.user_id());
        let step = DecidedAlert { id, tenant_id: alert.tenant_id, at, by, decision, event };
        let changed = self.context.store.step_alert(&AlertStep::Decide(Box::new(step))).await?;
        match changed {
            Some(alert) => Ok(alert),
            None => self.find(caller, id).await,
        }
    }
}

impl Context {
    /// Takes a step. That its tenant is gone is no matter: so are its alerts.
    pub(super) async fn step_alert(&self, step: AlertStep) -> Result<(), Error> {
        match self.store.step_alert(&step).await {
            Ok(_) | Err(crate::store::StoreError::Missing) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// That this alert is over, if it did not happen since.
    pub(super) fn alert_end(&self, alert: &Alert, quiet_since: Option<Timestamp>) -> AlertEnd {
        let end = self.alert_end_of(alert.tenant_id, alert.key(), self.clock.now());
        AlertEnd { quiet_since, ..end }
    }

    /// That the alert with this key was over at `at`.
    pub(super) fn alert_end_of(&self, tenant_id: Option<TenantId>, key: AlertKey, at: Timestamp) -> AlertEnd {
        AlertEnd { event_id: self.clock.new_id(), at, tenant_id, key, quiet_since: None }
    }
}
