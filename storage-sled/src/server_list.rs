//! Lists of servers, answered from a shelf ([`crate::shelf`]): the shelf says which servers are on the page, the
//! trees what they are.

use registry_core::access::Reach;
use registry_core::model::id::TenantId;
use registry_core::model::page::{Page, SortOrder};
use registry_core::model::server::{Server, ServerQuery, ServerStatus};
use registry_core::store::StoreError;

use crate::core::Core;
use crate::order::{Among, Order};
use crate::row::{self, Row};
use crate::server;
use crate::shelf::{Scope, Shelf};
use crate::slots::Slots;

/// How often a list starts again when a server on the page is changed between the shelf and its record.
const ATTEMPTS: usize = 4;

/// The page that `query` asks for.
pub(crate) fn list(core: &Core, query: &ServerQuery) -> Result<Page<Server>, StoreError> {
    if let Some(id) = query.only {
        let found = server::find(&core.view, query.reach, id)?.filter(|server| query.matches(server));
        return Ok(single(query, found));
    }
    let Some(filter) = Filter::of(query) else { return Ok(single(query, None)) };
    let mut attempt = 1;
    loop {
        let (keys, total) = core
            .shelves
            .with(&core.view, filter.scope, query.sort, |shelf, order| filter.page(shelf, order))?;
        let expected = keys.len();
        let mut items = Vec::with_capacity(expected);
        for key in keys {
            items.extend(server::load(&core.view, &key)?.filter(|server| query.matches(server)));
        }
        if items.len() == expected || attempt == ATTEMPTS {
            return Ok(Page { items, total, request: query.page });
        }
        attempt += 1;
    }
}

/// A list of at most one server.
fn single(query: &ServerQuery, found: Option<Server>) -> Page<Server> {
    let total = u64::from(found.is_some());
    let items = if query.page.offset() == 0 { found.into_iter().collect() } else { Vec::new() };
    Page { items, total, request: query.page }
}

/// A query in terms of rows.
struct Filter<'a> {
    query: &'a ServerQuery,
    scope: Scope,
    /// Only this tenant's own, where the shelf has others too.
    tenant: Option<TenantId>,
    status: Option<u8>,
}

impl<'a> Filter<'a> {
    /// `None` if no server can match.
    fn of(query: &'a ServerQuery) -> Option<Self> {
        let scope = match (query.reach, query.tenant_id) {
            (Reach::Tenant(tenant), _) | (Reach::AllTenants, Some(tenant)) => Scope::Visible(tenant),
            (Reach::AllTenants, None) => Scope::Everything,
        };
        let status = match (query.active_only, query.status) {
            (true, None | Some(ServerStatus::Active)) => Some(ServerStatus::Active),
            (true, Some(_)) => return None,
            (false, status) => status,
        };
        Some(Self { query, scope, tenant: query.tenant_id, status: status.map(row::rank) })
    }

    /// The record keys of the page, and how many servers all pages have.
    fn page(&self, shelf: &Shelf, order: &Order) -> (Vec<Vec<u8>>, u64) {
        let set;
        let (among, total) = if self.needs_rows() {
            set = self.matching(shelf);
            (Among::Set(&set), set.len())
        } else {
            match self.status {
                Some(status) => (Among::Status(status), order.with_status(status)),
                None => (Among::All, shelf.len()),
            }
        };
        let page = self.query.page;
        let offset = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let rows = shelf.rows();
        let slots = if offset < total {
            let descending = self.query.order == SortOrder::Desc;
            order.page(&among, descending, offset, page.limit() as usize, |slot| &rows[slot as usize])
        } else {
            Vec::new()
        };
        (slots.iter().map(|slot| rows[*slot as usize].key()).collect(), total as u64)
    }

    /// Whether the shelf's own counts do not answer.
    fn needs_rows(&self) -> bool {
        self.tenant.is_some()
            || self.query.search.is_some()
            || !self.query.tags.is_empty()
            || !self.query.without.is_empty()
            || self.query.health.is_some()
    }

    /// The set of slots that match.
    fn matching(&self, shelf: &Shelf) -> Slots {
        let rows = shelf.rows();
        let mut set = match &self.query.search {
            Some(text) => shelf.search(text),
            None => shelf.used().clone(),
        };
        for tag in &self.query.tags {
            set.keep(&shelf.tagged(tag.as_str()));
        }
        self.query.without.iter().filter_map(|id| shelf.slot(*id)).for_each(|slot| set.take(slot));
        if self.status.is_some() || self.tenant.is_some() || self.query.health.is_some() {
            set.retain(|slot| self.accepts(&rows[slot as usize]));
        }
        set
    }

    fn accepts(&self, row: &Row) -> bool {
        self.status.is_none_or(|status| row.status == status)
            && self.tenant.is_none_or(|tenant| row.tenant == Some(tenant))
            && self.query.health.as_ref().is_none_or(|health| health.accepts(row.id, row.health))
    }
}
