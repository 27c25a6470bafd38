//! Preferences: how a user wants to see and call servers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::context::Context;
use super::event::What;
use super::grant::Grant;
use crate::access::{Caller, Permission, Resource};
use crate::cache::EpochCache;
use crate::error::Error;
use crate::model::audit::EventType;
use crate::model::field::FieldErrors;
use crate::model::id::{ServerId, UserId};
use crate::model::preference::{CustomSettings, MAX_PREFERENCES, Preference};
use crate::model::settings::RateLimit;

/// Of how many users the bounds are kept at hand.
const MAX_CUSTOMERS: usize = 100_000;
/// How long they are kept where other nodes may change them.
const CUSTOM_MAX_AGE: Duration = Duration::from_secs(15);
/// The most servers in one request.
pub const MAX_BULK: usize = 1_000;

/// A change of a preference, unchecked; what is `None` stays, an inner `None` clears.
#[derive(Debug, Clone, Default)]
pub struct PreferenceInput {
    /// For which server; required.
    pub server_id: Option<String>,
    /// See [`Preference::is_enabled`].
    pub is_enabled: Option<bool>,
    /// See [`Preference::display_order`].
    pub display_order: Option<i32>,
    /// See [`CustomSettings::timeout_ms`].
    pub timeout_ms: Option<Option<u32>>,
    /// See [`CustomSettings::rate_limit`]: rpm and burst.
    pub rate_limit: Option<Option<(u32, u32)>>,
}

/// Preferences.
pub struct PreferenceService {
    context: Arc<Context>,
}

impl PreferenceService {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// The caller's preferences for the servers that it sees, in its own order.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Preference>, Error> {
        caller.require(Permission::PreferenceRead)?;
        let preferences = self.context.store.preferences(caller.tenant_id(), caller.user_id()).await?;
        let mut seen = Vec::with_capacity(preferences.len());
        for preference in preferences {
            if self.sees(caller, preference.server_id).await? {
                seen.push(preference);
            }
        }
        Ok(seen)
    }

    /// Changes the caller's preferences, all of them or none; what they are now. `fields` names the input in errors, as
    /// `preferences` in `preferences[2].serverId`.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`].
    pub async fn put(
        &self,
        caller: &Caller,
        inputs: &[PreferenceInput],
        fields: &str,
    ) -> Result<Vec<Preference>, Error> {
        caller.require(Permission::PreferenceUpdate)?;
        let (tenant_id, user_id) = (caller.tenant_id(), caller.user_id());
        let current = self.context.store.preferences(tenant_id, user_id).await?;
        let changed = self.checked(caller, inputs, fields, &current).await?;
        let what = What::of(EventType::PreferencesUpdated, user_id.0, tenant_id);
        let event = self.context.event(caller, what, json!({ "servers": changed.len() }));
        self.context.store.put_preferences(tenant_id, user_id, &changed, event).await?;
        self.context.custom_settings.end(&user_id);
        Ok(changed)
    }

    /// The bounds that the user of `grant` has set on its own calls to a server.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn custom_settings(&self, grant: &Grant, server_id: ServerId) -> Result<CustomSettings, Error> {
        let (cache, user_id) = (&self.context.custom_settings, grant.user().id);
        let settings = match cache.get(&user_id) {
            Some(settings) => settings,
            None => {
                let start = cache.start_load(&user_id);
                let preferences = self.context.store.preferences(grant.tenant_id(), user_id).await?;
                let settings = Arc::new(custom(preferences));
                cache.insert(user_id, settings.clone(), start);
                settings
            }
        };
        Ok(settings.get(&server_id).copied().unwrap_or_default())
    }

    async fn checked(
        &self,
        caller: &Caller,
        inputs: &[PreferenceInput],
        fields: &str,
        current: &[Preference],
    ) -> Result<Vec<Preference>, Error> {
        let mut errors = FieldErrors::default();
        if inputs.is_empty() || inputs.len() > MAX_BULK {
            errors.add(fields, format!("must have between 1 and {MAX_BULK} servers"));
            return Err(errors.into());
        }
        let (mut changed, mut named) = (Vec::new(), HashSet::new());
        for (number, input) in inputs.iter().enumerate() {
            let prefix = if fields.is_empty() { String::new() } else { format!("{fields}[{number}].") };
            let id = self.server(caller, input).await?;
            match id {
                Some(id) if named.insert(id) => {
                    changed.push(self.changed(id, input, current, &prefix, &mut errors))
                }
                Some(_) => errors.add(format!("{prefix}serverId"), "is named twice"),
                None => errors.add(format!("{prefix}serverId"), "there is no such server"),
            }
        }
        let kept = current.iter().filter(|preference| !named.contains(&preference.server_id)).count();
        if kept + changed.iter().filter(|preference| !preference.is_default()).count() > MAX_PREFERENCES {
            errors.add(fields, format!("preferences are kept for at most {MAX_PREFERENCES} servers"));
        }
        Ok(errors.finish(Some(changed))?)
    }

    /// The server that is meant, if the caller sees it.
    async fn server(&self, caller: &Caller, input: &PreferenceInput) -> Result<Option<ServerId>, Error> {
        let Some(id) = input.server_id.as_deref().and_then(|id| id.parse().ok()) else { return Ok(None) };
        Ok(self.sees(caller, id).await?.then_some(id))
    }

    async fn sees(&self, caller: &Caller, id: ServerId) -> Result<bool, Error> {
        let server = self.context.store.server(caller.reach(), id).await?;
        Ok(server.is_some_and(|server| server.is_visible_to(caller)))
    }

    fn changed(
        &self,
        server_id: ServerId,
        input: &PreferenceInput,
        current: &[Preference],
        prefix: &str,
        errors: &mut FieldErrors,
    ) -> Preference {
        let fresh = || Preference {
            server_id,
            is_enabled: true,
            display_order: 0,
            custom_settings: CustomSettings::default(),
            updated_at: self.context.clock.now(),
        };
        let old = current.iter().find(|preference| preference.server_id == server_id).cloned();
        let mut new = old.unwrap_or_else(fresh);
        new.updated_at = self.context.clock.now();
        new.is_enabled = input.is_enabled.unwrap_or(new.is_enabled);
        new.display_order = input.display_order.unwrap_or(new.display_order);
        if let Some(timeout) = input.timeout_ms {
            new.custom_settings.timeout_ms = timeout;
        }
        if let Some(limit) = input.rate_limit {
            new.custom_settings.rate_limit = limit.map(|(rpm, burst)| RateLimit { rpm, burst });
        }
        check(&new.custom_settings, &format!("{prefix}customSettings"), errors);
        new
    }
}

/// The bounds that users have set on their own calls.
pub(super) type CustomSettingsCache = EpochCache<UserId, Arc<HashMap<ServerId, CustomSettings>>>;

/// A cache for a store that `is_shared` or not. What another node changes is seen after a while: it bounds what a user
/// does to its own calls, so nothing hangs on it.
pub(super) fn custom_settings_cache(is_shared: bool) -> CustomSettingsCache {
    EpochCache::with_max_age(MAX_CUSTOMERS, is_shared.then_some(CUSTOM_MAX_AGE))
}

fn custom(preferences: Vec<Preference>) -> HashMap<ServerId, CustomSettings> {
    let settings =
        preferences.into_iter().map(|preference| (preference.server_id, preference.custom_settings));
    settings.filter(|(_, settings)| *settings != CustomSettings::default()).collect()
}

fn check(settings: &CustomSettings, field: &str, errors: &mut FieldErrors) {
    let mut within = |name: &str, value: Option<u32>, min: u32, max: u32| {
        if value.is_some_and(|value| !(min..=max).contains(&value)) {
            errors.add(format!("{field}.{name}"), format!("must be between {min} and {max}"));
        }
    };
    within("timeout", settings.timeout_ms, 1_000, 300_000);
    within("rateLimit.rpm", settings.rate_limit.map(|limit| limit.rpm), 1, 10_000);
    within("rateLimit.burst", settings.rate_limit.map(|limit| limit.burst), 1, 1_000);
}

impl Context {
    /// The servers that the caller does not want to see in its lists.
    pub(super) async fn hidden_servers(&self, caller: &Caller) -> Result<Vec<ServerId>, Error> {
        let preferences = self.store.preferences(caller.tenant_id(), caller.user_id()).await?;
        let hidden = preferences.into_iter().filter(|preference| !preference.is_enabled);
        Ok(hidden.map(|preference| preference.server_id).collect())
    }
}
