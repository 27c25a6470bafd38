//! Servers. Lists of them are in [`crate::server_list`].

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::clock::Timestamp;
use registry_core::model::alert_step::after_removal;
use registry_core::model::audit::AuditEvent;
use registry_core::model::id::{ServerId, TenantId, UserId};
use registry_core::model::key::ApiKey;
use registry_core::model::page::Page;
use registry_core::model::server::{Revision, Server, ServerHealth, ServerQuery};
use registry_core::model::usage::UsageSubject;
use registry_core::model::watch::{DueChange, due_after_change};
use registry_core::store::{DeletedServer, ServerStore, StoreError, UniqueField};

use crate::SledStore;
use crate::codec;
use crate::home::{self, Id};
use crate::plan::Draft;
use crate::record::Read;
use crate::row::Row;
use crate::shelf::RowChange;
use crate::table::Table;
use crate::{
    alert, capability, check_rollup, dependency, health, key, preference, server_list, status_change, tenant,
    usage, usage_rollup, user, watch,
};

/// The server whose record has this key, with its health.
pub(crate) fn load(read: &impl Read, key: &[u8]) -> Result<Option<Server>, StoreError> {
    let Some(mut server) = read.record::<Server>(Table::Server, key)? else { return Ok(None) };
    if let Some(health) = read.record::<ServerHealth>(Table::ServerHealth, key)? {
        server.health = health;
    }
    Ok(Some(server))
}

/// The server with this id, if `reach` sees it.
pub(crate) fn find(read: &impl Read, reach: Reach, id: ServerId) -> Result<Option<Server>, StoreError> {
    let Some(key) = home::find(read, Id::Server(id))? else { return Ok(None) };
    Ok(load(read, &key)?.filter(|server| reach.sees(server)))
}

fn key_of(server: &Server) -> Vec<u8> {
    codec::pair(codec::owner(server.tenant_id), server.id.0)
}

fn slug_key(tenant: Option<TenantId>, slug: &str) -> Vec<u8> {
    [&codec::owner(tenant)[..], slug.as_bytes()].concat()
}

/// The key of the row that names the owner of the server whose record has this key.
pub(crate) fn owner_row(owner: UserId, key: &[u8]) -> Vec<u8> {
    [owner.0.as_bytes(), key].concat()
}

fn create(draft: &mut Draft<'_>, server: &Server, key: Option<&ApiKey>) -> Result<(), StoreError> {
    if let Some(id) = server.tenant_id {
        tenant::require(draft, id)?;
    }
    user::require(draft, server.owner_id)?;
    home::require_new(draft, Id::Server(server.id))?;
    home::put(draft, Id::Server(server.id), server.tenant_id);
    draft.put_record(Table::ServerHealth, &key_of(server), &server.health)?;
    replace(draft, None, server)?;
    key.map_or(Ok(()), |key| key::create(draft, key))
}

fn update(draft: &mut Draft<'_>, server: &Server, expected: Revision) -> Result<(), StoreError> {
    let old = expect(draft, &key_of(server), expected)?;
    if old.owner_id != server.owner_id {
        user::require(draft, server.owner_id)?;
    }
    replace(draft, Some(&old), server)
}

/// The server, if it has this revision.
fn expect(draft: &Draft<'_>, key: &[u8], expected: Revision) -> Result<Server, StoreError> {
    let server: Server = draft.record(Table::Server, key)?.ok_or(StoreError::Missing)?;
    if server.revision == expected { Ok(server) } else { Err(StoreError::Stale) }
}

/// Stores a server in the place of the old one.
fn replace(draft: &mut Draft<'_>, old: Option<&Server>, server: &Server) -> Result<(), StoreError> {
    let slug = slug_key(server.tenant_id, &server.name.slug());
    let old_slug = old.map(|old| slug_key(old.tenant_id, &old.name.slug()));
    if old_slug.as_ref() != Some(&slug) {
        if draft.has(Table::ServerSlug, &slug)? {
            return Err(StoreError::Conflict(UniqueField::ServerName));
        }
        if let Some(old_slug) = old_slug {
            draft.remove(Table::ServerSlug, old_slug);
        }
        draft.put(Table::ServerSlug, slug, server.id.0.as_bytes().to_vec());
    }
    let key = key_of(server);
    watch::change(draft, &key, due_after_change(old, server))?;
    dependency::change(draft, &key, old, server)?;
    if let Some(old) = old {
        draft.remove(Table::ServerRef, owner_row(old.owner_id, &key));
    }
    draft.put(Table::ServerRef, owner_row(server.owner_id, &key), Vec::new());
    let health = draft.record::<ServerHealth>(Table::ServerHealth, &key)?.unwrap_or_default().status;
    let (old, row) = (old.map(Row::of).transpose()?, Row::of(server)?.with_health(health));
    match (row.public && row.tenant.is_some(), &old) {
        (true, _) => draft.put(Table::ServerPublic, row.key(), Vec::new()),
        (false, Some(old)) if old.public => draft.remove(Table::ServerPublic, row.key()),
        (false, _) => {}
    }
    draft.put(Table::ServerRow, row.key(), row.encode());
    draft.row(RowChange { old, new: Some(row) });
    draft.put_record(Table::Server, &key, server)
}

fn delete(
    draft: &mut Draft<'_>,
    key: &[u8],
    expected: Revision,
    now: Timestamp,
) -> Result<DeletedServer, StoreError> {
    let server = expect(draft, key, expected)?;
    let row = Row::of(&server)?;
    home::remove(draft, Id::Server(server.id));
    draft.remove(Table::ServerRef, owner_row(server.owner_id, key));
    draft.remove(Table::ServerSlug, slug_key(server.tenant_id, &server.name.slug()));
    draft.remove(Table::ServerRow, row.key());
    draft.remove(Table::ServerPublic, row.key());
    draft.remove_record(Table::ServerHealth, key)?;
    draft.remove_record(Table::Server, key)?;
    draft.row(RowChange { old: Some(row), new: None });
    watch::change(draft, key, DueChange::Never)?;
    dependency::remove(draft, key, &server)?;
    health::remove_all(draft, key)?;
    check_rollup::TREES.remove_all(draft, key)?;
    usage_rollup::SERVERS.remove_all(draft, key)?;
    status_change::remove_all(draft, key)?;
    capability::remove_all(draft, key)?;
    preference::remove_server(draft, server.id)?;
    usage::remove(draft, server.tenant_id, UsageSubject::Server(server.id))?;
    Ok(DeletedServer { revoked_keys: key::revoke_linked(draft, server.id, now)? })
}

#[async_trait]
impl ServerStore for SledStore {
    async fn create_server(
        &self,
        server: &Server,
        key: Option<&ApiKey>,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let (server, key) = (server.clone(), key.cloned());
        self.write(audit, move |draft, _| create(draft, &server, key.as_ref())).await
    }

    async fn server(&self, reach: Reach, id: ServerId) -> Result<Option<Server>, StoreError> {
        find(&self.core()?.view, reach, id)
    }

    async fn server_by_slug(
        &self,
        tenant_id: Option<TenantId>,
        slug: &str,
    ) -> Result<Option<Server>, StoreError> {
        let core = self.core()?;
        let Some(id) = core.view.get(Table::ServerSlug, &slug_key(tenant_id, slug))? else { return Ok(None) };
        load(&core.view, &[&codec::owner(tenant_id)[..], &id].concat())
    }

    async fn servers(&self, query: &ServerQuery) -> Result<Page<Server>, StoreError> {
        let query = query.clone();
        self.read(move |core| server_list::list(core, &query)).await
    }

    async fn update_server(
        &self,
        server: &Server,
        expected: Revision,
        audit: AuditEvent,
    ) -> Result<(), StoreError> {
        let server = server.clone();
        self.write(audit, move |draft, _| update(draft, &server, expected)).await
    }

    async fn delete_server(
        &self,
        tenant_id: Option<TenantId>,
        id: ServerId,
        expected: Revision,
        now: Timestamp,
        audit: AuditEvent,
    ) -> Result<DeletedServer, StoreError> {
        let key = codec::pair(codec::owner(tenant_id), id.0);
        let mut event = audit;
        let plan = move |draft: &mut Draft<'_>| {
            let deleted = delete(draft, &key, expected, now)?;
            key::note_revoked(&mut event, &deleted.revoked_keys);
            let steps = after_removal(id, tenant_id, &event);
            alert::audited(draft, event, &steps)?;
            Ok(deleted)
        };
        self.write_unaudited(plan).await
    }

    async fn dependents(&self, reach: Reach, id: ServerId, limit: u32) -> Result<Vec<Server>, StoreError> {
        self.read(move |core| dependency::dependents(core, reach, id, limit)).await
    }

    async fn failing_dependencies(&self, ids: &[ServerId]) -> Result<Vec<(ServerId, ServerId)>, StoreError> {
        let ids = ids.to_vec();
        self.read(move |core| dependency::failing(core, &ids)).await
    }

    async fn impaired_servers(&self, limit: u32) -> Result<Vec<ServerId>, StoreError> {
        self.read(move |core| dependency::impaired(core, limit)).await
    }
}
