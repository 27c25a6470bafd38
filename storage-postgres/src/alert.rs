//! Storage of alerts.

use async_trait::async_trait;
use registry_core::clock::Timestamp;
use registry_core::model::alert::{Alert, AlertKey};
use registry_core::model::alert_query::AlertQuery;
use registry_core::model::alert_step::{AlertChange, AlertStep, AlertTarget};
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::TenantId;
use registry_core::model::page::Page;
use registry_core::store::{AlertStore, StoreError};
use sqlx::PgConnection;

use crate::PostgresStore;
use crate::alert_row::{alert, alert_columns, bind_alert};
use crate::error::Failure;
use crate::row::{Columns, page_of};
use crate::scope::{Scope, Write};
use crate::{alert_list, delivery, row};

#[async_trait]
impl AlertStore for PostgresStore {
    async fn step_alert(&self, step: &AlertStep) -> Result<Option<Alert>, StoreError> {
        let scope = step.tenant_id().map_or(Scope::All, Scope::Tenant);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                require(&mut write, step).await?;
                let (mut alerts, events) = take(&mut write, std::slice::from_ref(step)).await?;
                write.commit_all(events).await?;
                Ok(alerts.pop())
            })
            .await
    }

    async fn alerts(&self, query: &AlertQuery) -> Result<Page<Alert>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(query.viewer.reach.into()).await?;
                let rows = alert_list::list(query)?.build().fetch_all(&mut *connection).await?;
                page_of(&rows, query.page, alert)
            })
            .await
    }

    async fn prune_alerts(&self, before: Timestamp) -> Result<u64, StoreError> {
        const PRUNE: &str = "DELETE FROM alert WHERE id IN (
            SELECT id FROM alert WHERE resolved_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)";
        let mut pruned = 0;
        loop {
            let more = self.database.writing(async {
                let mut write = self.database.write(Scope::All).await?;
                let prune = sqlx::query(PRUNE).bind(before).bind(PRUNED_AT_ONCE);
                let more = prune.execute(write.connection()).await?.rows_affected();
                write.commit_unaudited().await?;
                Ok(more)
            });
            match more.await? {
                0 => return Ok(pruned),
                more => pruned += more,
            }
        }
    }
}

/// How many alerts one write prunes at most.
const PRUNED_AT_ONCE: i64 = 1_000;

/// Fails if the tenant is gone, or the alert that a person decides on.
async fn require(write: &mut Write, step: &AlertStep) -> Result<(), Failure> {
    // Whoever removes the tenant waits for this, and its alerts go with it.
    const HOLD: &str = "SELECT id FROM tenant WHERE id = $1 FOR KEY SHARE";
    if let Some(TenantId(id)) = step.tenant_id() {
        let held = sqlx::query(HOLD).bind(id).fetch_optional(write.connection()).await?;
        held.ok_or(StoreError::Missing)?;
    }
    if matches!(step, AlertStep::Decide(_)) {
        lock(write.connection(), &step.target()).await?.ok_or(StoreError::Missing)?;
    }
    Ok(())
}

/// Stores what follows from steps that are each about another alert. Answers with the alerts and with what the audit log
/// is to be told. After the change that they follow from, before the entries.
pub(crate) async fn take(
    write: &mut Write,
    steps: &[AlertStep],
) -> Result<(Vec<Alert>, Vec<AuditEvent>), Failure> {
    let (mut alerts, mut events) = (Vec::new(), Vec::new());
    for step in steps {
        let Some(AlertChange { alert, event }) = conclude(write.connection(), step).await? else { continue };
        if let Some(event) = event {
            delivery::deliver(write, &alert, &event).await?;
            events.push(event);
        }
        alerts.push(alert);
    }
    Ok((alerts, events))
}

async fn conclude(connection: &mut PgConnection, step: &AlertStep) -> Result<Option<AlertChange>, Failure> {
    loop {
        let current = lock(connection, &step.target()).await?;
        let Some(change) = step.conclude(current.as_ref()) else { return Ok(None) };
        let is_stored = match current {
            Some(_) => update(connection, &change.alert).await?,
            None => insert(connection, &change.alert).await?,
        };
        // Somebody raised it since: it is there now.
        if is_stored {
            return Ok(Some(change));
        }
    }
}

/// Locks the alert, and reads it.
async fn lock(connection: &mut PgConnection, target: &AlertTarget) -> Result<Option<Alert>, Failure> {
    const BY_ID: &str = concat!("SELECT ", alert_columns!(), " FROM alert a WHERE a.id = $1 FOR UPDATE");
    const UNRESOLVED: &str = concat!(
        "SELECT ",
        alert_columns!(),
        " FROM alert a WHERE a.alert_key = $1 AND a.resolved_at IS NULL FOR UPDATE"
    );
    let select = match target {
        AlertTarget::Id(id) => sqlx::query(BY_ID).bind(id.0),
        AlertTarget::Unresolved(key) if row::cannot_be_stored(AlertKey::as_str(key)) => return Ok(None),
        AlertTarget::Unresolved(key) => sqlx::query(UNRESOLVED).bind(key.as_str()),
    };
    let row = select.fetch_optional(connection).await?;
    row.map(|row| alert(&mut Columns::from(&row, 0))).transpose()
}

/// Inserts an alert; not, if there is one with its key that is not resolved.
async fn insert(connection: &mut PgConnection, alert: &Alert) -> Result<bool, Failure> {
    const INSERT: &str = "INSERT INTO alert (id, tenant_id, alert_type, cause, severity, subject_kind, subject, server_id,
            owner_id, created_by, alert_key, message, occurrences, triggered_at, last_seen_at, acknowledged_at,
            acknowledged_by, resolved_at, resolved_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7::json, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
        ON CONFLICT (alert_key) WHERE resolved_at IS NULL DO NOTHING";
    let inserted = bind_alert(sqlx::query(INSERT), alert)?.execute(connection).await?;
    Ok(inserted.rows_affected() == 1)
}

async fn update(connection: &mut PgConnection, alert: &Alert) -> Result<bool, Failure> {
    const UPDATE: &str = "UPDATE alert SET tenant_id = $2, alert_type = $3, cause = $4, severity = $5,
            subject_kind = $6, subject = $7::json, server_id = $8, owner_id = $9, created_by = $10, alert_key = $11,
            message = $12, occurrences = $13, triggered_at = $14, last_seen_at = $15, acknowledged_at = $16,
            acknowledged_by = $17, resolved_at = $18, resolved_by = $19
        WHERE id = $1";
    let updated = bind_alert(sqlx::query(UPDATE), alert)?.execute(connection).await?;
    Ok(updated.rows_affected() == 1)
}
