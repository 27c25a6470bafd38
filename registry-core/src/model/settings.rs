//! Settings of a server: how calls to it are bounded, and how its health is watched.

use serde::{Deserialize, Serialize};

use super::capability::ToolChanges;
use super::field::{FieldErrors, Invalid};

/// Bounds on calls through the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSettings {
    /// How long a call may wait for the upstream's answer, in milliseconds: 1,000 to 300,000.
    pub timeout_ms: u32,
    /// How often a call that is safe to repeat is tried again: 0 to 10.
    pub max_retries: u32,
    /// The pause before a second try, in milliseconds: 100 to 60,000.
    pub backoff_ms: u32,
    /// The server's own rate limit.
    pub rate_limit: Option<RateLimit>,
    /// How long lists of the server may be cached, in seconds: 60 to 86,400.
    pub cache_ttl_seconds: Option<u32>,
    /// What is done with tools that change.
    #[serde(default = "accept")]
    pub tool_changes: ToolChanges,
}

/// What settings say that were stored before there was a choice.
fn accept() -> ToolChanges {
    ToolChanges::Accept
}

/// A rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Calls a minute: 1 to 10,000.
    pub rpm: u32,
    /// Calls at once: 1 to 1,000.
    pub burst: u32,
}

impl RateLimit {
    /// The limit of a key that was given none: 100 a minute.
    pub const OF_KEY: Self = Self { rpm: 100, burst: 100 };
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            timeout_ms: 30_000,
            max_retries: 2,
            backoff_ms: 500,
            rate_limit: None,
            cache_ttl_seconds: None,
            tool_changes: ToolChanges::Accept,
        }
    }
}

/// How a server's health is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthPolicy {
    /// Whether it is checked without being asked.
    pub auto: bool,
    /// Seconds between checks: 60 to 3,600.
    pub interval_seconds: u32,
    /// How long a check may take, in seconds: 1 to 30.
    pub timeout_seconds: u32,
    /// How often a failed check is tried again at once: 0 to 10.
    pub retries: u32,
    /// After how many failures in a row an alert is raised: 1 to 100.
    pub alert_threshold: u32,
    /// How long it may take to answer before it counts as degraded, in milliseconds: 1 to 30,000.
    #[serde(default = "degraded_above_ms")]
    pub degraded_above_ms: u32,
}

/// What servers have that were stored before there was a choice.
fn degraded_above_ms() -> u32 {
    HealthPolicy::default().degraded_above_ms
}

impl Default for HealthPolicy {
    fn default() -> Self {
        Self {
            auto: true,
            interval_seconds: 300,
            timeout_seconds: 10,
            retries: 0,
            alert_threshold: 3,
            degraded_above_ms: 5_000,
        }
    }
}

/// The `settings` of an input; what is absent keeps its value, and an inner `None` clears it.
#[derive(Debug, Clone, Default)]
pub struct SettingsInput {
    /// See [`ServerSettings::timeout_ms`].
    pub timeout_ms: Option<u32>,
    /// See [`ServerSettings::max_retries`].
    pub max_retries: Option<u32>,
    /// See [`ServerSettings::backoff_ms`].
    pub backoff_ms: Option<u32>,
    /// See [`ServerSettings::rate_limit`]: rpm and burst.
    pub rate_limit: Option<Option<(u32, u32)>>,
    /// See [`ServerSettings::cache_ttl_seconds`].
    pub cache_ttl_seconds: Option<Option<u32>>,
    /// See [`ServerSettings::tool_changes`].
    pub tool_changes: Option<String>,
}

/// The health policy of an input; what is absent keeps its value.
#[derive(Debug, Clone, Default)]
pub struct HealthPolicyInput {
    /// See [`HealthPolicy::auto`].
    pub auto: Option<bool>,
    /// See [`HealthPolicy::interval_seconds`].
    pub interval_seconds: Option<u32>,
    /// See [`HealthPolicy::timeout_seconds`].
    pub timeout_seconds: Option<u32>,
    /// See [`HealthPolicy::retries`].
    pub retries: Option<u32>,
    /// See [`HealthPolicy::alert_threshold`].
    pub alert_threshold: Option<u32>,
    /// See [`HealthPolicy::degraded_above_ms`].
    pub degraded_above_ms: Option<u32>,
}

impl SettingsInput {
    /// `current` with what the input changes, or its problems noted in `errors`.
    pub fn apply(&self, mut current: ServerSettings, errors: &mut FieldErrors) -> ServerSettings {
        set(&mut current.timeout_ms, "settings.timeoutMs", self.timeout_ms, 1_000, 300_000, errors);
        set(&mut current.max_retries, "settings.maxRetries", self.max_retries, 0, 10, errors);
        set(&mut current.backoff_ms, "settings.backoffMs", self.backoff_ms, 100, 60_000, errors);
        if let Some(limit) = self.rate_limit {
            current.rate_limit = limit.map(|limit| rate_limit(limit, errors));
        }
        if let Some(ttl) = self.cache_ttl_seconds {
            let ttl = ttl.map(|ttl| within(ttl, 60, 86_400));
            current.cache_ttl_seconds = errors.check_opt("settings.cacheTtlSeconds", ttl);
        }
        let tool_changes = self.tool_changes.as_deref().map(ToolChanges::parse);
        if let Some(tool_changes) = errors.check_opt("settings.toolChanges", tool_changes) {
            current.tool_changes = tool_changes;
        }
        current
    }
}

impl HealthPolicyInput {
    /// `current` with what the input changes, or its problems noted in `errors`.
    pub fn apply(&self, mut current: HealthPolicy, errors: &mut FieldErrors) -> HealthPolicy {
        current.auto = self.auto.unwrap_or(current.auto);
        set(&mut current.interval_seconds, "healthCheckInterval", self.interval_seconds, 60, 3_600, errors);
        set(&mut current.timeout_seconds, "healthCheckTimeout", self.timeout_seconds, 1, 30, errors);
        set(&mut current.retries, "healthCheckRetries", self.retries, 0, 10, errors);
        set(&mut current.alert_threshold, "alertThreshold", self.alert_threshold, 1, 100, errors);
        set(&mut current.degraded_above_ms, "degradedAboveMs", self.degraded_above_ms, 1, 30_000, errors);
        current
    }
}

fn rate_limit((rpm, burst): (u32, u32), errors: &mut FieldErrors) -> RateLimit {
    let mut limit = RateLimit { rpm: 1, burst: 1 };
    set(&mut limit.rpm, "settings.rateLimit.rpm", Some(rpm), 1, 10_000, errors);
    set(&mut limit.burst, "settings.rateLimit.burst", Some(burst), 1, 1_000, errors);
    limit
}

fn set(slot: &mut u32, field: &str, value: Option<u32>, min: u32, max: u32, errors: &mut FieldErrors) {
    if let Some(value) = errors.check_opt(field, value.map(|value| within(value, min, max))) {
        *slot = value;
    }
}

fn within(value: u32, min: u32, max: u32) -> Result<u32, Invalid> {
    if (min..=max).contains(&value) {
        return Ok(value);
    }
    Err(Invalid::new(format!("must be between {min} and {max}")))
}
