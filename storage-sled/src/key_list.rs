//! Lists of keys, newest first.
//!
//! Each index row has a [`Link`], so that a filter needs no record. A list of a tenant's or of everybody's keys is
//! counted by a counter; one of a user's or server's keys reads that user's or server's rows only.

use registry_core::clock::Timestamp;
use registry_core::model::id::{ServerId, TenantId, UserId};
use registry_core::model::key::{ApiKey, KeyQuery, KeyStatus};
use registry_core::model::page::Page;
use registry_core::store::StoreError;
use uuid::Uuid;

use crate::codec::{self, ID};
use crate::core::Core;
use crate::home::{self, Id};
use crate::page;
use crate::plan::Draft;
use crate::record::{self, Read};
use crate::table::Table;

/// The noun of the counters of keys: of each tenant, and of all under the nil id.
const NOUN: &[u8] = b"key";

/// What an index row says of a key. Stored as five ids: tenant, key (the record's key), owner, maker and linked
/// server (nil for none).
struct Link {
    tenant: TenantId,
    owner: UserId,
    maker: UserId,
    server: Option<ServerId>,
}

impl Link {
    fn encode(key: &ApiKey) -> Vec<u8> {
        let server = key.server_id.map_or(Uuid::nil(), |server| server.0);
        let ids = [key.tenant_id.0, key.id.0, key.owner_id.0, key.created_by.0, server];
        ids.iter().flat_map(|id| id.into_bytes()).collect()
    }

    fn decode(value: &[u8]) -> Result<Self, StoreError> {
        let server = codec::uuid_at(value, 4 * ID)?;
        Ok(Self {
            tenant: TenantId(codec::uuid_at(value, 0)?),
            owner: UserId(codec::uuid_at(value, 2 * ID)?),
            maker: UserId(codec::uuid_at(value, 3 * ID)?),
            server: (!server.is_nil()).then_some(ServerId(server)),
        })
    }

    /// As [`KeyQuery::matches`].
    fn matches(&self, query: &KeyQuery) -> bool {
        query.reach.holds(self.tenant)
            && query.managed_by.is_none_or(|user| self.owner == user || self.maker == user)
            && query.owner_id.is_none_or(|owner| self.owner == owner)
            && query.server_id.is_none_or(|server| self.server == Some(server))
            && query.tenant_id.is_none_or(|tenant| self.tenant == tenant)
    }

    /// The key of the record.
    fn place(value: &[u8]) -> Result<&[u8], StoreError> {
        value.get(..2 * ID).ok_or_else(|| StoreError::Corrupt("a row of the list of keys".to_owned()))
    }
}

/// The rows of a key in the indexes.
fn rows(key: &ApiKey) -> Vec<(Table, Vec<u8>)> {
    let age = [&codec::time(key.created_at)[..], key.id.0.as_bytes()].concat();
    let after = |first: &Uuid| [first.as_bytes(), age.as_slice()].concat();
    let mut rows = vec![(Table::KeyTime, after(&key.tenant_id.0)), (Table::KeyAll, age.clone())];
    let refs = [Some(key.owner_id.0), Some(key.created_by.0), key.server_id.map(|server| server.0)];
    rows.extend(refs.iter().flatten().map(|id| (Table::KeyRef, after(id))));
    rows
}

/// Plans the index rows of a key that takes the place of the old one.
pub(crate) fn replace(draft: &mut Draft<'_>, old: Option<&ApiKey>, key: &ApiKey) {
    let rows_of_new = rows(key);
    let link = Link::encode(key);
    if let Some(old) = old {
        if rows(old) == rows_of_new && Link::encode(old) == link {
            return;
        }
        rows(old).into_iter().for_each(|(table, row)| draft.remove(table, row));
    }
    rows_of_new.into_iter().for_each(|(table, row)| draft.put(table, row, link.clone()));
}

/// Counts a new key.
pub(crate) fn count(draft: &mut Draft<'_>, key: &ApiKey) -> Result<(), StoreError> {
    draft.count_up(codec::owner(Some(key.tenant_id)), NOUN)?;
    draft.count_up(codec::owner(None), NOUN)
}

/// Plans the removal of a key's index rows, and counts it no more.
pub(crate) fn remove(draft: &mut Draft<'_>, key: &ApiKey) -> Result<(), StoreError> {
    rows(key).into_iter().for_each(|(table, row)| draft.remove(table, row));
    draft.count_down(codec::owner(Some(key.tenant_id)), NOUN)?;
    draft.count_down(codec::owner(None), NOUN)
}

/// The record keys of the keys that are linked to the server.
pub(crate) fn linked(draft: &Draft<'_>, server: ServerId) -> Result<Vec<Vec<u8>>, StoreError> {
    places(draft, Table::KeyRef, server.0.as_bytes(), |link| link.server == Some(server))
}

/// The record keys of the keys that the user owns.
pub(crate) fn owned(draft: &Draft<'_>, owner: UserId) -> Result<Vec<Vec<u8>>, StoreError> {
    places(draft, Table::KeyRef, owner.0.as_bytes(), |link| link.owner == owner)
}

/// The record keys of the tenant's keys.
pub(crate) fn of_tenant(draft: &Draft<'_>, tenant: TenantId) -> Result<Vec<Vec<u8>>, StoreError> {
    places(draft, Table::KeyTime, tenant.0.as_bytes(), |_| true)
}

/// The record keys in those rows of the tree that begin with `prefix` and whose link is such.
fn places(
    draft: &Draft<'_>,
    table: Table,
    prefix: &[u8],
    is_such: impl Fn(&Link) -> bool,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut places = Vec::new();
    for (_, value) in draft.stored(table, prefix)? {
        if is_such(&Link::decode(&value)?) {
            places.push(Link::place(&value)?.to_vec());
        }
    }
    Ok(places)
}

/// The page that `query` asks for.
pub(crate) fn list(core: &Core, query: &KeyQuery) -> Result<Page<ApiKey>, StoreError> {
    let view = &core.view;
    if let Some(id) = query.only {
        return only(core, query, Id::Key(id));
    }
    let tenant = page::whose(query.reach, query.tenant_id);
    let subject = query.server_id.map(|server| server.0);
    let subject = subject.or(query.owner_id.or(query.managed_by).map(|user| user.0));
    let found = match (subject, tenant) {
        (Some(id), _) => {
            let scan = view.prefix(Table::KeyRef, id.as_bytes(), true);
            page::filtered(scan, query.page, |(_, value)| Ok(Link::decode(value)?.matches(query)))?
        }
        (None, None) => page::Rows::none(),
        (None, Some(Some(tenant))) => {
            let owner = codec::owner(Some(tenant));
            let total = record::total(view, &record::total_key(owner, NOUN))?;
            page::counted(view.prefix(Table::KeyTime, &owner, true), query.page, total)?
        }
        (None, Some(None)) => {
            let total = record::total(view, &record::total_key(codec::owner(None), NOUN))?;
            page::counted(view.prefix(Table::KeyAll, &[], true), query.page, total)?
        }
    };
    let items = found.records(view, Table::Key, |(_, value)| Link::place(value))?;
    Ok(Page { items, total: found.total, request: query.page })
}

/// The keys that expire soon. No index has the ends of keys: each key that the list may have is looked at.
pub(crate) fn expiring(
    core: &Core,
    query: &KeyQuery,
    now: Timestamp,
    by: Timestamp,
) -> Result<Page<ApiKey>, StoreError> {
    let view = &core.view;
    let subject =
        query.server_id.map(|server| server.0).or(query.owner_id.or(query.managed_by).map(|user| user.0));
    let scan = match (subject, page::whose(query.reach, query.tenant_id)) {
        (Some(id), _) => view.prefix(Table::KeyRef, id.as_bytes(), false),
        (None, Some(Some(tenant))) => view.prefix(Table::KeyTime, &codec::owner(Some(tenant)), false),
        (None, _) => view.prefix(Table::KeyAll, &[], false),
    };
    let mut keys = Vec::new();
    for pair in scan {
        let key = view.record::<ApiKey>(Table::Key, Link::place(&pair?.1)?)?;
        let is_such =
            |key: &ApiKey| query.matches(key) && key.status(now) == KeyStatus::Active && key.expires_at < by;
        keys.extend(key.filter(is_such));
    }
    keys.sort_unstable_by_key(|key| (key.expires_at, key.id));
    // A key may have two rows of one user: who owns it and who made it.
    keys.dedup_by_key(|key| key.id);
    Ok(Page::of(keys, query.page))
}

fn only(core: &Core, query: &KeyQuery, id: Id) -> Result<Page<ApiKey>, StoreError> {
    let place = home::find_within(&core.view, query.reach, id)?;
    let key = place.map(|place| core.view.record::<ApiKey>(Table::Key, &place)).transpose()?.flatten();
    let found = key.filter(|key| query.matches(key));
    let total = u64::from(found.is_some());
    let items = if query.page.offset() == 0 { found.into_iter().collect() } else { Vec::new() };
    Ok(Page { items, total, request: query.page })
}
