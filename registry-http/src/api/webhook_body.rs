//! Webhooks as the API takes and shows them.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use poem_openapi::types::MaybeUndefined;
use registry_core::model::alert::{AlertType, Severity};
use registry_core::model::delivery::{Delivery, DeliveryStatus, message_type};
use registry_core::model::id::TenantId;
use registry_core::model::webhook::{Webhook, WebhookInput};
use registry_core::service::{IssuedWebhook, TenantChoice, WebhookTest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::page::Pagination;
use crate::word::Word;

/// A new webhook.
#[derive(Debug, Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
pub(super) struct CreateWebhook {
    /// Its name: 1 to 50 characters. Required.
    name: Option<String>,
    /// Where it is: an http or https URL. Required.
    url: Option<String>,
    /// Whose alerts it is told of: the caller's tenant's by default; null for every tenant's, and those of no tenant.
    tenant_id: MaybeUndefined<Uuid>,
    /// Only alerts of these types: `health`, `performance`, `security`, `quota`; all by default.
    alert_types: Option<Vec<String>>,
    /// Only alerts that are at least so bad: `low` (the default), `medium`, `high`, `critical`.
    min_severity: Option<String>,
    /// Whether it is told of anything; it is by default.
    enabled: Option<bool>,
}

impl CreateWebhook {
    pub(super) fn into_parts(self) -> (TenantChoice, WebhookInput) {
        let tenant = match self.tenant_id {
            MaybeUndefined::Undefined => TenantChoice::Own,
            MaybeUndefined::Null => TenantChoice::Global,
            MaybeUndefined::Value(id) => TenantChoice::Tenant(TenantId(id)),
        };
        let Self { name, url, alert_types, min_severity, enabled, .. } = self;
        (tenant, WebhookInput { name, url, alert_types, min_severity, enabled })
    }
}

/// A change of a webhook; what is absent stays.
#[derive(Debug, Object, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
#[oai(rename_all = "camelCase")]
pub(super) struct UpdateWebhook {
    /// Its name: 1 to 50 characters.
    name: Option<String>,
    /// Where it is: an http or https URL.
    url: Option<String>,
    /// Only alerts of these types; an empty list for all.
    alert_types: Option<Vec<String>>,
    /// Only alerts that are at least so bad.
    min_severity: Option<String>,
    /// Whether it is told of anything.
    enabled: Option<bool>,
}

impl From<UpdateWebhook> for WebhookInput {
    fn from(body: UpdateWebhook) -> Self {
        let UpdateWebhook { name, url, alert_types, min_severity, enabled } = body;
        Self { name, url, alert_types, min_severity, enabled }
    }
}

/// A webhook. Its secret is never shown again.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Webhook")]
pub(super) struct WebhookBody {
    /// Its id.
    id: Uuid,
    /// Whose alerts it is told of; absent for every tenant's, and those of no tenant.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<Uuid>,
    /// Its name.
    name: String,
    /// Where it is.
    url: String,
    /// Only alerts of these types; none for all.
    alert_types: Vec<Word<AlertType>>,
    /// Only alerts that are at least so bad.
    min_severity: Word<Severity>,
    /// Whether it is told of anything.
    enabled: bool,
    /// Since when every attempt to deliver failed; absent if the last one did not.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<DateTime<Utc>>,
    /// When a delivery was last taken.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success_at: Option<DateTime<Utc>>,
    /// Until when deliveries are signed with the secret before the last rotation too.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_secret_valid_until: Option<DateTime<Utc>>,
    /// Who made it.
    created_by: Uuid,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
    /// How often it was changed, as in its ETag.
    revision: u64,
}

impl From<Webhook> for WebhookBody {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id.0,
            tenant_id: webhook.tenant_id.map(|id| id.0),
            name: webhook.name.into(),
            url: webhook.endpoint.to_string(),
            alert_types: webhook.filter.alert_types.into_iter().map(Word).collect(),
            min_severity: Word(webhook.filter.min_severity),
            enabled: webhook.enabled,
            failing_since: webhook.state.failing_since,
            last_success_at: webhook.state.last_success_at,
            previous_secret_valid_until: webhook.previous.map(|previous| previous.valid_until),
            created_by: webhook.created_by.0,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
            revision: webhook.revision,
        }
    }
}

/// A webhook with its secret, which is shown this once.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "IssuedWebhook")]
pub(super) struct IssuedWebhookBody {
    /// What deliveries are signed with (Standard Webhooks): `whsec_` and base64. Save it now.
    secret: String,
    /// The webhook.
    #[oai(flatten)]
    #[serde(flatten)]
    webhook: WebhookBody,
}

impl From<IssuedWebhook> for IssuedWebhookBody {
    fn from(issued: IssuedWebhook) -> Self {
        Self { secret: issued.secret.expose().to_owned(), webhook: issued.webhook.into() }
    }
}

/// All webhooks.
#[derive(Debug, Object, Serialize)]
pub(super) struct WebhookList {
    /// The webhooks, oldest first.
    pub(super) webhooks: Vec<WebhookBody>,
}

/// What came of a test.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "WebhookTest")]
pub(super) struct WebhookTestBody {
    /// Whether the receiver took it.
    delivered: bool,
    /// The HTTP status of its answer, if there was one.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why it was not taken.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// How long it took, in milliseconds.
    duration_ms: u64,
}

impl From<WebhookTest> for WebhookTestBody {
    fn from(test: WebhookTest) -> Self {
        let (status, error) = match test.outcome {
            Ok(status) => (Some(status), None),
            Err(error) => (error.status, Some(error.message)),
        };
        let duration_ms = u64::try_from(test.took.as_millis()).unwrap_or(u64::MAX);
        Self { delivered: error.is_none(), status, error, duration_ms }
    }
}

/// A message to a webhook, and how far it is.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Delivery")]
pub(super) struct DeliveryBody {
    /// Its id, which the receiver gets as `webhook-id`.
    id: Uuid,
    /// To which webhook.
    webhook_id: Uuid,
    /// The type of the message: `alert.raised`, `alert.acknowledged`, `alert.resolved`.
    #[serde(rename = "type")]
    #[oai(rename = "type")]
    message_type: String,
    /// Of which alert.
    alert_id: Uuid,
    /// How far it is.
    status: Word<DeliveryStatus>,
    /// How often it was sent.
    attempts: u32,
    /// When it is sent next.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<DateTime<Utc>>,
    /// The HTTP status of the last attempt, if it was answered.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<u16>,
    /// Why the last attempt failed.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// What is sent.
    payload: Value,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was taken, or given up.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<DateTime<Utc>>,
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        let is_pending = delivery.status == DeliveryStatus::Pending;
        Self {
            id: delivery.id.0,
            webhook_id: delivery.webhook_id.0,
            message_type: message_type(delivery.event),
            alert_id: delivery.alert_id.0,
            status: Word(delivery.status),
            attempts: delivery.attempts,
            next_attempt_at: is_pending.then_some(delivery.next_attempt_at),
            last_status: delivery.last_status,
            last_error: delivery.last_error,
            payload: serde_json::from_str(&delivery.body).unwrap_or_default(),
            created_at: delivery.created_at,
            finished_at: delivery.finished_at,
        }
    }
}

/// A page of deliveries.
#[derive(Debug, Object, Serialize)]
pub(super) struct DeliveryList {
    /// The deliveries, newest first.
    pub(super) deliveries: Vec<DeliveryBody>,
    /// Where the page stands.
    pub(super) pagination: Pagination,
}
