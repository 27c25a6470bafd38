//! What servers list. A list of one kind is one record, since it is replaced as a whole.

use async_trait::async_trait;
use registry_core::access::Reach;
use registry_core::model::alert_step::after_approval;
use registry_core::model::audit::AuditEvent;
use registry_core::model::capability::{
    Capability, CapabilityChange, CapabilityKind, CapabilityList, CapabilityPage, DefinitionDigest,
    FoundTool, ToolQuery,
};
use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::inventory::{Conclusion, Inventory, MAX_CHANGES};
use registry_core::model::page::{Page, PageRequest};
use registry_core::model::server::Server;
use registry_core::store::{CapabilityStore, StoreError};

use crate::core::Core;
use crate::home::{self, Id};
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;
use crate::{SledStore, alert, codec, page, server, tool_search};

/// The key of a server's list of this kind; `place` is the key of the server's record.
fn list_key(place: &[u8], kind: CapabilityKind) -> Vec<u8> {
    let kind = match kind {
        CapabilityKind::Tool => b't',
        CapabilityKind::Resource => b'r',
        CapabilityKind::ResourceTemplate => b'u',
        CapabilityKind::Prompt => b'p',
    };
    [place, &[kind]].concat()
}

fn change_key(place: &[u8], change: &CapabilityChange) -> Vec<u8> {
    [place, &codec::time(change.at), change.id.as_bytes(), &change.number.to_be_bytes()].concat()
}

/// A list of the server whose record has this key.
pub(crate) fn list(
    read: &impl Read,
    place: &[u8],
    kind: CapabilityKind,
) -> Result<Option<CapabilityList>, StoreError> {
    read.record(Table::CapabilityList, &list_key(place, kind))
}

/// Plans what follows from an inventory; whether anything does.
fn put(draft: &mut Draft<'_>, inventory: &Inventory, mut event: AuditEvent) -> Result<bool, StoreError> {
    let place = codec::pair(codec::owner(inventory.tenant_id), inventory.server_id.0);
    let server: Server = draft.record(Table::Server, &place)?.ok_or(StoreError::Missing)?;
    let mut kept = Vec::new();
    for found in &inventory.lists {
        kept.extend(list(draft, &place, found.kind())?);
    }
    let Some(conclusion) = inventory.conclude(server.settings.tool_changes, kept) else { return Ok(false) };
    conclusion.describe(&mut event);
    put_lists(draft, &place, &conclusion)?;
    put_changes(draft, &place, conclusion.kept_changes())?;
    alert::audited(draft, event, &conclusion.alerts)?;
    Ok(true)
}

fn put_lists(draft: &mut Draft<'_>, place: &[u8], conclusion: &Conclusion) -> Result<(), StoreError> {
    for list in &conclusion.lists {
        draft.put_record(Table::CapabilityList, &list_key(place, list.kind), list)?;
        if list.kind == CapabilityKind::Tool {
            draft.put_record(Table::ToolText, place, &tool_search::texts(list))?;
        }
    }
    Ok(())
}

/// Adds changes, and forgets the oldest beyond the bound.
fn put_changes(draft: &mut Draft<'_>, place: &[u8], changes: &[CapabilityChange]) -> Result<(), StoreError> {
    let stored = draft.stored(Table::CapabilityChange, place)?;
    let too_many = (stored.len() + changes.len()).saturating_sub(MAX_CHANGES);
    for (key, _) in stored.iter().take(too_many) {
        draft.remove_record(Table::CapabilityChange, key)?;
    }
    for change in changes {
        draft.put_record(Table::CapabilityChange, &change_key(place, change), change)?;
    }
    Ok(())
}

/// Approves a tool of the server whose record has this key. Answers with the tool, and whether none waits any more.
fn approve(
    draft: &mut Draft<'_>,
    place: &[u8],
    name: &str,
    digest: DefinitionDigest,
) -> Result<(Capability, bool), StoreError> {
    let mut tools = list(draft, place, CapabilityKind::Tool)?.ok_or(StoreError::Missing)?;
    let tool = tools.items.iter_mut().find(|tool| tool.name == name).ok_or(StoreError::Missing)?;
    if tool.digest != digest {
        return Err(StoreError::Stale);
    }
    tool.approved = Some(digest);
    let approved = tool.clone();
    draft.put_record(Table::CapabilityList, &list_key(place, CapabilityKind::Tool), &tools)?;
    Ok((approved, !tools.items.iter().any(Capability::is_held)))
}

/// Plans the removal of all that the server whose record has this key lists.
pub(crate) fn remove_all(draft: &mut Draft<'_>, place: &[u8]) -> Result<(), StoreError> {
    for kind in CapabilityKind::ALL {
        draft.remove_record(Table::CapabilityList, &list_key(place, *kind))?;
    }
    for (key, _) in draft.stored(Table::CapabilityChange, place)? {
        draft.remove_record(Table::CapabilityChange, &key)?;
    }
    draft.remove_record(Table::ToolText, place)
}

/// A list of the server, if `reach` sees it.
fn seen(
    core: &Core,
    reach: Reach,
    id: ServerId,
    kind: CapabilityKind,
) -> Result<Option<CapabilityList>, StoreError> {
    let Some(server) = server::find(&core.view, reach, id)? else { return Ok(None) };
    list(&core.view, &codec::pair(codec::owner(server.tenant_id), id.0), kind)
}

fn page_of(list: Option<CapabilityList>, request: PageRequest) -> CapabilityPage {
    let left_out = list.as_ref().map(|list| list.left_out);
    let items = list.map(|list| list.items).unwrap_or_default();
    CapabilityPage { items: Page::of(items, request), left_out }
}

fn changes(
    core: &Core,
    reach: Reach,
    id: ServerId,
    request: PageRequest,
) -> Result<Page<CapabilityChange>, StoreError> {
    let view = &core.view;
    let seen = server::find(view, reach, id)?;
    let (Some(_), Some(place)) = (seen, home::find(view, Id::Server(id))?) else {
        return Ok(Page::empty(request));
    };
    let found = page::filtered(view.prefix(Table::CapabilityChange, &place, true), request, |_| Ok(true))?;
    let items = found.records(view, Table::CapabilityChange, |(key, _)| Ok(key))?;
    Ok(Page { items, total: found.total, request })
}

#[async_trait]
impl CapabilityStore for SledStore {
    async fn put_capabilities(&self, inventory: &Inventory, audit: AuditEvent) -> Result<bool, StoreError> {
        let inventory = inventory.clone();
        self.write_unaudited(move |draft| put(draft, &inventory, audit)).await
    }

    async fn capabilities(
        &self,
        reach: Reach,
        server_id: ServerId,
        kind: CapabilityKind,
        page: PageRequest,
    ) -> Result<CapabilityPage, StoreError> {
        self.read(move |core| Ok(page_of(seen(core, reach, server_id, kind)?, page))).await
    }

    async fn held_tools(&self, reach: Reach, server_id: ServerId) -> Result<Vec<String>, StoreError> {
        let tools = self.read(move |core| seen(core, reach, server_id, CapabilityKind::Tool)).await?;
        let tools = tools.map(|list| list.items).unwrap_or_default();
        Ok(tools.into_iter().filter(Capability::is_held).map(|tool| tool.name).collect())
    }

    async fn approve_tool(
        &self,
        tenant_id: Option<TenantId>,
        server_id: ServerId,
        name: &str,
        digest: DefinitionDigest,
        audit: AuditEvent,
    ) -> Result<Capability, StoreError> {
        let (place, name) = (codec::pair(codec::owner(tenant_id), server_id.0), name.to_owned());
        let planned = move |draft: &mut Draft<'_>| {
            let (approved, is_last) = approve(draft, &place, &name, digest)?;
            let over = is_last.then(|| after_approval(server_id, tenant_id, &audit));
            alert::audited(draft, audit, over.as_slice())?;
            Ok(approved)
        };
        self.write_unaudited(planned).await
    }

    async fn capability_changes(
        &self,
        reach: Reach,
        server_id: ServerId,
        page: PageRequest,
    ) -> Result<Page<CapabilityChange>, StoreError> {
        self.read(move |core| changes(core, reach, server_id, page)).await
    }

    async fn tools(&self, query: &ToolQuery) -> Result<Page<FoundTool>, StoreError> {
        let query = query.clone();
        self.read(move |core| tool_search::search(core, &query)).await
    }
}
