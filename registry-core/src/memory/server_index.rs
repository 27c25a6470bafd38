//! Lists of servers: which match, and in which order.
//!
//! A list first goes over slim rows that lie side by side and marks those that match in a bitmap; that gives the
//! total. Then it walks the order that was asked for, which is kept sorted, past marked rows until the page is full.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::server_row::{Marks, Row, at, mark};
use super::server_text::Texts;
use crate::clock::Timestamp;
use crate::model::id::ServerId;
use crate::model::page::{Page, SortOrder};
use crate::model::server::{Server, ServerHealth, ServerQuery, ServerSort};
use crate::model::text::Tag;

/// Slots by sort key, equal keys by id.
type Order<K> = BTreeMap<(K, ServerId), u32>;

/// Some slots.
type Slots<'a> = Box<dyn Iterator<Item = u32> + 'a>;

/// The servers, each in a numbered slot, and what finds them.
#[derive(Default)]
pub(super) struct Index {
    rows: Vec<Row>,
    texts: Texts,
    servers: Vec<Option<Server>>,
    free: Vec<u32>,
    by_name: Order<String>,
    by_created: Order<Timestamp>,
    by_updated: Order<Timestamp>,
    by_status: Order<&'static str>,
    tagged: HashMap<Tag, BTreeSet<u32>>,
}

impl Index {
    pub(super) fn server(&self, slot: u32) -> Option<&Server> {
        self.servers.get(at(slot))?.as_ref()
    }

    pub(super) fn set_health(&mut self, slot: u32, health: ServerHealth) {
        if let Some(Some(server)) = self.servers.get_mut(at(slot)) {
            server.health = health;
        }
    }

    /// The slot that the next server goes into.
    pub(super) fn free_slot(&self) -> u32 {
        self.free.last().copied().unwrap_or_else(|| u32::try_from(self.rows.len()).unwrap_or(u32::MAX))
    }

    pub(super) fn insert(&mut self, server: Server) {
        let slot = self.free_slot();
        self.by_name.insert((server.name_key(), server.id), slot);
        self.by_created.insert((server.created_at, server.id), slot);
        self.by_updated.insert((server.updated_at, server.id), slot);
        self.by_status.insert((server.status.as_str(), server.id), slot);
        for tag in server.tags.as_slice() {
            self.tagged.entry(tag.clone()).or_default().insert(slot);
        }
        self.texts.set(slot, &server.search_text());
        let row = Row::of(&server);
        if self.free.pop().is_some() {
            (self.rows[at(slot)], self.servers[at(slot)]) = (row, Some(server));
        } else {
            self.rows.push(row);
            self.servers.push(Some(server));
        }
    }

    pub(super) fn remove(&mut self, slot: u32) -> Option<Server> {
        let server = self.servers.get_mut(at(slot))?.take()?;
        self.rows[at(slot)] = Row::default();
        self.texts.set(slot, "");
        self.free.push(slot);
        self.by_name.remove(&(server.name_key(), server.id));
        self.by_created.remove(&(server.created_at, server.id));
        self.by_updated.remove(&(server.updated_at, server.id));
        self.by_status.remove(&(server.status.as_str(), server.id));
        for tag in server.tags.as_slice() {
            self.untag(tag, slot);
        }
        Some(server)
    }

    fn untag(&mut self, tag: &Tag, slot: u32) {
        let Some(slots) = self.tagged.get_mut(tag) else { return };
        slots.remove(&slot);
        if slots.is_empty() {
            self.tagged.remove(tag);
        }
    }

    /// The page that `query` names, without those in the slots `without`; of the server in the slot `only` alone if that
    /// is given.
    pub(super) fn page(
        &self,
        query: &ServerQuery,
        only: Option<Option<u32>>,
        without: &HashSet<u32>,
    ) -> Page<Server> {
        let marks = self.matching(query, only, without);
        let slots = match query.sort {
            ServerSort::Name => window(&self.by_name, &marks, query),
            ServerSort::CreatedAt => window(&self.by_created, &marks, query),
            ServerSort::UpdatedAt => window(&self.by_updated, &marks, query),
            ServerSort::Status => window(&self.by_status, &marks, query),
        };
        let items = slots.into_iter().filter_map(|slot| self.server(slot).cloned()).collect();
        Page { items, total: marks.total.into(), request: query.page }
    }

    fn matching(&self, query: &ServerQuery, only: Option<Option<u32>>, without: &HashSet<u32>) -> Marks {
        let all = 0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let marked = |slots: Slots<'_>| {
            let slots = slots.filter(|slot| !without.contains(slot) && self.is_of_health(*slot, query));
            mark(slots, &self.rows, &self.texts, query)
        };
        match (only, self.with_tags(&query.tags)) {
            (None, None) if without.is_empty() && query.health.is_none() => {
                mark(all, &self.rows, &self.texts, query)
            }
            (None, None) => marked(Box::new(all)),
            (None, Some(slots)) => marked(slots),
            (Some(only), None) => marked(Box::new(only.into_iter())),
            (Some(only), Some(slots)) => marked(Box::new(slots.filter(move |slot| only == Some(*slot)))),
        }
    }

    /// Whether the server in the slot is of the health that is asked for.
    fn is_of_health(&self, slot: u32, query: &ServerQuery) -> bool {
        let Some(filter) = &query.health else { return true };
        self.server(slot).is_some_and(|server| filter.accepts(server.id, server.health.status))
    }

    /// The slots with all of these tags; `None` if none is asked for.
    fn with_tags(&self, tags: &[Tag]) -> Option<Slots<'_>> {
        if tags.is_empty() {
            return None;
        }
        let sets: Option<Vec<_>> = tags.iter().map(|tag| self.tagged.get(tag)).collect();
        let Some(mut sets) = sets else { return Some(Box::new(std::iter::empty())) };
        sets.sort_by_key(|set| set.len());
        let (fewest, others) = (sets.first().copied()?, sets.split_off(1));
        Some(Box::new(fewest.iter().copied().filter(move |slot| others.iter().all(|set| set.contains(slot)))))
    }
}

/// The marked slots of the page, in order. It looks no further than the last one.
fn window<K>(order: &Order<K>, marks: &Marks, query: &ServerQuery) -> Vec<u32> {
    let offset = u32::try_from(query.page.offset()).unwrap_or(u32::MAX);
    let limit = marks.total.saturating_sub(offset).min(query.page.limit());
    if limit == 0 {
        return Vec::new();
    }
    let is_marked = |slot: &u32| marks.has(*slot);
    let slots = order.values().copied();
    match query.order {
        SortOrder::Asc => slots.filter(is_marked).skip(at(offset)).take(at(limit)).collect(),
        SortOrder::Desc => slots.rev().filter(is_marked).skip(at(offset)).take(at(limit)).collect(),
    }
}
