//! Shelf: the rows of all servers that somebody sees, in memory, in every order that was asked for.
//!
//! sled cannot skip to the 20,000th key of a range, nor count one, so lists of servers are answered from shelves;
//! [`crate::shelves`] builds them and keeps them up to date.

use std::collections::HashMap;

use registry_core::model::id::{ServerId, TenantId};
use registry_core::model::server::ServerSort;
use registry_core::store::StoreError;

use crate::codec;
use crate::haystack::Haystack;
use crate::order::{Order, Slot};
use crate::postings::Postings;
use crate::record::Read as _;
use crate::row::Row;
use crate::slots::Slots;
use crate::table::Table;
use crate::view::View;

/// Whose shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// Every server.
    Everything,
    /// What a tenant sees: its own servers, and those that are shared.
    Visible(TenantId),
}

impl Scope {
    fn sees(self, row: &Row) -> bool {
        match self {
            Self::Everything => true,
            Self::Visible(tenant) => row.is_shared() || row.tenant == Some(tenant),
        }
    }
}

/// What a write means for the shelves.
pub(crate) struct RowChange {
    /// The row as it was.
    pub(crate) old: Option<Row>,
    /// The row as it is.
    pub(crate) new: Option<Row>,
}

impl RowChange {
    /// The row as it was and as it is.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.old.iter().chain(&self.new)
    }
}

/// The rows of one scope.
#[derive(Default)]
pub(crate) struct Shelf {
    /// By slot. What was taken out stays until the slot is used again.
    rows: Vec<Row>,
    used: Slots,
    free: Vec<Slot>,
    slots: HashMap<ServerId, Slot>,
    texts: Haystack,
    tags: Postings,
    orders: [Option<Order>; ServerSort::ALL.len()],
}

impl Shelf {
    /// The rows by slot, those taken out included.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The set of slots in use.
    pub(crate) fn used(&self) -> &Slots {
        &self.used
    }

    /// The set of slots whose search text has `needle` in it.
    pub(crate) fn search(&self, needle: &str) -> Slots {
        let mut found = Slots::sized(self.rows.len());
        self.texts.search(needle, |slot| found.put(slot));
        found
    }

    /// The set of slots that have the tag.
    pub(crate) fn tagged(&self, tag: &str) -> Slots {
        let mut found = Slots::sized(self.rows.len());
        self.tags.of(tag).iter().for_each(|slot| found.put(*slot));
        found
    }

    /// The slot of the server, if it is in the shelf.
    pub(crate) fn slot(&self, id: ServerId) -> Option<Slot> {
        self.slots.get(&id).copied()
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The rows in this order, if they were sorted so before.
    pub(crate) fn order(&self, sort: ServerSort) -> Option<&Order> {
        self.orders[sort as usize].as_ref()
    }

    /// Sorts the rows in this order, unless they are.
    pub(crate) fn sort(&mut self, sort: ServerSort) {
        let rows = &self.rows;
        let slots = &self.slots;
        self.orders[sort as usize].get_or_insert_with(|| {
            let mut slots: Vec<_> = slots.values().copied().collect();
            // In the order of the tree, which by creation is all but sorted.
            slots.sort_unstable();
            Order::new(sort, slots, |slot| &rows[slot as usize])
        });
    }

    fn put(&mut self, mut row: Row) {
        self.take(row.id);
        let id = row.id;
        let text = row.take_search_text();
        let slot = match self.free.pop() {
            Some(slot) => {
                self.rows[slot as usize] = row;
                slot
            }
            None => {
                self.rows.push(row);
                Slot::try_from(self.rows.len() - 1).unwrap_or(Slot::MAX)
            }
        };
        self.used.put(slot);
        self.slots.insert(id, slot);
        self.texts.put(slot, &text);
        self.tags.put(slot, self.rows[slot as usize].tags());
        let rows = &self.rows;
        self.orders.iter_mut().flatten().for_each(|order| order.insert(slot, |slot| &rows[slot as usize]));
    }

    fn take(&mut self, id: ServerId) {
        let Some(slot) = self.slots.remove(&id) else { return };
        let rows = &self.rows;
        self.orders.iter_mut().flatten().for_each(|order| order.remove(slot, |slot| &rows[slot as usize]));
        self.used.take(slot);
        self.texts.take(slot);
        self.tags.take(slot, self.rows[slot as usize].tags());
        self.free.push(slot);
    }

    /// Puts in what was changed.
    pub(crate) fn apply(&mut self, scope: Scope, change: &RowChange) {
        match &change.new {
            Some(row) if scope.sees(row) => self.put(row.clone()),
            _ => change.rows().for_each(|row| self.take(row.id)),
        }
    }

    /// Reads what the scope sees from the trees.
    pub(crate) fn read(view: &View, scope: Scope) -> Result<Self, StoreError> {
        let mut shelf = Self::default();
        let prefixes = match scope {
            Scope::Everything => vec![Vec::new()],
            Scope::Visible(tenant) => vec![codec::owner(Some(tenant)).to_vec(), codec::owner(None).to_vec()],
        };
        for prefix in prefixes {
            for pair in view.prefix(Table::ServerRow, &prefix, false) {
                let (key, value) = pair?;
                shelf.put(Row::read(view, &key, &value)?);
            }
        }
        if let Scope::Visible(tenant) = scope {
            shelf.read_public(view, tenant)?;
        }
        Ok(shelf)
    }

    /// Reads the public servers of other tenants.
    fn read_public(&mut self, view: &View, own: TenantId) -> Result<(), StoreError> {
        for pair in view.prefix(Table::ServerPublic, &[], false) {
            let (key, _) = pair?;
            if key.starts_with(&codec::owner(Some(own))) {
                continue;
            }
            if let Some(value) = view.get(Table::ServerRow, &key)? {
                let row = Row::read(view, &key, &value)?;
                if row.is_shared() {
                    self.put(row);
                }
            }
        }
        Ok(())
    }
}
