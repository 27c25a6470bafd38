//! Lists of alerts. The conditions are those of `AlertViewer::sees` and `AlertQuery::matches`.

use registry_core::access::Reach;
use registry_core::model::alert::AlertStatus;
use registry_core::model::alert_query::{AlertQuery, AlertViewer};
use sqlx::{Postgres, QueryBuilder};

use crate::alert_row::alert_columns;
use crate::error::Failure;
use crate::row::bigint;

/// The statement of the page that `query` asks for.
pub(crate) fn list(query: &AlertQuery) -> Result<QueryBuilder<Postgres>, Failure> {
    let mut sql = QueryBuilder::new("WITH total AS (SELECT count(*) AS number FROM alert a WHERE true");
    push_conditions(&mut sql, query);
    sql.push("), page AS (SELECT * FROM alert a WHERE true");
    push_conditions(&mut sql, query);
    sql.push(" ORDER BY triggered_at DESC, id DESC LIMIT ").push_bind(i64::from(query.page.limit()));
    sql.push(" OFFSET ").push_bind(bigint(query.page.offset())?);
    sql.push(concat!(
        ") SELECT total.number, ",
        alert_columns!(),
        " FROM total LEFT JOIN page a ON true ORDER BY a.triggered_at DESC, a.id DESC"
    ));
    Ok(sql)
}

fn push_conditions(sql: &mut QueryBuilder<Postgres>, query: &AlertQuery) {
    push_viewer(sql, &query.viewer);
    push_filters(sql, query);
}

fn push_viewer(sql: &mut QueryBuilder<Postgres>, viewer: &AlertViewer) {
    if let Some(server) = viewer.linked {
        sql.push(" AND a.server_id = ").push_bind(server.0);
    }
    if !viewer.sees_keys {
        sql.push(" AND a.subject_kind <> 'api_key'");
    }
    if let Reach::Tenant(tenant) = viewer.reach {
        sql.push(" AND CASE a.subject_kind WHEN 'server' THEN EXISTS (SELECT FROM server s WHERE s.id = a.server_id");
        sql.push(" AND (s.is_shared OR s.tenant_id = ").push_bind(tenant.0).push(")");
        sql.push(if viewer.active_only { " AND s.status = 'active')" } else { ")" });
        sql.push(" WHEN 'api_key' THEN a.tenant_id = ").push_bind(tenant.0);
        sql.push(" WHEN 'user' THEN a.tenant_id = ").push_bind(tenant.0);
        sql.push(" ELSE false END");
    }
    if let Some(user) = viewer.user_id {
        sql.push(" AND (a.subject_kind NOT IN ('api_key', 'user') OR a.owner_id = ").push_bind(user.0);
        sql.push(" OR a.created_by = ").push_bind(user.0).push(")");
    }
}

fn push_filters(sql: &mut QueryBuilder<Postgres>, query: &AlertQuery) {
    match query.status {
        Some(AlertStatus::Open) => sql.push(" AND a.resolved_at IS NULL AND a.acknowledged_at IS NULL"),
        Some(AlertStatus::Acknowledged) => {
            sql.push(" AND a.resolved_at IS NULL AND a.acknowledged_at IS NOT NULL")
        }
        Some(AlertStatus::Resolved) => sql.push(" AND a.resolved_at IS NOT NULL"),
        None => sql,
    };
    if query.unresolved {
        sql.push(" AND a.resolved_at IS NULL");
    }
    if let Some(alert_type) = query.alert_type {
        sql.push(" AND a.alert_type = ").push_bind(alert_type.as_str());
    }
    if let Some(cause) = query.cause {
        sql.push(" AND a.cause = ").push_bind(cause.as_str());
    }
    if let Some(severity) = query.severity {
        sql.push(" AND a.severity = ").push_bind(severity.as_str());
    }
    if let Some(server) = query.server_id {
        sql.push(" AND a.server_id = ").push_bind(server.0);
    }
    if let Some(id) = query.only {
        sql.push(" AND a.id = ").push_bind(id.0);
    }
    push_times(sql, query);
}

fn push_times(sql: &mut QueryBuilder<Postgres>, query: &AlertQuery) {
    if let Some(from) = query.from {
        sql.push(" AND a.triggered_at >= ").push_bind(from);
    }
    if let Some(to) = query.to {
        sql.push(" AND a.triggered_at < ").push_bind(to);
    }
    if let Some(before) = query.seen_before {
        sql.push(" AND a.last_seen_at < ").push_bind(before);
    }
}
