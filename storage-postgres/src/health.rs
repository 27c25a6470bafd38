//! Storage of health checks.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::model::check_rollup::{
    CheckRollup, HealthPrune, HealthPruned, StatusChange, StatusChangeQuery,
};
use registry_core::model::health::{CheckReport, CheckStatus, CheckType, HealthCheck};
use registry_core::model::health_record::{Conclusion, HealthBefore, HealthRecord};
use registry_core::model::id::{HealthCheckId, ServerId, TenantId, UserId};
use registry_core::model::overview::{CountQuery, ServerCounts};
use registry_core::model::page::{Page, PageRequest};
use registry_core::model::period::{Period, Resolution};
use registry_core::model::server::ServerHealth;
use registry_core::store::{HealthStore, StoreError};
use sqlx::PgConnection;

use crate::error::Failure;
use crate::rollup::{self, bounds};
use crate::row::{Columns, bigint, json, page_of};
use crate::scope::Scope;
use crate::server::tenant_of;
use crate::server_row::{bind_health, health, health_columns, policy, policy_columns};
use crate::{PostgresStore, alert, prune, server_count, status_change, watch};

/// What [`check`] reads, of a table `c`.
macro_rules! check_columns {
    () => {
        "c.id, c.tenant_id, c.server_id, c.performed_at, c.performed_by, c.check_type, c.deep, c.status,
        c.response_time_us, c.connectivity, c.authentication, c.capabilities::text, c.protocol_version::text,
        c.tools_count, c.resources_count, c.prompts_count, c.error::text"
    };
}

#[async_trait]
impl HealthStore for PostgresStore {
    async fn record_health(&self, record: &HealthRecord) -> Result<ServerHealth, StoreError> {
        let check = &record.check;
        let chain = record.asked.as_ref().map_or(check.tenant_id, |event| Some(event.tenant_id));
        let scope = Scope::of([check.tenant_id, chain]);
        self.database
            .writing(async {
                let mut write = self.database.write(scope).await?;
                let before = lock(write.connection(), check).await?;
                let concluded = record.conclude(&before);
                insert(write.connection(), check, &concluded).await?;
                let Conclusion { health, transition, next_due, mut events, alerts, .. } = concluded;
                if let Some(next) = next_due {
                    watch::finish(write.connection(), check.server_id, next).await?;
                }
                if let Some(transition) = transition {
                    let change = record.status_change(transition);
                    status_change::insert(write.connection(), check.tenant_id, &change).await?;
                }
                events.extend(alert::take(&mut write, &alerts).await?.1);
                write.commit_all(events).await?;
                Ok(health)
            })
            .await
    }

    async fn health_checks(
        &self,
        reach: Reach,
        server_id: ServerId,
        period: Period,
        page: PageRequest,
    ) -> Result<Page<HealthCheck>, StoreError> {
        const SELECT: &str = concat!(
            "WITH seen AS (SELECT id FROM server s
                WHERE s.id = $1 AND ($2::uuid IS NULL OR s.tenant_id = $2 OR s.is_shared)),
            total AS (SELECT count(*) AS number FROM health_check WHERE server_id = (SELECT id FROM seen)
                AND performed_at >= $3 AND performed_at < $4),
            page AS (SELECT * FROM health_check WHERE server_id = (SELECT id FROM seen)
                AND performed_at >= $3 AND performed_at < $4
                ORDER BY performed_at DESC, id DESC LIMIT $5 OFFSET $6)
            SELECT total.number, ",
            check_columns!(),
            " FROM total LEFT JOIN page c ON true ORDER BY c.performed_at DESC, c.id DESC"
        );
        self.database
            .reading(async {
                let mut connection = self.database.read(reach.into()).await?;
                let (from, to) = bounds(period);
                let select = sqlx::query(SELECT).bind(server_id.0).bind(tenant_of(reach)).bind(from).bind(to);
                let select = select.bind(i64::from(page.limit())).bind(bigint(page.offset())?);
                page_of(&select.fetch_all(&mut *connection).await?, page, self::check)
            })
            .await
    }

    async fn check_rollups(
        &self,
        reach: Reach,
        server_id: ServerId,
        resolution: Resolution,
        period: Period,
    ) -> Result<Vec<CheckRollup>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(reach.into()).await?;
                rollup::of(&mut connection, reach, server_id, resolution, period).await
            })
            .await
    }

    async fn status_changes(&self, query: &StatusChangeQuery) -> Result<Vec<StatusChange>, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(query.reach.into()).await?;
                status_change::list(&mut connection, query).await
            })
            .await
    }

    async fn server_counts(&self, query: &CountQuery) -> Result<ServerCounts, StoreError> {
        self.database
            .reading(async {
                let mut connection = self.database.read(query.reach.into()).await?;
                server_count::counts(&mut connection, query).await
            })
            .await
    }

    async fn prune_health(&self, prune: &HealthPrune) -> Result<HealthPruned, StoreError> {
        prune::health(&self.database, prune).await
    }
}

/// Locks what checks said of the server so far, and reads it with how the server is watched. The server itself is
/// not locked for it: who changes it does not wait for checks, nor they for him.
async fn lock(connection: &mut PgConnection, check: &HealthCheck) -> Result<HealthBefore, Failure> {
    const LOCK: &str = concat!(
        "SELECT ",
        health_columns!(),
        ", ",
        policy_columns!(),
        " FROM server_health h JOIN server s ON s.id = h.server_id
        WHERE h.server_id = $1 AND s.tenant_id IS NOT DISTINCT FROM $2 FOR UPDATE OF h"
    );
    let lock = sqlx::query(LOCK).bind(check.server_id.0).bind(check.tenant_id.map(|tenant| tenant.0));
    let row = lock.fetch_optional(connection).await?.ok_or(StoreError::Missing)?;
    let mut columns = Columns::from(&row, 0);
    Ok(HealthBefore { health: health(&mut columns)?, policy: policy(&mut columns)? })
}

/// Adds to the roll-up of `$table`, which begins at `$start`. What a failed check adds to the histogram is 0, where that
/// begins.
macro_rules! roll_up {
    ($table:literal, $start:literal) => {
        concat!(
            "INSERT INTO ", $table, " AS r (server_id, tenant_id, start, checks, successes, degraded, failures,
                response_us, response_counts)
            VALUES ($3, $2, ", $start, ", 1, $30, $31, $32, $33,
                CASE WHEN $34::integer IS NULL THEN '{}' ELSE array_fill(1, ARRAY[1], ARRAY[$34::integer]) END)
            ON CONFLICT (server_id, start) DO UPDATE SET checks = r.checks + 1,
                successes = r.successes + excluded.successes, degraded = r.degraded + excluded.degraded,
                failures = r.failures + excluded.failures, response_us = r.response_us + excluded.response_us,
                response_counts[coalesce($34::integer, array_lower(r.response_counts, 1), 1)] =
                    coalesce(r.response_counts[coalesce($34::integer, array_lower(r.response_counts, 1), 1)], 0)
                    + ($34::integer IS NOT NULL)::integer"
        )
    };
}

/// Inserts the check, and stores the state that follows from it and what the roll-ups get.
async fn insert(
    connection: &mut PgConnection,
    check: &HealthCheck,
    concluded: &Conclusion,
) -> Result<(), Failure> {
    const INSERT: &str = concat!(
        "WITH new AS (
        INSERT INTO health_check (id, tenant_id, server_id, performed_at, performed_by, check_type, deep, status,
            response_time_us, connectivity, authentication, capabilities, protocol_version, tools_count,
            resources_count, prompts_count, error)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::json, $13::json, $14, $15, $16, $17::json)),
        hour AS (",
        roll_up!("check_hour", "$28"),
        "), day AS (",
        roll_up!("check_day", "$29"),
        ")
        UPDATE server_health SET status = $18, last_check_at = $19, consecutive_failures = $20, checks = $21,
            successes = $22, total_response_us = $23, last_error = $24::json, last_error_at = $25, last_deep_at = $26,
            impaired_checks = $27
        WHERE server_id = $3"
    );
    let report = &check.report;
    let insert = sqlx::query(INSERT)
        .bind(check.id.0)
        .bind(check.tenant_id.map(|tenant| tenant.0))
        .bind(check.server_id.0)
        .bind(check.performed_at)
        .bind(check.performed_by.map(|user| user.0))
        .bind(check.check_type.as_str())
        .bind(check.deep)
        .bind(report.status.as_str())
        .bind(bigint(report.response_time_us)?)
        .bind(report.connectivity)
        .bind(report.authentication)
        .bind(json(&report.capabilities)?)
        .bind(report.protocol_version.as_ref().map(json).transpose()?)
        .bind(report.tools_count.map(i64::from))
        .bind(report.resources_count.map(i64::from))
        .bind(report.prompts_count.map(i64::from))
        .bind(report.error.as_ref().map(json).transpose()?);
    let insert = bind_health(insert, &concluded.health)?;
    rollup::bind(insert, check.performed_at, &concluded.tally)?.execute(connection).await?;
    Ok(())
}

fn check(columns: &mut Columns<'_>) -> Result<HealthCheck, Failure> {
    Ok(HealthCheck {
        id: columns.id(HealthCheckId)?,
        tenant_id: columns.id_opt(TenantId)?,
        server_id: columns.id(ServerId)?,
        performed_at: columns.take()?,
        performed_by: columns.id_opt(UserId)?,
        check_type: columns.parsed(CheckType::parse)?,
        deep: columns.take()?,
        report: CheckReport {
            status: columns.parsed(CheckStatus::parse)?,
            response_time_us: columns.number()?,
            connectivity: columns.take()?,
            authentication: columns.take()?,
            capabilities: columns.json()?,
            protocol_version: columns.json_opt()?,
            tools_count: columns.number_opt()?,
            resources_count: columns.number_opt()?,
            prompts_count: columns.number_opt()?,
            error: columns.json_opt()?,
        },
    })
}
