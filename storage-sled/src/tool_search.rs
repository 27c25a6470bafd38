//! Searches of the tools of all servers.
//!
//! What a search looks in is one record for each server, so that ten thousand servers are ten thousand small records to
//! run through; most are passed over by a look at their JSON. Only the tools on the page are read in full.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use memchr::memmem::Finder;
use registry_core::access::Reach;
use registry_core::model::capability::{Capability, CapabilityKind, CapabilityList, FoundTool, ToolQuery};
use registry_core::model::id::ServerId;
use registry_core::model::page::Page;
use registry_core::model::server::ServerStatus;
use registry_core::store::StoreError;

use crate::codec;
use crate::core::Core;
use crate::home::{self, Id};
use crate::record::{self, Read as _};
use crate::row::{self, Row};
use crate::table::Table;
use crate::view::View;
use crate::{capability, server};

/// Name and search text of each tool of a server.
type Texts = Vec<(String, String)>;

/// What searches of these tools look in.
pub(crate) fn texts(list: &CapabilityList) -> Texts {
    list.items.iter().map(|tool| (tool.name.clone(), tool.search_text())).collect()
}

/// A tool that matches: its name, its server, and the key of the server's record.
type Hit = (String, ServerId, Vec<u8>);

/// The page that `query` asks for.
pub(crate) fn search(core: &Core, query: &ToolQuery) -> Result<Page<FoundTool>, StoreError> {
    let view = &core.view;
    let (needle, mut hits) = (Needle::of(query), Vec::new());
    for place in places(view, query)? {
        needle.look(view, query, &place, &mut hits)?;
    }
    hits.sort_unstable();
    let Page { items, total, request } = Page::of(hits, query.page);
    Ok(Page { items: in_full(view, items)?, total, request })
}

/// The keys of the records of servers that may be seen, and have tools.
fn places(view: &View, query: &ToolQuery) -> Result<Vec<Vec<u8>>, StoreError> {
    if let Some(only) = query.only {
        return Ok(home::find(view, Id::Server(only))?.into_iter().collect());
    }
    let Reach::Tenant(own) = query.reach else { return keys(view, Table::ToolText, &[]) };
    let own = codec::owner(Some(own));
    let mut places = keys(view, Table::ToolText, &own)?;
    places.extend(keys(view, Table::ToolText, &codec::owner(None))?);
    let public = keys(view, Table::ServerPublic, &[])?;
    places.extend(public.into_iter().filter(|place| !place.starts_with(&own)));
    Ok(places)
}

fn keys(view: &View, table: Table, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    view.prefix(table, prefix, false).map(|pair| Ok(pair?.0.to_vec())).collect()
}

/// What is looked for.
struct Needle<'a> {
    text: Option<&'a str>,
    /// Finds the text in JSON, if it is written there as it is.
    in_json: Option<Finder<'a>>,
}

impl<'a> Needle<'a> {
    fn of(query: &'a ToolQuery) -> Self {
        let text = query.search.as_deref();
        let is_escaped = |c: char| c == '"' || c == '\\' || c.is_control();
        let in_json = text.filter(|text| !text.contains(is_escaped)).map(Finder::new);
        Self { text, in_json }
    }

    /// Adds the tools of the server that match.
    fn look(
        &self,
        view: &View,
        query: &ToolQuery,
        place: &[u8],
        hits: &mut Vec<Hit>,
    ) -> Result<(), StoreError> {
        let Some(json) = view.json(Table::ToolText, place)? else { return Ok(()) };
        if self.in_json.as_ref().is_some_and(|finder| finder.find(&json).is_none())
            || !sees(view, query, place)?
        {
            return Ok(());
        }
        let server = ServerId(codec::uuid_at(place, codec::ID)?);
        let texts: Texts = record::decode(Table::ToolText, place, &json)?;
        let matching =
            texts.into_iter().filter(|(_, text)| self.text.is_none_or(|needle| text.contains(needle)));
        hits.extend(matching.map(|(name, _)| (name, server, place.to_vec())));
        Ok(())
    }
}

/// Whether the query sees the server.
fn sees(view: &View, query: &ToolQuery, place: &[u8]) -> Result<bool, StoreError> {
    let Some(value) = view.get(Table::ServerRow, place)? else { return Ok(false) };
    let row = Row::decode(place, &value)?;
    let is_reached = row.is_shared() || row.tenant.is_some_and(|tenant| query.reach.holds(tenant));
    let is_active = row.status == row::rank(ServerStatus::Active);
    Ok(is_reached && !query.without.contains(&row.id) && (is_active || !query.active_only))
}

/// The tools in full. One that was removed meanwhile is left out.
fn in_full(view: &View, page: Vec<Hit>) -> Result<Vec<FoundTool>, StoreError> {
    let (mut lists, mut found) = (HashMap::new(), Vec::with_capacity(page.len()));
    for (name, id, place) in page {
        let list = match lists.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place_for) => place_for.insert((server::load(view, &place)?, tools(view, &place)?)),
        };
        if let (Some(server), tools) = list
            && let Some(tool) = tools.iter().find(|tool| tool.name == name)
        {
            found.push(FoundTool { server_id: id, server_name: server.name.clone(), tool: tool.clone() });
        }
    }
    Ok(found)
}

fn tools(view: &View, place: &[u8]) -> Result<Vec<Capability>, StoreError> {
    let list = capability::list(view, place, CapabilityKind::Tool)?;
    Ok(list.map(|list| list.items).unwrap_or_default())
}
