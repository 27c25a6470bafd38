//! Changes of servers' status.

use registry_core::access::Reach;
use registry_core::model::check_rollup::{StatusChange, StatusChangeQuery};
use registry_core::model::health_record::Transition;
use registry_core::model::id::{HealthCheckId, ServerId, TenantId};
use registry_core::model::server::HealthStatus;
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::error::Failure;
use crate::rollup::bounds;
use crate::row::Columns;
use crate::server::tenant_of;

/// Keeps a change of the status of this tenant's server.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    tenant_id: Option<TenantId>,
    change: &StatusChange,
) -> Result<(), Failure> {
    const INSERT: &str =
        "INSERT INTO status_change (server_id, tenant_id, at, check_id, from_status, to_status)
        VALUES ($1, $2, $3, $4, $5, $6)";
    sqlx::query(INSERT)
        .bind(change.server_id.0)
        .bind(tenant_id.map(|tenant| tenant.0))
        .bind(change.at)
        .bind(change.check_id.0)
        .bind(change.transition.from.as_str())
        .bind(change.transition.to.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// What [`change`] reads, of a table `c`.
macro_rules! change_columns {
    () => {
        "c.server_id, c.at, c.check_id, c.from_status, c.to_status"
    };
}

/// The changes that the query names, newest first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    query: &StatusChangeQuery,
) -> Result<Vec<StatusChange>, Failure> {
    const OF_SERVER: &str = concat!(
        "SELECT ",
        change_columns!(),
        " FROM status_change c WHERE c.server_id = (SELECT s.id FROM server s
            WHERE s.id = $5 AND ($6::uuid IS NULL OR s.tenant_id = $6 OR s.is_shared)
            AND (NOT $4 OR s.status = 'active'))
        AND c.at >= $1 AND c.at < $2 ORDER BY c.at DESC, c.check_id DESC LIMIT $3"
    );
    const OF_ALL: &str = concat!(
        "SELECT ",
        change_columns!(),
        " FROM status_change c JOIN server s ON s.id = c.server_id
        WHERE c.at >= $1 AND c.at < $2 AND (NOT $4 OR s.status = 'active')
        ORDER BY c.at DESC, c.check_id DESC LIMIT $3"
    );
    const OF_TENANT: &str = concat!(
        "SELECT ",
        change_columns!(),
        " FROM status_change c JOIN server s ON s.id = c.server_id
        WHERE c.at >= $1 AND c.at < $2 AND (NOT $4 OR s.status = 'active')
        AND (s.tenant_id = $5 OR s.is_shared)
        ORDER BY c.at DESC, c.check_id DESC LIMIT $3"
    );
    let (from, to) = bounds(query.period);
    let statement = match (query.server_id, query.reach) {
        (Some(_), _) => OF_SERVER,
        (None, Reach::AllTenants) => OF_ALL,
        (None, Reach::Tenant(_)) => OF_TENANT,
    };
    let mut select = sqlx::query(statement);
    select = select.bind(from).bind(to).bind(i64::from(query.limit)).bind(query.active_only);
    if let Some(id) = query.server_id {
        select = select.bind(id.0);
    }
    if query.server_id.is_some() || query.reach != Reach::AllTenants {
        select = select.bind(tenant_of(query.reach));
    }
    select.fetch_all(connection).await?.iter().map(change).collect()
}

fn change(row: &PgRow) -> Result<StatusChange, Failure> {
    let mut columns = Columns::from(row, 0);
    Ok(StatusChange {
        server_id: columns.id(ServerId)?,
        at: columns.take()?,
        check_id: columns.id(HealthCheckId)?,
        transition: Transition {
            from: columns.parsed(HealthStatus::parse)?,
            to: columns.parsed(HealthStatus::parse)?,
        },
    })
}
