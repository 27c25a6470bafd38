//! Alerts of refusals: many refused credentials of one source, and a key or user that keeps running into its limit.

use super::context::Context;
use super::refusal::{Refused, Unwritten};
use crate::access::Reach;
use crate::error::Error;
use crate::model::alert::{AlertCause, AlertSubject, KeySubject, Severity};
use crate::model::alert_step::{AlertSignal, AlertStep};
use crate::model::audit::EventType;
use crate::model::id::{ApiKeyId, TenantId};

/// How many times as much as is worth an alert is worth a worse one.
const MUCH_WORSE: u64 = 10;

impl Context {
    /// Raises an alert if so much was refused.
    pub(super) async fn raise_refusal(&self, count: &Unwritten) -> Result<(), Error> {
        let (event_type, who) = count.key;
        let (cause, enough) = match event_type {
            EventType::RateLimitExceeded => (AlertCause::LimitExceeded, self.policy.alerts.refused_requests),
            _ => (AlertCause::CredentialsRefused, self.policy.alerts.refused_credentials),
        };
        if count.number < u64::from(enough) {
            return Ok(());
        }
        let Some((tenant_id, subject)) = self.refused_subject(who, cause).await? else { return Ok(()) };
        let severity = match count.number / MUCH_WORSE >= u64::from(enough) {
            true => Severity::High,
            false => Severity::Medium,
        };
        let message = message(cause, count.number);
        let signal = AlertSignal::new(self.clock.as_ref(), tenant_id, subject, cause, severity, &message);
        self.step_alert(AlertStep::Raise(AlertSignal { count: count.number, ..signal })).await
    }

    /// Whose alert it is, and about what. A limit of addresses is nobody's quota.
    async fn refused_subject(
        &self,
        who: Refused,
        cause: AlertCause,
    ) -> Result<Option<(Option<TenantId>, AlertSubject)>, Error> {
        Ok(match who {
            Refused::Address(_) | Refused::Others if cause == AlertCause::LimitExceeded => None,
            Refused::Address(Some(address)) => Some((None, AlertSubject::Address(address.to_string()))),
            Refused::Address(None) => Some((None, AlertSubject::Address("unknown".to_owned()))),
            Refused::Others => Some((None, AlertSubject::Address("many".to_owned()))),
            Refused::User(tenant, user) => Some((Some(tenant), AlertSubject::User(user))),
            Refused::Key(tenant, _, key) => self.key_subject(tenant, key).await?,
        })
    }

    async fn key_subject(
        &self,
        tenant: TenantId,
        id: ApiKeyId,
    ) -> Result<Option<(Option<TenantId>, AlertSubject)>, Error> {
        let key = self.store.key(Reach::Tenant(tenant), id).await?;
        Ok(key.map(|key| (Some(tenant), AlertSubject::Key(KeySubject::of(&key)))))
    }
}

fn message(cause: AlertCause, number: u64) -> String {
    match cause {
        AlertCause::LimitExceeded => format!("{number} requests were refused because of its limit"),
        _ => format!("{number} credentials of one source were refused"),
    }
}
