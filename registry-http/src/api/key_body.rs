//! API keys as the API takes and shows them.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use poem_openapi::types::MaybeUndefined;
use registry_core::clock::Timestamp;
use registry_core::model::key::{ApiKey, KeyStatus};
use registry_core::model::role::Scope;
use registry_core::service::{IssuedKey, KeyChange, KeyInput, RotationInput, UsedKey};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::page::Pagination;
use super::server_input::nullable;
use crate::word::Word;

/// A new key.
#[derive(Object, Deserialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct CreateApiKey {
    /// Its name: 1 to 50 characters. Required.
    name: Option<String>,
    /// What it is for: at most 200 characters.
    description: Option<String>,
    /// How long it lives: 1 to 365 days, 90 by default.
    expires_in_days: Option<u32>,
    /// What it may do: `server:read` by default. Others: `server:write`, `health:check`, `mcp:invoke`, `keys:manage`,
    /// `audit:read`, `users:manage`.
    scopes: Option<Vec<String>>,
    /// The one server that it is for.
    server_id: Option<String>,
    /// The tools that it may call: names, or beginnings of names with a `*` at the end; 1 to 100 of at most 128 characters.
    /// All by default.
    tools: Option<Vec<String>>,
    /// The user that it acts as: the caller by default.
    owner_user_id: Option<String>,
    /// When it is to be rotated.
    rotation: Option<Rotation>,
}

/// When a key is to be rotated.
#[derive(Debug, Clone, Copy, Object, Serialize, Deserialize, Default)]
#[serde(default)]
#[oai(rename = "KeyRotation")]
pub(super) struct Rotation {
    /// Every so many days: 1 to 365, 90 by default.
    days: Option<u32>,
    /// Whether that happens without being asked. The owner then has 24 hours to fetch the new secret, while the old one
    /// works. False by default.
    auto: Option<bool>,
}

impl Rotation {
    fn input(rotation: Option<Self>) -> RotationInput {
        let Self { days, auto } = rotation.unwrap_or_default();
        RotationInput { days, auto }
    }
}

/// A change of a key; what is absent stays.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
pub(super) struct UpdateApiKey {
    /// Its name: 1 to 50 characters.
    name: Option<String>,
    /// What it is for: at most 200 characters; null clears it.
    description: MaybeUndefined<String>,
    /// What it may do.
    scopes: Option<Vec<String>>,
    /// The tools that it may call: names, or beginnings of names with a `*` at the end; null allows all.
    tools: MaybeUndefined<Vec<String>>,
    /// When it is to be rotated; what is absent stays.
    rotation: Option<Rotation>,
}

/// How to rotate a key.
#[derive(Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
pub(super) struct RotateApiKey {
    /// How long the old key goes on: 0 (the default), 900, 3600, 21600 or 86400 seconds.
    pub(super) grace_period_seconds: u32,
}

/// A key. The key itself is never shown again; `keyPrefix` tells which one it is.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "ApiKey")]
pub(super) struct ApiKeyBody {
    /// Its id; it stays when the key is rotated.
    id: Uuid,
    /// Its name.
    name: String,
    /// What it is for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Its first 8 characters.
    key_prefix: String,
    /// What it may do.
    scopes: Vec<Word<Scope>>,
    /// Whether it is accepted.
    status: Word<KeyStatus>,
    /// The one server that it is for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    server_id: Option<Uuid>,
    /// The tools that it may call; absent for all.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<String>>,
    /// In which tenant it acts.
    tenant_id: Uuid,
    /// As whom it acts.
    owner_id: Uuid,
    /// Who made it.
    created_by: Uuid,
    /// When it stops being accepted.
    expires_at: DateTime<Utc>,
    /// When it was revoked.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<DateTime<Utc>>,
    /// When it was last rotated.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_rotated_at: Option<DateTime<Utc>>,
    /// How often it was rotated.
    rotation_count: u32,
    /// When it is to be rotated.
    rotation: Rotation,
    /// Until when its owner may fetch its new secret, if it was rotated without being asked and nobody did.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    unclaimed_until: Option<DateTime<Utc>>,
    /// When the key before the last rotation stops being accepted.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_key_valid_until: Option<DateTime<Utc>>,
    /// When it was last used; absent if it never was, and in answers to changes.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<DateTime<Utc>>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
    /// How often it was changed, as in its ETag.
    revision: u64,
}

/// A key with its secret, which is shown this once.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct CreatedApiKey {
    /// The key. It is kept nowhere: save it now.
    key: String,
    /// What is kept of it.
    #[oai(flatten)]
    #[serde(flatten)]
    record: ApiKeyBody,
}

/// A page of keys.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub(super) struct ApiKeyList {
    /// The keys, newest first.
    pub(super) api_keys: Vec<ApiKeyBody>,
    /// Where the page stands.
    pub(super) pagination: Pagination,
}

impl ApiKeyBody {
    pub(super) fn new(key: &ApiKey, now: Timestamp) -> Self {
        Self {
            id: key.id.0,
            name: key.name.to_string(),
            description: key.description.as_ref().map(ToString::to_string),
            key_prefix: key.prefix.clone(),
            scopes: key.scopes.iter().map(Word).collect(),
            status: Word(key.status(now)),
            server_id: key.server_id.map(|id| id.0),
            tools: key
                .tools
                .as_ref()
                .map(|tools| tools.as_slice().iter().cloned().map(String::from).collect()),
            tenant_id: key.tenant_id.0,
            owner_id: key.owner_id.0,
            created_by: key.created_by.0,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_rotated_at: key.last_rotated_at,
            rotation_count: key.rotation_count,
            rotation: Rotation { days: Some(key.rotation.days), auto: Some(key.rotation.auto_rotate) },
            unclaimed_until: key.unclaimed_until,
            previous_key_valid_until: key.previous.as_ref().map(|previous| previous.valid_until),
            last_used_at: None,
            created_at: key.created_at,
            updated_at: key.updated_at,
            revision: key.revision,
        }
    }

    pub(super) fn used(UsedKey { key, last_used_at }: &UsedKey, now: Timestamp) -> Self {
        Self { last_used_at: *last_used_at, ..Self::new(key, now) }
    }
}

impl CreatedApiKey {
    pub(super) fn new(issued: &IssuedKey, now: Timestamp) -> Self {
        Self { key: issued.secret.expose().to_owned(), record: ApiKeyBody::new(&issued.key, now) }
    }
}

impl From<CreateApiKey> for KeyInput {
    fn from(body: CreateApiKey) -> Self {
        Self {
            name: body.name,
            description: body.description,
            expires_in_days: body.expires_in_days,
            scopes: body.scopes,
            server_id: body.server_id,
            tools: body.tools,
            owner_user_id: body.owner_user_id,
            rotation: Rotation::input(body.rotation),
        }
    }
}

impl From<UpdateApiKey> for KeyChange {
    fn from(body: UpdateApiKey) -> Self {
        Self {
            name: body.name,
            description: nullable(body.description),
            scopes: body.scopes,
            tools: nullable(body.tools),
            rotation: Rotation::input(body.rotation),
        }
    }
}
