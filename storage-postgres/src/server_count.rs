//! How many servers there are, by status and health.

use registry_core::access::Reach;
use registry_core::model::overview::{CountQuery, ServerCounts};
use registry_core::model::server::{HealthStatus, ServerStatus};
use sqlx::PgConnection;

use crate::error::Failure;
use crate::row::Columns;
use crate::server::tenant_of;

/// Counts servers by status and by health as lists show it. A sub-select, which is hashed once: an array in a parameter would
/// be searched for each row.
macro_rules! counts {
    () => {
        "SELECT s.status, CASE WHEN h.status = 'healthy' AND s.id IN (SELECT unnest($2::uuid[])) THEN 'degraded'
            ELSE h.status END, count(*) FROM server s JOIN server_health h ON h.server_id = s.id"
    };
}

/// Counts the servers that the query names.
pub(crate) async fn counts(
    connection: &mut PgConnection,
    query: &CountQuery,
) -> Result<ServerCounts, Failure> {
    const OF_ALL: &str =
        concat!(counts!(), " WHERE (NOT $1 OR s.status = 'active') AND $3::uuid IS NULL GROUP BY 1, 2");
    const OF_TENANT: &str = concat!(
        counts!(),
        " WHERE (NOT $1 OR s.status = 'active') AND $3::uuid IS NULL AND (s.tenant_id = $4 OR s.is_shared) GROUP BY 1, 2"
    );
    const OF_ONE: &str = concat!(
        counts!(),
        " WHERE s.id = $3 AND (NOT $1 OR s.status = 'active')
        AND ($4::uuid IS NULL OR s.tenant_id = $4 OR s.is_shared) GROUP BY 1, 2"
    );
    let (statement, tenant) = match (query.only, query.reach) {
        (Some(_), reach) => (OF_ONE, tenant_of(reach)),
        (None, Reach::AllTenants) => (OF_ALL, None),
        (None, reach) => (OF_TENANT, tenant_of(reach)),
    };
    let impaired: Vec<_> = query.impaired.as_slice().iter().map(|id| id.0).collect();
    let mut select = sqlx::query(statement).bind(query.active_only).bind(impaired);
    select = select.bind(query.only.map(|id| id.0));
    if statement != OF_ALL {
        select = select.bind(tenant);
    }
    let mut counts = ServerCounts::default();
    for row in select.fetch_all(connection).await? {
        let mut columns = Columns::from(&row, 0);
        let (status, health) = (columns.parsed(ServerStatus::parse)?, columns.parsed(HealthStatus::parse)?);
        counts.add(status, health, columns.number()?);
    }
    Ok(counts)
}
