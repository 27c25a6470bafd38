//! Searches of the tools of all servers.
//!
//! A search looks once at the tools of all servers that may be seen, in an index that has the texts and not the
//! definitions, and counts and sorts what it finds in the same statement; only the definitions on the page are read.

use registry_core::model::capability::{FoundTool, ToolQuery};
use registry_core::model::id::ServerId;
use registry_core::model::page::Page;
use registry_core::model::text::ServerName;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::capability_row::{capability, capability_columns};
use crate::error::Failure;
use crate::row::{Columns, bigint, cannot_be_stored, page_of};
use crate::server::tenant_of;

/// The page that `query` asks for.
pub(crate) async fn page(
    connection: &mut PgConnection,
    query: &ToolQuery,
) -> Result<Page<FoundTool>, Failure> {
    if query.search.as_deref().is_some_and(cannot_be_stored) {
        return Ok(Page::empty(query.page));
    }
    let mut sql =
        QueryBuilder::new("WITH seen AS MATERIALIZED (SELECT s.id, s.name FROM server s WHERE true");
    push_servers(&mut sql, query);
    sql.push(
        "), hit AS MATERIALIZED (SELECT c.server_id, c.name FROM capability c JOIN seen ON seen.id = c.server_id
            WHERE c.kind = 'tool'",
    );
    if let Some(text) = &query.search {
        sql.push(" AND strpos(c.search_text, ").push_bind(text.clone()).push(") > 0");
    }
    sql.push("), total AS (SELECT count(*) AS number FROM hit), page AS (SELECT server_id, name FROM hit");
    sql.push(" ORDER BY name, server_id LIMIT ").push_bind(i64::from(query.page.limit()));
    sql.push(" OFFSET ").push_bind(bigint(query.page.offset())?);
    sql.push(concat!(
        ") SELECT total.number, seen.id, seen.name, ",
        capability_columns!(),
        " FROM total LEFT JOIN page ON true LEFT JOIN seen ON seen.id = page.server_id
        LEFT JOIN LATERAL (SELECT * FROM capability WHERE server_id = page.server_id AND kind = 'tool'
            AND name = page.name LIMIT 1) c ON true ORDER BY page.name, page.server_id"
    ));
    page_of(&sql.build().fetch_all(connection).await?, query.page, found)
}

/// The conditions on servers.
fn push_servers(sql: &mut QueryBuilder<Postgres>, query: &ToolQuery) {
    if let Some(tenant) = tenant_of(query.reach) {
        sql.push(" AND (s.tenant_id = ").push_bind(tenant).push(" OR s.is_shared)");
    }
    if let Some(only) = query.only {
        sql.push(" AND s.id = ").push_bind(only.0);
    }
    if query.active_only {
        sql.push(" AND s.status = 'active'");
    }
    if !query.without.is_empty() {
        let without: Vec<_> = query.without.iter().map(|id| id.0).collect();
        sql.push(" AND s.id NOT IN (SELECT unnest(").push_bind(without).push("::uuid[]))");
    }
}

fn found(columns: &mut Columns<'_>) -> Result<FoundTool, Failure> {
    Ok(FoundTool {
        server_id: columns.id(ServerId)?,
        server_name: columns.parsed(ServerName::parse)?,
        tool: capability(columns)?,
    })
}
