//! What readers see: only what is on disk.
//!
//! sled shows a transaction's changes to everybody at once, before they are synced. So the writer first notes in
//! [`Pending`] what each key that it is about to change had, and forgets the notes after the sync. A reader looks
//! into the tree first and then into the notes: if the key is noted, the note is the durable value; if it is not,
//! whatever the tree said is durable. After a failed sync the notes stay, so nobody ever reads what was not acknowledged.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use registry_core::store::StoreError;
use sled::IVec;

use crate::codec;
use crate::fault;
use crate::record::Read;
use crate::table::{Table, Tables};

/// How often [`View::at_once`] reads at most.
const READ_ATTEMPTS: usize = 3;

/// A key and its value.
pub(crate) type Pair = (IVec, IVec);

/// The durable values of the keys whose change is not yet synced.
#[derive(Default)]
pub(crate) struct Pending {
    notes: RwLock<Notes>,
    /// How often notes were forgotten: while it stays, what readers see stays.
    generation: AtomicU64,
}

type Notes = BTreeMap<(Table, Vec<u8>), Option<IVec>>;

impl Pending {
    fn notes(&self) -> RwLockReadGuard<'_, Notes> {
        self.notes.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn notes_mut(&self) -> RwLockWriteGuard<'_, Notes> {
        self.notes.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the values that the keys have now, unless they are noted: then those are the durable ones.
    pub(crate) fn note<'a>(
        &self,
        tables: &Tables,
        keys: impl Iterator<Item = &'a (Table, Vec<u8>)>,
    ) -> sled::Result<()> {
        let mut notes = self.notes_mut();
        for key in keys {
            if !notes.contains_key(key) {
                notes.insert(key.clone(), tables.of(key.0).get(&key.1)?);
            }
        }
        Ok(())
    }

    /// All that was noted is synced.
    pub(crate) fn forget(&self) {
        let mut notes = self.notes_mut();
        notes.clear();
        self.generation.fetch_add(1, Ordering::Release);
    }
}

/// The trees as readers see them.
pub(crate) struct View {
    pub(crate) tables: Tables,
    pub(crate) pending: Pending,
}

impl Read for View {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        let value = self.tables.of(table).get(key).map_err(fault::of)?;
        let notes = self.pending.notes();
        if notes.is_empty() {
            return Ok(value);
        }
        Ok(notes.get(&(table, key.to_vec())).cloned().unwrap_or(value))
    }
}

impl View {
    /// Runs a read of several values until no write became visible in between, so that they fit together; at most
    /// [`READ_ATTEMPTS`] times, since a long read beside a busy writer would never end.
    pub(crate) fn at_once<T>(&self, read: impl Fn() -> T) -> T {
        let mut attempt = 1;
        loop {
            let before = self.pending.generation.load(Ordering::Acquire);
            let answer = read();
            if attempt == READ_ATTEMPTS || self.pending.generation.load(Ordering::Acquire) == before {
                return answer;
            }
            attempt += 1;
        }
    }

    /// The pairs whose key begins with `prefix`.
    pub(crate) fn prefix(&self, table: Table, prefix: &[u8], reverse: bool) -> Scan<'_> {
        self.scan(table, prefix.to_vec(), codec::after(prefix), reverse)
    }

    /// The pairs from `start` to before `end`, in order or in reverse.
    pub(crate) fn scan(&self, table: Table, start: Vec<u8>, end: Option<Vec<u8>>, reverse: bool) -> Scan<'_> {
        let upper = end.map_or(Bound::Unbounded, |end| Bound::Excluded(IVec::from(end)));
        let lower = Bound::Included(IVec::from(start));
        let empty = matches!((&lower, &upper), (Bound::Included(low), Bound::Excluded(high)) if low >= high);
        let inner = self.tables.of(table).range::<IVec, _>((lower.clone(), upper.clone()));
        Scan { view: self, table, inner, lower, upper, reverse, ready: VecDeque::new(), done: empty }
    }
}

/// An iterator over durable pairs: sled's own, corrected by the notes.
pub(crate) struct Scan<'a> {
    view: &'a View,
    table: Table,
    inner: sled::Iter,
    /// What is not yet looked at.
    lower: Bound<IVec>,
    upper: Bound<IVec>,
    reverse: bool,
    ready: VecDeque<Pair>,
    done: bool,
}

impl Scan<'_> {
    /// Takes one step of sled's iterator, and everything durable up to there.
    fn step(&mut self) -> Result<(), StoreError> {
        let next = if self.reverse { self.inner.next_back() } else { self.inner.next() };
        let next = next.transpose().map_err(fault::of)?;
        let notes = self.view.pending.notes();
        let Some((key, value)) = next else {
            self.done = true;
            self.ready.extend(noted(&notes, self.table, &self.lower, &self.upper, self.reverse));
            return Ok(());
        };
        if !notes.is_empty() {
            let (lower, upper) = self.up_to(&key);
            self.ready.extend(noted(&notes, self.table, &lower, &upper, self.reverse));
            if notes.contains_key(&(self.table, key.to_vec())) {
                self.pass(&key);
                return Ok(());
            }
        }
        self.pass(&key);
        self.ready.push_back((key, value));
        Ok(())
    }

    /// What lies between the last key and this one, this one included.
    fn up_to(&self, key: &IVec) -> (Bound<IVec>, Bound<IVec>) {
        let here = Bound::Included(key.clone());
        if self.reverse { (here, self.upper.clone()) } else { (self.lower.clone(), here) }
    }

    fn pass(&mut self, key: &IVec) {
        let here = Bound::Excluded(key.clone());
        if self.reverse {
            self.upper = here;
        } else {
            self.lower = here;
        }
    }
}

/// The durable pairs among the notes, in order or in reverse.
fn noted(notes: &Notes, table: Table, lower: &Bound<IVec>, upper: &Bound<IVec>, reverse: bool) -> Vec<Pair> {
    let above = |key: &Vec<u8>| match lower {
        Bound::Included(low) => key.as_slice() >= low.as_ref(),
        Bound::Excluded(low) => key.as_slice() > low.as_ref(),
        Bound::Unbounded => true,
    };
    let below = |key: &Vec<u8>| match upper {
        Bound::Included(high) => key.as_slice() <= high.as_ref(),
        Bound::Excluded(high) => key.as_slice() < high.as_ref(),
        Bound::Unbounded => true,
    };
    let from = match lower {
        Bound::Included(low) | Bound::Excluded(low) => (table, low.to_vec()),
        Bound::Unbounded => (table, Vec::new()),
    };
    let within = notes.range(from..).take_while(|((of, key), _)| *of == table && below(key));
    let durable = within.filter(|((_, key), _)| above(key));
    let pair = |((_, key), value): (&(Table, Vec<u8>), &Option<IVec>)| {
        value.clone().map(|value| (IVec::from(key.as_slice()), value))
    };
    let mut pairs: Vec<_> = durable.filter_map(pair).collect();
    if reverse {
        pairs.reverse();
    }
    pairs
}

impl Iterator for Scan<'_> {
    type Item = Result<Pair, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(pair) = self.ready.pop_front() {
                return Some(Ok(pair));
            }
            if self.done {
                return None;
            }
            if let Err(error) = self.step() {
                self.done = true;
                return Some(Err(error));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Table = Table::Audit;

    fn view() -> View {
        let db = sled::Config::new().temporary(true).open().unwrap();
        View { tables: Tables::open(&db).unwrap(), pending: Pending::default() }
    }

    fn keys(view: &View, prefix: &[u8], reverse: bool) -> Vec<(Vec<u8>, u8)> {
        let pairs = view.prefix(TABLE, prefix, reverse).map(Result::unwrap);
        pairs.map(|(key, value)| (key.to_vec(), value[0])).collect()
    }

    /// Changes the keys as the writer does, before the sync.
    fn change(view: &View, changes: &[(u8, Option<u8>)]) {
        let noted: Vec<_> = changes.iter().map(|(key, _)| (TABLE, vec![1, *key])).collect();
        view.pending.note(&view.tables, noted.iter()).unwrap();
        for (key, value) in changes {
            match value {
                Some(value) => view.tables.of(TABLE).insert([1, *key], &[*value]).unwrap(),
                None => view.tables.of(TABLE).remove([1, *key]).unwrap(),
            };
        }
    }

    #[test]
    fn what_is_not_synced_is_not_seen() {
        let view = view();
        for key in [0_u8, 2, 4, 6, 8] {
            view.tables.of(TABLE).insert([1, key], &[0]).unwrap();
        }
        view.tables.of(TABLE).insert([0, 9], &[7]).unwrap();
        view.tables.of(TABLE).insert([2, 0], &[7]).unwrap();
        let before = keys(&view, &[1], false);
        change(&view, &[(0, None), (1, Some(1)), (4, Some(1)), (6, None), (8, None), (9, Some(1))]);
        change(&view, &[(1, Some(2)), (2, None), (6, Some(2))]);
        assert_eq!(keys(&view, &[1], false), before);
        let mut reversed = keys(&view, &[1], true);
        reversed.reverse();
        assert_eq!(reversed, before);
        assert_eq!(view.get(TABLE, &[1, 6]).unwrap().unwrap(), &[0]);
        assert_eq!(view.get(TABLE, &[1, 9]).unwrap(), None);
        view.pending.forget();
        let after = [([1, 1].to_vec(), 2), ([1, 4].to_vec(), 1), ([1, 6].to_vec(), 2), ([1, 9].to_vec(), 1)];
        assert_eq!(keys(&view, &[1], false), after);
        assert_eq!(view.get(TABLE, &[1, 9]).unwrap().unwrap(), &[1]);
    }
}
