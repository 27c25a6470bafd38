//! How many servers there are, by status and health.

use registry_core::access::Reach;
use registry_core::model::overview::{CountQuery, ServerCounts};
use registry_core::model::server::{HealthStatus, ServerStatus};
use sqlx::PgConnection;

use crate::error::Failure;
use crate::row::Columns;
use crate::server::tenant_of;

/// Counts the servers that the query names.
pub(crate) async fn counts(
    connection: &mut PgConnection,
    query: &CountQuery,
) -> Result<ServerCounts, Failure> {
    const OF_ALL: &str = "SELECT s.status, h.status, count(*) FROM server s
        JOIN server_health h ON h.server_id = s.id WHERE NOT $1 OR s.status = 'active' GROUP BY 1, 2";
    const OF_TENANT: &str = "SELECT s.status, h.status, count(*) FROM server s
        JOIN server_health h ON h.server_id = s.id
        WHERE (NOT $1 OR s.status = 'active') AND (s.tenant_id = $2 OR s.is_shared) GROUP BY 1, 2";
    const OF_ONE: &str = "SELECT s.status, h.status, count(*) FROM server s
        JOIN server_health h ON h.server_id = s.id
        WHERE s.id = $3 AND (NOT $1 OR s.status = 'active')
        AND ($2::uuid IS NULL OR s.tenant_id = $2 OR s.is_shared) GROUP BY 1, 2";
    let (statement, tenant) = match (query.only, query.reach) {
        (Some(_), reach) => (OF_ONE, tenant_of(reach)),
        (None, Reach::AllTenants) => (OF_ALL, None),
        (None, reach) => (OF_TENANT, tenant_of(reach)),
    };
    let mut select = sqlx::query(statement).bind(query.active_only);
    if statement != OF_ALL {
        select = select.bind(tenant);
    }
    if let Some(id) = query.only {
        select = select.bind(id.0);
    }
    let mut counts = ServerCounts::default();
    for row in select.fetch_all(connection).await? {
        let mut columns = Columns::from(&row, 0);
        let (status, health) = (columns.parsed(ServerStatus::parse)?, columns.parsed(HealthStatus::parse)?);
        counts.add(status, health, columns.number()?);
    }
    Ok(counts)
}
