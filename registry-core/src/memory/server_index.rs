//! Lists of servers: which match, and in which order.
//!
//! A list first goes over slim rows that lie side by side and marks those that match in a bitmap; that gives the
//! total. Then it walks the order that was asked for, which is kept sorted, past marked rows until the page is full.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::server_row::{Marks, Row, Wanted};
use crate::clock::Timestamp;
use crate::model::id::ServerId;
use crate::model::page::{Page, SortOrder};
use crate::model::server::{Server, ServerHealth, ServerQuery, ServerSort};
use crate::model::text::Tag;

/// Slots by sort key, equal keys by id.
type Order<K> = BTreeMap<(K, ServerId), u32>;

/// The servers, each in a numbered slot, and what finds them.
#[derive(Default)]
pub(super) struct Index {
    rows: Vec<Row>,
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

    /// The page that `query` names; of the server in the slot `only` alone if that is given.
    pub(super) fn page(&self, query: &ServerQuery, only: Option<Option<u32>>) -> Page<Server> {
        let marks = self.matching(query, only);
        let offset = usize::try_from(query.page.offset()).unwrap_or(usize::MAX);
        let limit = usize::try_from(query.page.limit().min(marks.total)).unwrap_or(usize::MAX);
        let items = if offset < at(marks.total) {
            let slots = self.in_order(query).filter(|slot| marks.has(*slot));
            let rest = at(marks.total) - offset;
            slots.skip(offset).take(limit.min(rest)).filter_map(|slot| self.server(slot).cloned()).collect()
        } else {
            Vec::new()
        };
        Page { items, total: marks.total.into(), request: query.page }
    }

    fn in_order(&self, query: &ServerQuery) -> Box<dyn Iterator<Item = u32> + '_> {
        match query.sort {
            ServerSort::Name => walk(&self.by_name, query.order),
            ServerSort::CreatedAt => walk(&self.by_created, query.order),
            ServerSort::UpdatedAt => walk(&self.by_updated, query.order),
            ServerSort::Status => walk(&self.by_status, query.order),
        }
    }

    fn matching(&self, query: &ServerQuery, only: Option<Option<u32>>) -> Marks {
        let wanted = Wanted::of(query);
        let mut marks = Marks::new(self.rows.len());
        let consider = |slot: u32| {
            if self.rows.get(at(slot)).is_some_and(|row| wanted.is(row)) {
                marks.add(slot);
            }
        };
        match (only, self.with_tags(&query.tags)) {
            (None, None) => (0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX)).for_each(consider),
            (None, Some(slots)) => slots.for_each(consider),
            (Some(slot), None) => slot.into_iter().for_each(consider),
            (Some(only), Some(mut slots)) => {
                only.filter(|only| slots.any(|slot| slot == *only)).into_iter().for_each(consider);
            }
        }
        marks
    }

    /// The slots with all of these tags; `None` if none is asked for.
    fn with_tags(&self, tags: &[Tag]) -> Option<Box<dyn Iterator<Item = u32> + '_>> {
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

fn walk<K>(order: &Order<K>, direction: SortOrder) -> Box<dyn Iterator<Item = u32> + '_> {
    match direction {
        SortOrder::Asc => Box::new(order.values().copied()),
        SortOrder::Desc => Box::new(order.values().rev().copied()),
    }
}

/// A slot's place in the vectors.
fn at(slot: u32) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}
