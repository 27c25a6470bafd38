//! Servers as callers describe them.

use std::collections::BTreeMap;

use poem_openapi::Object;
use poem_openapi::types::MaybeUndefined;
use registry_core::model::credential_input::{AuthInput, OauthInput};
use registry_core::model::field::FieldErrors;
use registry_core::model::server_input::ServerInput;
use registry_core::model::settings::{HealthPolicyInput, SettingsInput};
use registry_core::service::{Registration, TenantChoice};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::error::ApiError;

/// A server, to be registered or changed. In a change, what is absent stays.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
pub(super) struct ServerRequest {
    /// Its name: 1 to 100 letters, digits, spaces, `-` and `_`, unique in the tenant. Required to register.
    name: Option<String>,
    /// What it is for: at most 500 characters; null clears it.
    description: MaybeUndefined<String>,
    /// Its version, by SemVer. Required to register.
    version: Option<String>,
    /// Its URL. Required to register.
    endpoint_url: Option<String>,
    /// `http` (the default: streamable HTTP), `websocket`, `stdio` or `sse`.
    transport_type: Option<String>,
    /// `none` (the default), `bearer`, `api_key`, `oauth` or `custom`.
    auth_type: Option<String>,
    /// The credentials, as `authType` needs them. They are stored encrypted and never shown.
    auth_config: Option<AuthConfig>,
    /// Free data: a JSON object of at most 16 KiB.
    metadata: Option<BTreeMap<String, Value>>,
    /// At most 10 tags of 1 to 50 letters, digits, `-` and `_`.
    tags: Option<Vec<String>>,
    /// Its category: at most 50 characters; null clears it.
    category: MaybeUndefined<String>,
    /// Whether every tenant sees it.
    is_public: Option<bool>,
    /// Bounds on calls to it.
    settings: Option<SettingsRequest>,
    /// Whether it is checked without being asked.
    auto_health_check: Option<bool>,
    /// Seconds between checks: 60 to 3600.
    health_check_interval: Option<u32>,
    /// How long a check may take, in seconds: 1 to 30.
    health_check_timeout: Option<u32>,
    /// How often a failed check is tried again at once: 0 to 10.
    health_check_retries: Option<u32>,
    /// After how many failures in a row an alert is raised: 1 to 100.
    alert_threshold: Option<u32>,
    /// How long it may take to answer a check before it counts as degraded, in milliseconds: 1 to 30,000.
    degraded_above_ms: Option<u32>,
    /// The servers that it needs to be of use: at most 20 ids. While one of them, or one that they need, is unhealthy, it
    /// counts as degraded.
    depends_on: Option<Vec<String>>,
    /// Only in a change: `active`, `inactive` or `maintenance`.
    status: Option<String>,
    /// Whose it is, when it is registered: the caller's tenant's if absent, everybody's if null (administrators only).
    tenant_id: MaybeUndefined<String>,
    /// `false` stores it without connecting to it; then it is inactive at first.
    validate_connection: Option<bool>,
}

/// Credentials for a server.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct AuthConfig {
    /// The key, for `api_key`.
    #[oai(validator(max_length = 8192))]
    api_key: Option<String>,
    /// The header that it goes into: `X-API-Key` by default.
    api_key_header: Option<String>,
    /// The token, for `bearer`.
    #[oai(validator(max_length = 8192))]
    bearer_token: Option<String>,
    /// The client, for `oauth`.
    oauth: Option<OauthConfig>,
    /// Header names and values, for `custom`.
    custom: Option<BTreeMap<String, String>>,
}

/// An OAuth client.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct OauthConfig {
    /// Its id.
    client_id: Option<String>,
    /// Its secret.
    client_secret: Option<String>,
    /// The scope to ask for.
    scope: Option<String>,
    /// The authorization endpoint; discovered if absent.
    authorization_url: Option<String>,
    /// The token endpoint; discovered if absent.
    token_url: Option<String>,
}

/// Bounds on calls to a server.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct SettingsRequest {
    /// How long a call may wait for its answer: 1000 to 300000 ms.
    timeout_ms: Option<u32>,
    /// How often a call that is safe to repeat is tried again: 0 to 10.
    max_retries: Option<u32>,
    /// The pause before that: 100 to 60000 ms.
    backoff_ms: Option<u32>,
    /// The server's own rate limit; null clears it.
    rate_limit: MaybeUndefined<RateLimitRequest>,
    /// How long lists may be cached: 60 to 86400 s; null clears it.
    cache_ttl_seconds: MaybeUndefined<u32>,
    /// What is done with tools that change or are new: `accept` (the default), or `hold` until somebody approves them.
    tool_changes: Option<String>,
}

/// A rate limit.
#[derive(Object, Deserialize)]
struct RateLimitRequest {
    /// Calls a minute: 1 to 10000.
    rpm: u32,
    /// Calls at once: 1 to 1000.
    burst: u32,
}

impl ServerRequest {
    /// Whether the server is to be stored without a connection.
    pub(super) fn skips_connection(&self) -> bool {
        self.validate_connection == Some(false)
    }

    /// The registration that the request describes.
    pub(super) fn into_registration(self) -> Result<Registration, ApiError> {
        let tenant = match &self.tenant_id {
            MaybeUndefined::Undefined => TenantChoice::Own,
            MaybeUndefined::Null => TenantChoice::Global,
            MaybeUndefined::Value(id) => {
                let id = id.parse().map_err(|_| FieldErrors::one("tenantId", "must be a UUID or null"))?;
                TenantChoice::Tenant(id)
            }
        };
        let skip_connection = self.skips_connection();
        Ok(Registration { input: self.into(), tenant, skip_connection })
    }
}

impl From<ServerRequest> for ServerInput {
    fn from(body: ServerRequest) -> Self {
        Self {
            name: body.name,
            description: nullable(body.description),
            version: body.version,
            endpoint_url: body.endpoint_url,
            transport_type: body.transport_type,
            auth_type: body.auth_type,
            auth_config: body.auth_config.map(AuthInput::from),
            metadata: body.metadata.map(|metadata| metadata.into_iter().collect()),
            tags: body.tags,
            category: nullable(body.category),
            is_public: body.is_public,
            settings: body.settings.unwrap_or_default().into(),
            health_policy: HealthPolicyInput {
                auto: body.auto_health_check,
                interval_seconds: body.health_check_interval,
                timeout_seconds: body.health_check_timeout,
                retries: body.health_check_retries,
                alert_threshold: body.alert_threshold,
                degraded_above_ms: body.degraded_above_ms,
            },
            depends_on: body.depends_on,
            status: body.status,
        }
    }
}

impl From<AuthConfig> for AuthInput {
    fn from(config: AuthConfig) -> Self {
        let secret_value = |(name, value)| (name, SecretString::from(value));
        Self {
            api_key: config.api_key.map(SecretString::from),
            api_key_header: config.api_key_header,
            bearer_token: config.bearer_token.map(SecretString::from),
            oauth: config.oauth.map(OauthInput::from),
            custom: config.custom.map(|headers| headers.into_iter().map(secret_value).collect()),
        }
    }
}

impl From<OauthConfig> for OauthInput {
    fn from(config: OauthConfig) -> Self {
        Self {
            client_id: config.client_id,
            client_secret: config.client_secret.map(SecretString::from),
            scope: config.scope,
            authorization_url: config.authorization_url,
            token_url: config.token_url,
        }
    }
}

impl From<SettingsRequest> for SettingsInput {
    fn from(settings: SettingsRequest) -> Self {
        Self {
            timeout_ms: settings.timeout_ms,
            max_retries: settings.max_retries,
            backoff_ms: settings.backoff_ms,
            rate_limit: nullable(settings.rate_limit)
                .map(|limit| limit.map(|limit| (limit.rpm, limit.burst))),
            cache_ttl_seconds: nullable(settings.cache_ttl_seconds),
            tool_changes: settings.tool_changes,
        }
    }
}

/// What is absent, null, or given.
pub(super) fn nullable<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}
