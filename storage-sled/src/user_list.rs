//! Lists of users, answered from their rows by name ([`crate::user_row`]).

use registry_core::model::id::TenantId;
use registry_core::model::page::Page;
use registry_core::model::user::{User, UserQuery};
use registry_core::store::StoreError;

use crate::codec;
use crate::core::Core;
use crate::page::{self, Rows};
use crate::record;
use crate::table::Table;
use crate::user_row::{self, Filter};

/// The noun of the counters of users: of each tenant, and of all under the nil id.
pub(crate) const NOUN: &[u8] = b"user";

/// The page that `query` asks for.
pub(crate) fn list(core: &Core, query: &UserQuery) -> Result<Page<User>, StoreError> {
    let found = match page::whose(query.reach, query.tenant_id) {
        Some(tenant) => rows(core, query, tenant)?,
        None => Rows::none(),
    };
    Ok(Page { items: users(core, &found)?, total: found.total, request: query.page })
}

/// The rows of the page, of a tenant or of all.
fn rows(core: &Core, query: &UserQuery, tenant: Option<TenantId>) -> Result<Rows, StoreError> {
    let view = &core.view;
    let owner = codec::owner(tenant);
    let scan = match tenant {
        Some(_) => view.prefix(Table::UserName, &owner, false),
        None => view.prefix(Table::UserAll, &[], false),
    };
    match Filter::of(query) {
        Some(filter) => page::filtered(scan, query.page, |(_, row)| filter.matches(row)),
        None => page::counted(scan, query.page, record::total(view, &record::total_key(owner, NOUN))?),
    }
}

/// The users that rows by name are of, those aside that were removed meanwhile.
fn users(core: &Core, found: &Rows) -> Result<Vec<User>, StoreError> {
    found.records(&core.view, Table::User, |(_, row)| user_row::place(row))
}

/// The users of any tenant who have this name key, by tenant.
pub(crate) fn named(core: &Core, name_key: &str, limit: u32) -> Result<Vec<User>, StoreError> {
    let scan = core.view.prefix(Table::UserAll, &user_row::all_prefix(name_key), false);
    let rows = scan.take(limit as usize).collect::<Result<Vec<_>, _>>()?;
    users(core, &Rows { total: rows.len() as u64, rows })
}
