//! Alerts as the API shows them.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use registry_core::model::alert::{Alert, AlertCause, AlertStatus, AlertType, Severity, SubjectKind};
use registry_core::service::AlertOutcome;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::page::Pagination;
use crate::error::ApiError;
use crate::word::Word;

/// An alert.
#[derive(Debug, Object, Serialize)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase", rename = "Alert")]
pub(super) struct AlertBody {
    /// Its id.
    id: Uuid,
    /// Whose it is; absent for what belongs to no tenant.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<Uuid>,
    /// What it is about.
    #[serde(rename = "type")]
    #[oai(rename = "type")]
    alert_type: Word<AlertType>,
    /// Why it was raised.
    cause: Word<AlertCause>,
    /// How bad it is.
    severity: Word<Severity>,
    /// How far it is.
    status: Word<AlertStatus>,
    /// A sentence.
    message: String,
    /// What kind of thing it is about.
    subject_type: Word<SubjectKind>,
    /// Which one: its id, or the address.
    subject_id: String,
    /// The server that it is about, or that the key is for.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    server_id: Option<Uuid>,
    /// How often it happened since it was raised.
    occurrences: u64,
    /// When it was raised.
    triggered_at: DateTime<Utc>,
    /// When it last happened.
    last_seen_at: DateTime<Utc>,
    /// When somebody said that they know of it.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_at: Option<DateTime<Utc>>,
    /// Who did.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_by: Option<Uuid>,
    /// When it was over.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_at: Option<DateTime<Utc>>,
    /// Who said so; absent if it was found to be over.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_by: Option<Uuid>,
}

impl From<Alert> for AlertBody {
    fn from(alert: Alert) -> Self {
        Self {
            id: alert.id.0,
            tenant_id: alert.tenant_id.map(|id| id.0),
            alert_type: Word(alert.alert_type()),
            cause: Word(alert.cause),
            severity: Word(alert.severity),
            status: Word(alert.status()),
            subject_type: Word(alert.subject.kind()),
            subject_id: alert.subject.id(),
            server_id: alert.subject.server_id().map(|id| id.0),
            message: alert.message,
            occurrences: alert.occurrences,
            triggered_at: alert.triggered_at,
            last_seen_at: alert.last_seen_at,
            acknowledged_at: alert.acknowledged_at,
            acknowledged_by: alert.acknowledged_by.map(|id| id.0),
            resolved_at: alert.resolved_at,
            resolved_by: alert.resolved_by.map(|id| id.0),
        }
    }
}

/// A page of alerts.
#[derive(Debug, Object, Serialize)]
pub(super) struct AlertList {
    /// The alerts, newest first.
    pub(super) alerts: Vec<AlertBody>,
    /// Where the page stands.
    pub(super) pagination: Pagination,
}

/// Which alerts to acknowledge.
#[derive(Debug, Object, Deserialize, Default)]
#[serde(default)]
pub(super) struct AcknowledgeAlerts {
    /// Their ids: 1 to 100.
    pub(super) ids: Vec<Uuid>,
}

/// What came of it.
#[derive(Debug, Object, Serialize)]
pub(super) struct Acknowledged {
    /// The alerts as they are now.
    acknowledged: Vec<AlertBody>,
    /// Those that were not changed.
    refused: Vec<RefusedAlert>,
}

/// An alert that was not acknowledged.
#[derive(Debug, Object, Serialize)]
struct RefusedAlert {
    /// Its id.
    id: Uuid,
    /// The code that the error would have for it alone.
    code: String,
    /// Why.
    message: String,
}

impl From<Vec<AlertOutcome>> for Acknowledged {
    fn from(outcomes: Vec<AlertOutcome>) -> Self {
        let (mut acknowledged, mut refused) = (Vec::new(), Vec::new());
        for AlertOutcome { id, outcome } in outcomes {
            match outcome {
                Ok(alert) => acknowledged.push(alert.into()),
                Err(error) => refused.push(RefusedAlert::new(id.0, error.into())),
            }
        }
        Self { acknowledged, refused }
    }
}

impl RefusedAlert {
    fn new(id: Uuid, error: ApiError) -> Self {
        Self { id, code: error.code().as_str().to_owned(), message: error.message().to_owned() }
    }
}
