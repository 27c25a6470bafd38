//! Preferences of whoever calls.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{Object, OpenApi};
use registry_core::Registry;
use registry_core::model::preference::Preference;
use registry_core::service::PreferenceInput;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Tag;
use super::server_input::nullable;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::payload::Json;

/// A rate limit of one's own.
#[derive(Debug, Object, Serialize, Deserialize)]
#[oai(rename = "OwnRateLimit")]
struct RateLimitBody {
    /// Calls a minute: 1 to 10,000.
    rpm: u32,
    /// Calls at once: 1 to 1,000.
    burst: u32,
}

/// A change of one's own bounds on calls to a server; what is absent stays, null clears.
#[derive(Debug, Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct CustomSettingsRequest {
    /// How long a call may wait for the answer, in milliseconds: 1,000 to 300,000. The server's own bound holds too.
    timeout: MaybeUndefined<u32>,
    /// How often one's calls may go there.
    rate_limit: MaybeUndefined<RateLimitBody>,
}

/// A change of the preference for a server; what is absent stays.
#[derive(Debug, Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
struct PreferenceRequest {
    /// For which server. Required.
    server_id: Option<String>,
    /// Whether one's own lists show it; true by default.
    is_enabled: Option<bool>,
    /// Where it stands in one's own order, smallest first; 0 by default.
    display_order: Option<i32>,
    /// One's own bounds on calls.
    custom_settings: Option<CustomSettingsRequest>,
}

impl From<PreferenceRequest> for PreferenceInput {
    fn from(body: PreferenceRequest) -> Self {
        let custom = body.custom_settings.unwrap_or_default();
        Self {
            server_id: body.server_id,
            is_enabled: body.is_enabled,
            display_order: body.display_order,
            timeout_ms: nullable(custom.timeout),
            rate_limit: nullable(custom.rate_limit).map(|limit| limit.map(|limit| (limit.rpm, limit.burst))),
        }
    }
}

/// Changes of many preferences.
#[derive(Debug, Object, Deserialize)]
struct BulkPreferences {
    /// 1 to 1,000 of them, each for another server.
    preferences: Vec<PreferenceRequest>,
}

/// One's own bounds on calls to a server.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "CustomSettings")]
struct CustomSettingsBody {
    /// How long a call may wait for the answer, in milliseconds.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<u32>,
    /// How often one's calls may go there.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit: Option<RateLimitBody>,
}

/// The preference for a server.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Preference")]
struct PreferenceBody {
    /// Whose it is.
    user_id: Uuid,
    /// For which server.
    server_id: Uuid,
    /// Whether one's own lists show it.
    is_enabled: bool,
    /// Where it stands in one's own order, smallest first.
    display_order: i32,
    /// One's own bounds on calls.
    custom_settings: CustomSettingsBody,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl PreferenceBody {
    fn new(user_id: Uuid, preference: &Preference) -> Self {
        let custom = &preference.custom_settings;
        let rate_limit = custom.rate_limit.map(|limit| RateLimitBody { rpm: limit.rpm, burst: limit.burst });
        Self {
            user_id,
            server_id: preference.server_id.0,
            is_enabled: preference.is_enabled,
            display_order: preference.display_order,
            custom_settings: CustomSettingsBody { timeout: custom.timeout_ms, rate_limit },
            updated_at: preference.updated_at,
        }
    }
}

/// One's own preferences.
#[derive(Debug, Object, Serialize)]
struct PreferenceList {
    /// The preferences, in one's own order. A server without one is shown, without bounds of one's own.
    preferences: Vec<PreferenceBody>,
}

/// Operations on one's own preferences.
pub struct PreferenceApi {
    registry: Arc<Registry>,
}

impl PreferenceApi {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

#[OpenApi(prefix_path = "/api/users/preferences/servers", tag = "Tag::Users")]
impl PreferenceApi {
    /// Lists one's own preferences for servers.
    #[oai(path = "/", method = "get", operation_id = "listPreferences")]
    async fn list(&self, auth: Auth) -> Result<Json<PreferenceList>, ApiError> {
        let preferences = self.registry.preferences.list(&auth.0).await?;
        let own = |preference| PreferenceBody::new(auth.0.user_id().0, preference);
        Ok(Json(PreferenceList { preferences: preferences.iter().map(own).collect() }))
    }

    /// Changes one's own preference for a server.
    #[oai(path = "/", method = "put", operation_id = "putPreference")]
    async fn put(&self, auth: Auth, body: Json<PreferenceRequest>) -> Result<Json<PreferenceBody>, ApiError> {
        let put = self.registry.preferences.put(&auth.0, &[body.0.into()], "").await?;
        let own = put.first().map(|preference| PreferenceBody::new(auth.0.user_id().0, preference));
        Ok(Json(own.ok_or_else(ApiError::internal)?))
    }

    /// Changes one's own preferences for many servers, all of them or none.
    #[oai(path = "/bulk", method = "post", operation_id = "putPreferences")]
    async fn bulk(&self, auth: Auth, body: Json<BulkPreferences>) -> Result<Json<PreferenceList>, ApiError> {
        let inputs: Vec<PreferenceInput> = body.0.preferences.into_iter().map(Into::into).collect();
        let put = self.registry.preferences.put(&auth.0, &inputs, "preferences").await?;
        let own = |preference| PreferenceBody::new(auth.0.user_id().0, preference);
        Ok(Json(PreferenceList { preferences: put.iter().map(own).collect() }))
    }
}
