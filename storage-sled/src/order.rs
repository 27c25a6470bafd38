//! Order: the rows of a shelf, sorted, so that page 1,000 costs what page 1 costs.
//!
//! A sorted list of slots, cut into chunks of at most [`CHUNK`]. A row is found, put in or taken out by a binary search
//! over the chunks and one within; a page is found by adding up the chunks' lengths. Each chunk also counts its rows
//! by status, so that a list filtered by status skips whole chunks as well.

use std::cmp::Ordering;

use registry_core::model::server::ServerSort;

use crate::row::{Row, STATUSES};
use crate::slots::Slots;

/// The most rows of a chunk: small enough to move quickly, large enough that 100,000 rows are 200 to 400 chunks.
const CHUNK: usize = 512;

/// The index of a row in its shelf.
pub(crate) type Slot = u32;

/// The slots of a shelf in one order.
pub(crate) struct Order {
    sort: ServerSort,
    chunks: Vec<Chunk>,
}

#[derive(Default)]
struct Chunk {
    slots: Vec<Slot>,
    by_status: [usize; STATUSES.len()],
}

/// Which slots of an order a page is cut from.
pub(crate) enum Among<'a> {
    /// All.
    All,
    /// Those with this status.
    Status(u8),
    /// Those in this set.
    Set(&'a Slots),
}

impl Order {
    /// Sorts the rows in `slots`.
    pub(crate) fn new<'a>(sort: ServerSort, mut slots: Vec<Slot>, row: impl Fn(Slot) -> &'a Row) -> Self {
        slots.sort_unstable_by(|a, b| row(*a).compare(row(*b), sort));
        // Half-full, so that the first insertions split nothing.
        let chunks = slots.chunks(CHUNK / 2).map(|slots| Chunk::new(slots.to_vec(), &row)).collect();
        Self { sort, chunks }
    }

    /// Puts in a slot whose row is already in the shelf.
    pub(crate) fn insert<'a>(&mut self, slot: Slot, row: impl Fn(Slot) -> &'a Row) {
        if self.chunks.is_empty() {
            self.chunks.push(Chunk::default());
        }
        let at = self.chunk_of(row(slot), &row).min(self.chunks.len() - 1);
        let chunk = &mut self.chunks[at];
        let position = chunk.position(row(slot), self.sort, &row);
        chunk.slots.insert(position, slot);
        chunk.by_status[usize::from(row(slot).status)] += 1;
        if chunk.slots.len() > CHUNK {
            let upper = chunk.slots.split_off(CHUNK / 2);
            let lower = std::mem::take(&mut chunk.slots);
            self.chunks[at] = Chunk::new(lower, &row);
            self.chunks.insert(at + 1, Chunk::new(upper, &row));
        }
    }

    /// Takes out a slot whose row is still in the shelf.
    pub(crate) fn remove<'a>(&mut self, slot: Slot, row: impl Fn(Slot) -> &'a Row) {
        let at = self.chunk_of(row(slot), &row);
        let Some(chunk) = self.chunks.get_mut(at) else { return };
        let position = chunk.position(row(slot), self.sort, &row);
        if chunk.slots.get(position) != Some(&slot) {
            return;
        }
        chunk.slots.remove(position);
        chunk.by_status[usize::from(row(slot).status)] -= 1;
        if chunk.slots.is_empty() {
            self.chunks.remove(at);
        }
    }

    /// The first chunk whose last row is not below `row`.
    fn chunk_of<'a>(&self, of: &Row, row: &impl Fn(Slot) -> &'a Row) -> usize {
        let below = |chunk: &Chunk| {
            chunk.slots.last().is_some_and(|last| row(*last).compare(of, self.sort) == Ordering::Less)
        };
        self.chunks.partition_point(below)
    }

    /// `limit` of the slots that `among` names, after the first `offset` of them.
    pub(crate) fn page<'a>(
        &self,
        among: &Among<'_>,
        descending: bool,
        offset: usize,
        limit: usize,
        row: impl Fn(Slot) -> &'a Row,
    ) -> Vec<Slot> {
        let accepted = |slot: &Slot| among.has(*slot, &row);
        let mut skip = offset;
        let mut page = Vec::with_capacity(limit);
        for chunk in directed(&self.chunks, descending) {
            match among.within(chunk) {
                Some(count) if count <= skip => skip -= count,
                _ => {
                    for slot in directed(&chunk.slots, descending).filter(|slot| accepted(slot)) {
                        match skip.checked_sub(1) {
                            Some(left) => skip = left,
                            None => page.push(*slot),
                        }
                        if page.len() == limit {
                            return page;
                        }
                    }
                }
            }
        }
        page
    }

    /// How many slots have this status.
    pub(crate) fn with_status(&self, status: u8) -> usize {
        self.chunks.iter().map(|chunk| chunk.by_status[usize::from(status)]).sum()
    }
}

fn directed<T>(items: &[T], descending: bool) -> impl Iterator<Item = &T> {
    let length = items.len();
    (0..length).map(move |index| &items[if descending { length - 1 - index } else { index }])
}

impl Chunk {
    fn new<'a>(slots: Vec<Slot>, row: &impl Fn(Slot) -> &'a Row) -> Self {
        let mut by_status = [0; STATUSES.len()];
        for slot in &slots {
            by_status[usize::from(row(*slot).status)] += 1;
        }
        Self { slots, by_status }
    }

    /// The first position whose row is not below `of`.
    fn position<'a>(&self, of: &Row, sort: ServerSort, row: &impl Fn(Slot) -> &'a Row) -> usize {
        self.slots.partition_point(|slot| row(*slot).compare(of, sort) == Ordering::Less)
    }
}

impl Among<'_> {
    fn has<'a>(&self, slot: Slot, row: &impl Fn(Slot) -> &'a Row) -> bool {
        match self {
            Self::All => true,
            Self::Status(status) => row(slot).status == *status,
            Self::Set(set) => set.has(slot),
        }
    }

    /// How many of a chunk's slots there are, if that is known without looking.
    fn within(&self, chunk: &Chunk) -> Option<usize> {
        match self {
            Self::All => Some(chunk.slots.len()),
            Self::Status(status) => Some(chunk.by_status[usize::from(*status)]),
            Self::Set(_) => None,
        }
    }
}
