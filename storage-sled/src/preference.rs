//! Preferences.

use std::collections::BTreeSet;

use async_trait::async_trait;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{ServerId, TenantId, UserId};
use registry_core::model::preference::{MAX_PREFERENCES, Preference};
use registry_core::store::{PreferenceStore, StoreError};

use crate::SledStore;
use crate::codec::{self, ID};
use crate::core::Core;
use crate::home::Id;
use crate::page::Rows;
use crate::plan::Draft;
use crate::table::Table;

fn key_of(user: &[u8], server: ServerId) -> Vec<u8> {
    [user, server.0.as_bytes()].concat()
}

/// The key of the row that finds the preference by its server.
fn server_row(user: &[u8], server: ServerId) -> Vec<u8> {
    [server.0.as_bytes(), user].concat()
}

/// The servers that the user, whose record has this key, has preferences for.
fn servers(draft: &Draft<'_>, user: &[u8]) -> Result<BTreeSet<ServerId>, StoreError> {
    let stored = draft.stored(Table::Preference, user)?;
    stored.iter().map(|(key, _)| Ok(ServerId(codec::uuid_at(key, 2 * ID)?))).collect()
}

fn put(draft: &mut Draft<'_>, user: &[u8], preferences: &[Preference]) -> Result<(), StoreError> {
    if !draft.has(Table::User, user)? {
        return Err(StoreError::Missing);
    }
    let mut servers = servers(draft, user)?;
    for preference in preferences {
        let server = preference.server_id;
        if preference.is_default() {
            servers.remove(&server);
            remove(draft, user, server)?;
            continue;
        }
        if !draft.has(Table::Home, &Id::Server(server).key())? {
            return Err(StoreError::Missing);
        }
        servers.insert(server);
        draft.put(Table::PreferenceRef, server_row(user, server), Vec::new());
        draft.put_record(Table::Preference, &key_of(user, server), preference)?;
    }
    match servers.len() > MAX_PREFERENCES {
        true => Err(StoreError::InUse("a user has preferences for at most 1,000 servers")),
        false => Ok(()),
    }
}

fn remove(draft: &mut Draft<'_>, user: &[u8], server: ServerId) -> Result<(), StoreError> {
    draft.remove(Table::PreferenceRef, server_row(user, server));
    draft.remove_record(Table::Preference, &key_of(user, server))
}

/// Plans the removal of all preferences of the user whose record has this key.
pub(crate) fn remove_user(draft: &mut Draft<'_>, user: &[u8]) -> Result<(), StoreError> {
    servers(draft, user)?.into_iter().try_for_each(|server| remove(draft, user, server))
}

/// Plans the removal of all preferences for a server.
pub(crate) fn remove_server(draft: &mut Draft<'_>, server: ServerId) -> Result<(), StoreError> {
    let rows = draft.stored(Table::PreferenceRef, server.0.as_bytes())?;
    rows.iter().try_for_each(|(row, _)| remove(draft, &row[ID..], server))
}

fn list(core: &Core, user: &[u8]) -> Result<Vec<Preference>, StoreError> {
    let rows = core.view.prefix(Table::Preference, user, false).collect::<Result<Vec<_>, _>>()?;
    let found = Rows { total: rows.len() as u64, rows };
    let mut preferences: Vec<Preference> =
        found.records(&core.view, Table::Preference, |(key, _)| Ok(key))?;
    // They come by server id, which a stable sort keeps.
    preferences.sort_by_key(|preference| preference.display_order);
    Ok(preferences)
}

#[async_trait]
impl PreferenceStore for SledStore {
    async fn preferences(&self, tenant_id: TenantId, user_id: UserId) -> Result<Vec<Preference>, StoreError> {
        let user = codec::pair(codec::owner(Some(tenant_id)), user_id.0);
        self.read(move |core| list(core, &user)).await
    }

    async fn put_preferences(
        &self,
        tenant_id: TenantId,
        user_id: UserId,
        preferences: &[Preference],
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let user = codec::pair(codec::owner(Some(tenant_id)), user_id.0);
        let preferences = preferences.to_vec();
        self.write(audit, move |draft, _| put(draft, &user, &preferences)).await
    }
}
