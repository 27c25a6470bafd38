//! Rows of webhooks and deliveries: what is written into one, and what is made of one.

use registry_core::model::alert::{AlertType, Severity};
use registry_core::model::audit::EventType;
use registry_core::model::delivery::{Delivery, DeliveryStatus};
use registry_core::model::endpoint::{Endpoint, Transport};
use registry_core::model::id::{AlertId, DeliveryId, TenantId, UserId, WebhookId};
use registry_core::model::text::WebhookName;
use registry_core::model::webhook::{PreviousSecret, Webhook, WebhookFilter, WebhookState};
use registry_core::secret::Sealed;

use crate::error::Failure;
use crate::row::{Columns, bigint};
use crate::server_row::Statement;

/// What [`webhook`] reads, of a table `w`.
macro_rules! webhook_columns {
    () => {
        "w.id, w.tenant_id, w.name, w.url, w.alert_types, w.min_severity, w.enabled, w.secret, w.previous_secret,
        w.previous_valid_until, w.failing_since, w.last_success_at, w.created_by, w.created_at, w.updated_at,
        w.revision"
    };
}
pub(crate) use webhook_columns;

/// What [`delivery`] reads, of a table `d`.
macro_rules! delivery_columns {
    () => {
        "d.id, d.webhook_id, d.tenant_id, d.event, d.alert_id, d.body, d.status, d.attempts, d.next_attempt_at,
        d.last_status, d.last_error, d.created_at, d.finished_at"
    };
}
pub(crate) use delivery_columns;

/// Decodes a webhook.
pub(crate) fn webhook(columns: &mut Columns<'_>) -> Result<Webhook, Failure> {
    Ok(Webhook {
        id: columns.id(WebhookId)?,
        tenant_id: columns.id_opt(TenantId)?,
        name: columns.parsed(WebhookName::parse)?,
        endpoint: columns.parsed(|url| Endpoint::parse(Transport::Http, url))?,
        filter: WebhookFilter {
            alert_types: alert_types(columns)?,
            min_severity: columns.parsed(Severity::parse)?,
        },
        enabled: columns.take()?,
        secret: columns.take().map(Sealed::from_text)?,
        previous: previous(columns)?,
        state: WebhookState { failing_since: columns.take()?, last_success_at: columns.take()? },
        created_by: columns.id(UserId)?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
        revision: columns.number()?,
    })
}

fn alert_types(columns: &mut Columns<'_>) -> Result<Vec<AlertType>, Failure> {
    let texts = columns.take::<Vec<String>>()?;
    let types = texts.iter().map(|text| AlertType::parse(text)).collect::<Result<_, _>>();
    types.map_err(|invalid| columns.damaged(&invalid))
}

fn previous(columns: &mut Columns<'_>) -> Result<Option<PreviousSecret>, Failure> {
    let secret = columns.take::<Option<String>>()?.map(Sealed::from_text);
    let valid_until = columns.take::<Option<_>>()?;
    Ok(secret.zip(valid_until).map(|(secret, valid_until)| PreviousSecret { secret, valid_until }))
}

/// Binds $1 to $16: all of a webhook.
pub(crate) fn bind_webhook<'q>(
    statement: Statement<'q>,
    webhook: &'q Webhook,
) -> Result<Statement<'q>, Failure> {
    let previous = webhook.previous.as_ref();
    Ok(statement
        .bind(webhook.id.0)
        .bind(webhook.tenant_id.map(|tenant| tenant.0))
        .bind(webhook.name.as_str())
        .bind(webhook.endpoint.url().as_str())
        .bind(webhook.filter.alert_types.iter().map(|alert| alert.as_str()).collect::<Vec<_>>())
        .bind(webhook.filter.min_severity.as_str())
        .bind(webhook.enabled)
        .bind(webhook.secret.as_str())
        .bind(previous.map(|previous| previous.secret.as_str()))
        .bind(previous.map(|previous| previous.valid_until))
        .bind(webhook.state.failing_since)
        .bind(webhook.state.last_success_at)
        .bind(webhook.created_by.0)
        .bind(webhook.created_at)
        .bind(webhook.updated_at)
        .bind(bigint(webhook.revision)?))
}

/// Decodes a delivery.
pub(crate) fn delivery(columns: &mut Columns<'_>) -> Result<Delivery, Failure> {
    Ok(Delivery {
        id: columns.id(DeliveryId)?,
        webhook_id: columns.id(WebhookId)?,
        tenant_id: columns.id_opt(TenantId)?,
        event: columns.parsed(EventType::parse)?,
        alert_id: columns.id(AlertId)?,
        body: columns.take()?,
        status: columns.parsed(DeliveryStatus::parse)?,
        attempts: columns.number()?,
        next_attempt_at: columns.take()?,
        last_status: columns.number_opt()?,
        last_error: columns.take()?,
        created_at: columns.take()?,
        finished_at: columns.take()?,
    })
}

/// Binds $1 to $13: all of a delivery.
pub(crate) fn bind_delivery<'q>(statement: Statement<'q>, delivery: &'q Delivery) -> Statement<'q> {
    statement
        .bind(delivery.id.0)
        .bind(delivery.webhook_id.0)
        .bind(delivery.tenant_id.map(|tenant| tenant.0))
        .bind(delivery.event.as_str())
        .bind(delivery.alert_id.0)
        .bind(&delivery.body)
        .bind(delivery.status.as_str())
        .bind(i64::from(delivery.attempts))
        .bind(delivery.next_attempt_at)
        .bind(delivery.last_status.map(i64::from))
        .bind(&delivery.last_error)
        .bind(delivery.created_at)
        .bind(delivery.finished_at)
}
