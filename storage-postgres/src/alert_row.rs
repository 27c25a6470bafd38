//! Rows of alerts: what is written into one, and what is made of one.

use registry_core::model::alert::{Alert, AlertCause, AlertSubject, Severity};
use registry_core::model::id::{AlertId, TenantId, UserId};

use crate::error::Failure;
use crate::row::{Columns, bigint, json};
use crate::server_row::Statement;

/// What [`alert`] reads, of a table `a`.
macro_rules! alert_columns {
    () => {
        "a.id, a.tenant_id, a.cause, a.severity, a.subject::text, a.message, a.occurrences, a.triggered_at,
        a.last_seen_at, a.acknowledged_at, a.acknowledged_by, a.resolved_at, a.resolved_by"
    };
}
pub(crate) use alert_columns;

/// Decodes an alert.
pub(crate) fn alert(columns: &mut Columns<'_>) -> Result<Alert, Failure> {
    Ok(Alert {
        id: columns.id(AlertId)?,
        tenant_id: columns.id_opt(TenantId)?,
        cause: columns.parsed(AlertCause::parse)?,
        severity: columns.parsed(Severity::parse)?,
        subject: columns.json()?,
        message: columns.take()?,
        occurrences: columns.number()?,
        triggered_at: columns.take()?,
        last_seen_at: columns.take()?,
        acknowledged_at: columns.take()?,
        acknowledged_by: columns.id_opt(UserId)?,
        resolved_at: columns.take()?,
        resolved_by: columns.id_opt(UserId)?,
    })
}

/// Binds $1 to $19: all of an alert, and what of its subject decides who sees it.
pub(crate) fn bind_alert<'q>(statement: Statement<'q>, alert: &'q Alert) -> Result<Statement<'q>, Failure> {
    let (owner, maker) = users(&alert.subject);
    Ok(statement
        .bind(alert.id.0)
        .bind(alert.tenant_id.map(|tenant| tenant.0))
        .bind(alert.alert_type().as_str())
        .bind(alert.cause.as_str())
        .bind(alert.severity.as_str())
        .bind(alert.subject.kind().as_str())
        .bind(json(&alert.subject)?)
        .bind(alert.subject.server_id().map(|server| server.0))
        .bind(owner.map(|user| user.0))
        .bind(maker.map(|user| user.0))
        .bind(alert.key().as_str().to_owned())
        .bind(&alert.message)
        .bind(bigint(alert.occurrences)?)
        .bind(alert.triggered_at)
        .bind(alert.last_seen_at)
        .bind(alert.acknowledged_at)
        .bind(alert.acknowledged_by.map(|user| user.0))
        .bind(alert.resolved_at)
        .bind(alert.resolved_by.map(|user| user.0)))
}

/// Whose own matter it is.
fn users(subject: &AlertSubject) -> (Option<UserId>, Option<UserId>) {
    match subject {
        AlertSubject::Key(key) => (Some(key.owner_id), Some(key.created_by)),
        AlertSubject::User(user) => (Some(*user), None),
        _ => (None, None),
    }
}
