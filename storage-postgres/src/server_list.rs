//! Lists of servers.
//!
//! A list with neither search nor health nor two tags is read from two small places: its total from `server_count`, and
//! the ids of its page from an index of `server` (or `server_tag`) that has the order and all that is asked,
//! the table's pages untouched; only the page's own servers are read in full. So page 1,000 of 100,000
//! servers costs 20,000 steps along an index. What a tenant sees of others is merged in, in order, from an
//! index of what is shared.
//!
//! Any other list looks at every candidate once, and counts and sorts in the same statement.

use registry_core::access::Reach;
use registry_core::model::id::TenantId;
use registry_core::model::page::{Page, SortOrder};
use registry_core::model::server::{HealthStatus, Server, ServerQuery, ServerSort, ServerStatus};
use registry_core::model::text::Tag;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::error::Failure;
use crate::row::{bigint, cannot_be_stored, page_of};
use crate::server_row::{server, server_columns};

/// A part of what a caller sees; parts do not overlap. Each is a condition on `tenant_id` and `is_shared`,
/// which `server`, `server_count` and `server_tag` all have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All servers.
    All,
    /// This tenant's.
    Own(TenantId),
    /// What this tenant shares.
    SharedBy(TenantId),
    /// What is shared by any other than this tenant.
    SharedByOthers(TenantId),
}

/// The parts that a query's reach and tenant leave.
fn parts(query: &ServerQuery) -> Vec<Part> {
    match (query.reach, query.tenant_id) {
        (Reach::AllTenants, None) => vec![Part::All],
        (Reach::AllTenants, Some(tenant)) => vec![Part::Own(tenant)],
        (Reach::Tenant(own), None) => vec![Part::Own(own), Part::SharedByOthers(own)],
        (Reach::Tenant(own), Some(tenant)) if own == tenant => vec![Part::Own(own)],
        (Reach::Tenant(_), Some(tenant)) => vec![Part::SharedBy(tenant)],
    }
}

/// The one status that is asked for, if any; `Err` if two are, which no server has.
fn status(query: &ServerQuery) -> Result<Option<ServerStatus>, ()> {
    match (query.active_only, query.status) {
        (true, None | Some(ServerStatus::Active)) => Ok(Some(ServerStatus::Active)),
        (true, Some(_)) => Err(()),
        (false, status) => Ok(status),
    }
}

/// The table that a list without search goes along, and its column with the servers' ids.
fn source(tag: Option<&Tag>) -> (&'static str, &'static str) {
    if tag.is_some() { ("server_tag", "server_id") } else { ("server", "id") }
}

/// A page of the servers that `query` names.
pub(crate) async fn page(
    connection: &mut PgConnection,
    query: &ServerQuery,
) -> Result<Page<Server>, Failure> {
    let Ok(status) = status(query) else { return Ok(Page::empty(query.page)) };
    if query.search.as_deref().is_some_and(cannot_be_stored) {
        return Ok(Page::empty(query.page));
    }
    let mut list = List { query, status, sql: QueryBuilder::new("") };
    match &query.tags[..] {
        _ if query.only.is_some() || query.search.is_some() || query.health.is_some() => {
            list.push_filtered()?
        }
        [] => list.push_indexed(None)?,
        [tag] => list.push_indexed(Some(tag))?,
        _ => list.push_filtered()?,
    }
    list.push_servers();
    page_of(&list.sql.build().fetch_all(connection).await?, query.page, server)
}

/// The statement of a list, as far as it is written.
struct List<'a> {
    query: &'a ServerQuery,
    status: Option<ServerStatus>,
    sql: QueryBuilder<Postgres>,
}

impl List<'_> {
    /// `total (number)` and `page (id, sort_key)`, from counters and indexes.
    fn push_indexed(&mut self, tag: Option<&Tag>) -> Result<(), Failure> {
        let parts = parts(self.query);
        self.sql.push("WITH total AS (SELECT (coalesce(sum(servers), 0)");
        self.push_minus_left_out(&parts, tag);
        self.sql.push(")::bigint AS number FROM server_count WHERE ");
        self.push_any_part(&parts);
        self.push_status();
        self.push_tag(tag.map_or("", Tag::as_str));
        self.sql.push("), page AS (");
        match parts[..] {
            [part] => self.push_ordered(part, tag),
            _ => self.push_merged(&parts, tag)?,
        }
        self.push_bounds()?;
        self.sql.push(")");
        Ok(())
    }

    /// Takes what the query leaves out from the number that the counters give.
    fn push_minus_left_out(&mut self, parts: &[Part], tag: Option<&Tag>) {
        if self.query.without.is_empty() {
            return;
        }
        let (table, id) = source(tag);
        self.sql.push(" - (SELECT count(*) FROM ").push(table).push(" WHERE ");
        self.push_any_part(parts);
        self.push_status();
        if let Some(tag) = tag {
            self.push_tag(tag.as_str());
        }
        self.sql.push(" AND ").push(id).push(" = ANY (");
        self.push_without();
        self.sql.push("))");
    }

    /// The servers of one part, or those with a tag, in the query's order.
    fn push_ordered(&mut self, part: Part, tag: Option<&Tag>) {
        let (table, id) = source(tag);
        let column = self.sort_column();
        self.sql
            .push("SELECT ")
            .push(id)
            .push(" AS id, ")
            .push(column)
            .push(" AS sort_key FROM ")
            .push(table);
        self.sql.push(" WHERE ");
        self.push_part(part);
        self.push_status();
        if let Some(tag) = tag {
            self.push_tag(tag.as_str());
        }
        self.push_not_left_out(id);
        self.push_order(column, id);
    }

    /// The servers of several parts in the query's order. Each part is bounded, which is what lets the
    /// planner merge them instead of sorting all.
    fn push_merged(&mut self, parts: &[Part], tag: Option<&Tag>) -> Result<(), Failure> {
        let most = bigint(self.query.page.range().end)?;
        self.sql.push("SELECT id, sort_key FROM (");
        for (i, part) in parts.iter().enumerate() {
            self.sql.push(if i == 0 { "(" } else { " UNION ALL (" });
            self.push_ordered(*part, tag);
            self.sql.push(" LIMIT ").push_bind(most).push(")");
        }
        self.sql.push(") parts");
        self.push_order("sort_key", "id");
        Ok(())
    }

    /// `total (number)` and `page (id, sort_key)`, from one look at all candidates.
    fn push_filtered(&mut self) -> Result<(), Failure> {
        let (parts, column) = (parts(self.query), self.sort_column());
        self.sql
            .push("WITH hit AS MATERIALIZED (SELECT id, ")
            .push(column)
            .push(" AS sort_key FROM server WHERE ");
        self.push_any_part(&parts);
        self.push_status();
        if let Some(id) = self.query.only {
            self.sql.push(" AND id = ").push_bind(id.0);
        }
        self.push_not_left_out("id");
        if let Some(text) = &self.query.search {
            self.sql.push(" AND strpos(search_text, ").push_bind(text.clone()).push(") > 0");
        }
        self.push_health();
        for tag in &self.query.tags {
            self.sql.push(" AND id IN (SELECT server_id FROM server_tag WHERE ");
            self.push_any_part(&parts);
            self.push_tag(tag.as_str());
            self.sql.push(")");
        }
        self.sql
            .push("), total AS (SELECT count(*) AS number FROM hit), page AS (SELECT id, sort_key FROM hit");
        self.push_order("sort_key", "id");
        self.push_bounds()?;
        self.sql.push(")");
        Ok(())
    }

    /// Healthy servers that are impaired are degraded to lists.
    fn push_health(&mut self) {
        let Some(filter) = &self.query.health else { return };
        let impaired: Vec<_> = filter.impaired.as_slice().iter().map(|id| id.0).collect();
        let wants = |health| filter.any_of.contains(&health);
        let as_stored: Vec<_> = filter.any_of.iter().map(|health| health.as_str()).collect();
        self.sql
            .push(" AND (id IN (SELECT server_id FROM server_health WHERE status = ANY (")
            .push_bind(as_stored);
        match (wants(HealthStatus::Healthy), wants(HealthStatus::Degraded)) {
            (true, false) if !impaired.is_empty() => {
                self.sql
                    .push(")) AND id NOT IN (SELECT server_id FROM server_health WHERE status = 'healthy'");
                self.sql.push(" AND server_id IN (SELECT unnest(").push_bind(impaired).push("::uuid[])))");
            }
            (false, true) if !impaired.is_empty() => {
                self.sql.push(")) OR id IN (SELECT server_id FROM server_health WHERE status = 'healthy'");
                self.sql.push(" AND server_id IN (SELECT unnest(").push_bind(impaired).push("::uuid[])))");
            }
            _ => {
                self.sql.push("))");
            }
        }
        self.sql.push(")");
    }

    /// A sub-select, which is hashed once: an array in a parameter would be searched for each row.
    fn push_not_left_out(&mut self, id: &'static str) {
        if !self.query.without.is_empty() {
            self.sql.push(" AND ").push(id).push(" NOT IN (SELECT unnest(");
            self.push_without();
            self.sql.push("))");
        }
    }

    fn push_without(&mut self) {
        let ids: Vec<_> = self.query.without.iter().map(|id| id.0).collect();
        self.sql.push_bind(ids).push("::uuid[]");
    }

    fn push_tag(&mut self, tag: &str) {
        self.sql.push(" AND tag = ").push_bind(tag.to_owned());
    }

    /// The number, and the page's servers in full. `LIMIT 1` keeps to one look-up for each server of the
    /// page, however many the planner expects there to be.
    fn push_servers(&mut self) {
        self.sql.push(concat!(
            " SELECT total.number, ",
            server_columns!(),
            " FROM total LEFT JOIN page ON true
            LEFT JOIN LATERAL (SELECT * FROM server WHERE server.id = page.id LIMIT 1) s ON true
            LEFT JOIN LATERAL (SELECT * FROM server_health WHERE server_id = page.id LIMIT 1) h ON true"
        ));
        let direction = self.direction();
        self.sql.push(" ORDER BY page.sort_key").push(direction).push(", page.id").push(direction);
    }

    fn push_any_part(&mut self, parts: &[Part]) {
        self.sql.push("(");
        for (i, part) in parts.iter().enumerate() {
            self.sql.push(if i == 0 { "" } else { " OR " });
            self.push_part(*part);
        }
        self.sql.push(")");
    }

    fn push_part(&mut self, part: Part) {
        match part {
            Part::All => self.sql.push("true"),
            Part::Own(tenant) => self.sql.push("tenant_id = ").push_bind(tenant.0),
            Part::SharedBy(tenant) => self.sql.push("is_shared AND tenant_id = ").push_bind(tenant.0),
            Part::SharedByOthers(tenant) => {
                self.sql.push("is_shared AND tenant_id IS DISTINCT FROM ").push_bind(tenant.0)
            }
        };
    }

    fn push_status(&mut self) {
        if let Some(status) = self.status {
            self.sql.push(" AND status = ").push_bind(status.as_str());
        }
    }

    fn push_order(&mut self, column: &'static str, id: &'static str) {
        let direction = self.direction();
        self.sql.push(" ORDER BY ");
        if !self.is_by_id() {
            self.sql.push(column).push(direction).push(", ");
        }
        self.sql.push(id).push(direction);
    }

    fn push_bounds(&mut self) -> Result<(), Failure> {
        let page = self.query.page;
        self.sql.push(" LIMIT ").push_bind(i64::from(page.limit()));
        self.sql.push(" OFFSET ").push_bind(bigint(page.offset())?);
        Ok(())
    }

    /// Whether all have the same of what the list is sorted by, so that their ids are the order. That has to be
    /// said: the planner knows it too, and then no longer sees that the parts of a merge are in order.
    fn is_by_id(&self) -> bool {
        self.query.sort == ServerSort::Status && self.status.is_some()
    }

    /// What to sort by before the id.
    fn sort_column(&self) -> &'static str {
        match self.query.sort {
            ServerSort::Name => "name_key",
            ServerSort::CreatedAt => "created_at",
            ServerSort::UpdatedAt => "updated_at",
            ServerSort::Status => "status",
        }
    }

    fn direction(&self) -> &'static str {
        match self.query.order {
            SortOrder::Asc => " ASC",
            SortOrder::Desc => " DESC",
        }
    }
}
