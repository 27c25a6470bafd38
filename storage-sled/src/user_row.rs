//! The index rows of a user: by name within the tenant, by name across tenants, and by identity.
//!
//! A row by name says what a list filters by, so that a filter needs no record: the record's key (tenant, user), then
//! as text the role, the name key, and those of display name and e-mail address, with [`END`] between them.

use registry_core::model::id::TenantId;
use registry_core::model::text::name_key;
use registry_core::model::user::{Identity, User, UserQuery};
use registry_core::store::{StoreError, UniqueField};

use crate::codec::{self, ID};
use crate::plan::Draft;
use crate::record::Read as _;
use crate::table::Table;

/// Stands between the parts of a row's text, and after the name in a key. No part holds it.
const END: char = '\0';

/// The key of a user's record.
pub(crate) fn key_of(user: &User) -> Vec<u8> {
    codec::pair(codec::owner(Some(user.tenant_id)), user.id.0)
}

/// The key of the row by name within the tenant.
pub(crate) fn name_row(tenant: TenantId, name_key: &str) -> Vec<u8> {
    [&codec::owner(Some(tenant))[..], name_key.as_bytes()].concat()
}

/// What the keys of the rows by name across tenants begin with.
pub(crate) fn all_prefix(name_key: &str) -> Vec<u8> {
    [name_key.as_bytes(), &[END as u8]].concat()
}

/// The key of the row of an identity.
pub(crate) fn identity_row(identity: &Identity) -> Vec<u8> {
    let (issuer, subject) = (identity.issuer.as_bytes(), identity.subject.as_bytes());
    [&(issuer.len() as u64).to_be_bytes(), issuer, subject].concat()
}

/// The key of the record that a row by name is of.
pub(crate) fn place(row: &[u8]) -> Result<&[u8], StoreError> {
    row.get(..2 * ID).ok_or_else(corrupt)
}

fn corrupt() -> StoreError {
    StoreError::Corrupt("a row of the list of users".to_owned())
}

/// The keys of a user's rows by name.
fn name_rows(user: &User) -> [(Table, Vec<u8>); 2] {
    let name = user.name_key();
    let across = [all_prefix(&name), user.tenant_id.0.as_bytes().to_vec()].concat();
    [(Table::UserName, name_row(user.tenant_id, &name)), (Table::UserAll, across)]
}

fn encode(user: &User) -> Vec<u8> {
    let display_name = user.display_name.as_ref().map(|name| name_key(name.as_str()));
    let email = user.email.as_ref().map(|email| name_key(email.as_str()));
    let mut row = key_of(user);
    row.extend(user.role.as_str().as_bytes());
    for part in [Some(user.name_key()), display_name, email].into_iter().flatten() {
        row.push(END as u8);
        row.extend(part.as_bytes());
    }
    row
}

/// Fails if another user has the name, or one of the identities.
pub(crate) fn check(draft: &Draft<'_>, user: &User) -> Result<(), StoreError> {
    let key = key_of(user);
    let is_other = |holder: &[u8]| !holder.starts_with(&key);
    let name = name_row(user.tenant_id, &user.name_key());
    if draft.get(Table::UserName, &name)?.is_some_and(|holder| is_other(&holder)) {
        return Err(StoreError::Conflict(UniqueField::UserName));
    }
    for identity in &user.identities {
        if draft.get(Table::Identity, &identity_row(identity))?.is_some_and(|holder| is_other(&holder)) {
            return Err(StoreError::Conflict(UniqueField::Identity));
        }
    }
    Ok(())
}

/// Plans the rows of a user that takes the place of another, or of none; and the other way round.
pub(crate) fn replace(draft: &mut Draft<'_>, old: Option<&User>, new: Option<&User>) {
    if let Some(old) = old {
        name_rows(old).into_iter().for_each(|(table, row)| draft.remove(table, row));
        old.identities.iter().for_each(|identity| draft.remove(Table::Identity, identity_row(identity)));
    }
    if let Some(new) = new {
        let row = encode(new);
        name_rows(new).into_iter().for_each(|(table, key)| draft.put(table, key, row.clone()));
        for identity in &new.identities {
            draft.put(Table::Identity, identity_row(identity), key_of(new));
        }
    }
}

/// The filters of a query, its tenant aside, in terms of rows.
pub(crate) struct Filter {
    role: Option<&'static str>,
    search: Option<String>,
}

impl Filter {
    /// `None` if every row matches.
    pub(crate) fn of(query: &UserQuery) -> Option<Self> {
        let (role, search) = (query.role.map(|role| role.as_str()), query.search.as_deref().map(name_key));
        (role.is_some() || search.is_some()).then_some(Self { role, search })
    }

    /// Whether the row is of a user that [`UserQuery::matches`].
    pub(crate) fn matches(&self, row: &[u8]) -> Result<bool, StoreError> {
        let text = row.get(2 * ID..).and_then(|text| std::str::from_utf8(text).ok()).ok_or_else(corrupt)?;
        let mut parts = text.split(END);
        let has_role = parts.next().is_some_and(|has| self.role.is_none_or(|role| has == role));
        let is_found = |text: &String| parts.any(|part| part.contains(text.as_str()));
        Ok(has_role && self.search.as_ref().is_none_or(is_found))
    }
}
