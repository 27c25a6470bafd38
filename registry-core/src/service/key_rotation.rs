//! Care of keys: warnings before they expire, rotation without being asked, and the claim of the new secret.
//!
//! A rotation that nobody asked for has nobody to show the new secret to. So that waits, encrypted, for the key's owner, who
//! fetches it once while the old secret still works. It is stored before the key is: of several nodes that rotate a key at
//! the same time one stores the key, and what the others stored opens nothing and ends by itself.

use chrono::{SecondsFormat, TimeDelta};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::context::Context;
use super::event::What;
use super::key::{IssuedKey, KeyService};
use crate::access::{Caller, Permission, Reach};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::model::alert::{Alert, AlertCause, AlertSubject, KeySubject, Severity};
use crate::model::alert_query::{AlertQuery, AlertViewer};
use crate::model::alert_step::{AlertSignal, AlertStep, unclaimed_message};
use crate::model::audit::EventType;
use crate::model::id::ApiKeyId;
use crate::model::key::{ApiKey, KeySecret, KeyStatus};
use crate::model::page::PageRequest;
use crate::model::ticket::{Ticket, TicketPurpose};
use crate::secret::SecretContext;
use crate::store::StoreError;

/// How long before it expires a key is warned of, and how urgent that is then; the longest first.
pub const EXPIRY_WARNINGS: [(TimeDelta, Severity); 3] = [
    (TimeDelta::days(14), Severity::Low),
    (TimeDelta::days(7), Severity::Medium),
    (TimeDelta::days(1), Severity::High),
];
/// How long the old secret works after a rotation that nobody asked for, and the new one waits.
pub const CLAIM_PERIOD: TimeDelta = TimeDelta::hours(24);
/// How long before the end of that it becomes urgent.
const CLAIM_URGENT: TimeDelta = TimeDelta::hours(4);
/// How long a warning stays when its key expired, and nobody did anything about it.
const WARNING_OUTLIVES: TimeDelta = TimeDelta::days(14);
/// How many keys are read at a time.
const BATCH: u32 = 100;

impl KeyService {
    /// Warns of keys that expire soon, and rotates those that are to be. To be called each minute, on every node.
    ///
    /// # Errors
    /// [`Error`] if the store refuses; what was not done is done by the next call.
    pub async fn tend(&self) -> Result<(), Error> {
        let now = self.context.clock.now();
        let mut last = None;
        loop {
            let by = now + EXPIRY_WARNINGS[0].0;
            let keys = self.context.store.keys_in_need(now, by, last, BATCH).await?;
            let Some(key) = keys.last() else { break };
            last = Some(key.id);
            for key in &keys {
                self.tend_key(key, now).await?;
            }
        }
        for cause in [AlertCause::KeyExpiring, AlertCause::KeyUnclaimed, AlertCause::LimitExceeded] {
            self.end_old_warnings(cause, now).await?;
        }
        Ok(())
    }

    /// Fetches the secret of a key of the caller's own that was rotated without being asked: once, and while it waits.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] unless the key is the caller's own, and gives no more than it has;
    /// [`Error::Conflict`] if nothing waits.
    pub async fn claim(&self, caller: &Caller, id: ApiKeyId) -> Result<IssuedKey, Error> {
        let old = self.context.permitted_key(caller, Permission::KeyClaim, id).await?;
        if old.owner_id != caller.user_id() {
            return Err(Error::Forbidden("a key's secret is for whoever it acts as".to_owned()));
        }
        self.require_authority(caller, &old).await?;
        let now = self.context.clock.now();
        let waits = old.unclaimed_until.is_some() && old.status(now) == KeyStatus::Active;
        let digest = claim_digest(&old);
        let ticket = match waits {
            true => self.context.store.ticket(TicketPurpose::KeyClaim, &digest).await?,
            false => None,
        };
        let sealed = ticket.and_then(|ticket| ticket.data).ok_or_else(nothing_waits)?;
        let text = self.context.keyring.open_text(secret_context(&old), &sealed)?;
        let secret = KeySecret::from_stored(text);
        let new =
            ApiKey { unclaimed_until: None, revision: old.revision + 1, updated_at: now, ..old.clone() };
        let what = What::of(EventType::ApiKeyClaimed, id.0, new.tenant_id);
        let event = self.context.event(caller, what, json!({ "prefix": new.prefix }));
        match self.context.store.update_key(&new, old.revision, event).await {
            Err(StoreError::Stale) => return Err(nothing_waits()),
            stored => stored?,
        }
        self.context.grants.end_key(&new);
        self.context.forget_claim(&old).await?;
        Ok(IssuedKey { key: new, secret })
    }

    async fn tend_key(&self, key: &ApiKey, now: Timestamp) -> Result<(), Error> {
        if key.rotates_at().is_some_and(|at| at <= now) {
            return self.rotate_unasked(key, now).await;
        }
        if let Some(until) = key.unclaimed_until {
            let severity = if until - now <= CLAIM_URGENT { Severity::High } else { Severity::Medium };
            return self.warn(key, AlertCause::KeyUnclaimed, severity, &unclaimed_message(key, until)).await;
        }
        let left = key.expires_at - now;
        let urgent = EXPIRY_WARNINGS.iter().rev().find(|(before, _)| left <= *before);
        // What is rotated before it expires does not.
        match urgent.filter(|_| key.rotates_at().is_none_or(|at| at >= key.expires_at)) {
            Some((_, severity)) => {
                let at = key.expires_at.to_rfc3339_opts(SecondsFormat::Secs, true);
                let message = format!("the key {} expires at {at}", key.name);
                self.warn(key, AlertCause::KeyExpiring, *severity, &message).await
            }
            None => Ok(()),
        }
    }

    async fn warn(
        &self,
        key: &ApiKey,
        cause: AlertCause,
        severity: Severity,
        message: &str,
    ) -> Result<(), Error> {
        let (tenant, subject) = (Some(key.tenant_id), AlertSubject::Key(KeySubject::of(key)));
        let signal = AlertSignal::new(self.context.clock.as_ref(), tenant, subject, cause, severity, message);
        // It is said once, and again when it becomes more urgent.
        self.context.step_alert(AlertStep::Raise(AlertSignal { count: 0, ..signal })).await
    }

    async fn rotate_unasked(&self, old: &ApiKey, now: Timestamp) -> Result<(), Error> {
        let context = &self.context;
        let secret = KeySecret::generate(context.clock.as_ref());
        let rotated = context.rotated(old, &secret, CLAIM_PERIOD);
        let until = rotated.previous.as_ref().map(|previous| previous.valid_until);
        let new = ApiKey { unclaimed_until: until, revision: old.revision + 1, updated_at: now, ..rotated };
        context.keep_claim(&new, &secret).await?;
        let metadata = json!({ "prefix": new.prefix, "previousPrefix": old.prefix, "automatic": true,
            "unclaimedUntil": until, "rotationCount": new.rotation_count });
        let event = context.own_event(What::of(EventType::ApiKeyRotated, new.id.0, new.tenant_id), metadata);
        let stored = context.store.update_key(&new, old.revision, event).await;
        context.grants.end_key(old);
        context.grants.end_key(&new);
        match stored {
            // Another node rotated it, or somebody changed it: what is kept for this secret ends by itself.
            Err(StoreError::Stale | StoreError::Missing) => Ok(()),
            stored => Ok(stored?),
        }
    }

    /// Ends warnings of keys that need none any more: revoked with their server or owner, gone, or expired long ago.
    async fn end_old_warnings(&self, cause: AlertCause, now: Timestamp) -> Result<(), Error> {
        for number in 1.. {
            let query = AlertQuery {
                unresolved: true,
                cause: Some(cause),
                page: PageRequest::new(number, BATCH).unwrap_or_default(),
                ..AlertQuery::new(AlertViewer::SERVICE)
            };
            let page = self.context.store.alerts(&query).await?;
            for alert in &page.items {
                self.end_if_old(alert, now).await?;
            }
            if u64::from(number) >= page.total_pages() {
                break;
            }
        }
        Ok(())
    }

    async fn end_if_old(&self, alert: &Alert, now: Timestamp) -> Result<(), Error> {
        let AlertSubject::Key(subject) = &alert.subject else { return Ok(()) };
        let key = self.context.store.key(Reach::AllTenants, subject.id).await?;
        let is_old = key.is_none_or(|key| {
            let end = key.unclaimed_until.unwrap_or(key.expires_at).min(key.expires_at);
            key.revoked_at.is_some() || end + WARNING_OUTLIVES < now
        });
        if !is_old {
            return Ok(());
        }
        self.context.step_alert(AlertStep::End(self.context.alert_end(alert, None))).await
    }
}

impl Context {
    /// Keeps the new secret of a key until its owner fetches it.
    async fn keep_claim(&self, key: &ApiKey, secret: &KeySecret) -> Result<(), Error> {
        let sealed =
            self.keyring.seal(self.clock.as_ref(), secret_context(key), secret.expose().as_bytes())?;
        let ticket = Ticket {
            purpose: TicketPurpose::KeyClaim,
            digest: claim_digest(key),
            expires_at: key.unclaimed_until.unwrap_or(key.expires_at),
            data: Some(sealed),
        };
        Ok(self.store.put_ticket(&ticket).await?)
    }

    /// Destroys what is kept of the secret of a key.
    pub(super) async fn forget_claim(&self, key: &ApiKey) -> Result<(), Error> {
        if key.unclaimed_until.is_some() {
            self.store.take_ticket(TicketPurpose::KeyClaim, &claim_digest(key)).await?;
        }
        Ok(())
    }
}

/// Under what the secret of a key waits: it follows from the key and its secret, so each rotation has one of its own.
fn claim_digest(key: &ApiKey) -> [u8; 32] {
    let hash = Sha256::new().chain_update(b"claim").chain_update(key.id.0.as_bytes());
    hash.chain_update(key.digest.0).finalize().into()
}

fn secret_context(key: &ApiKey) -> SecretContext<'static> {
    SecretContext { tenant: Some(key.tenant_id), table: "api_key", record: key.id.0, field: "secret" }
}

fn nothing_waits() -> Error {
    Error::Conflict { field: "id", message: "no new secret of this key waits to be fetched".to_owned() }
}
