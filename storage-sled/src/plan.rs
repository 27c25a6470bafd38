//! What a write is to change, before anything is changed.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use registry_core::store::StoreError;
use serde::Serialize;
use sled::IVec;

use crate::codec::ID;
use crate::core::Core;
use crate::fault;
use crate::record::{self, Change, Read};
use crate::shelf::RowChange;
use crate::table::Table;

/// A planned write: it reads the trees as the writer left them, and collects changes. Nothing is changed until the
/// writer applies them all, so a plan that fails leaves nothing behind.
pub(crate) struct Draft<'a> {
    core: &'a Core,
    changes: BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>,
    rows: Vec<Arc<RowChange>>,
    tells: bool,
}

/// The changes of a draft.
pub(crate) struct Plan {
    /// Values by tree and key; `None` removes the key.
    pub(crate) changes: BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>,
    /// What they mean for lists of servers.
    pub(crate) rows: Vec<Arc<RowChange>>,
    /// Whether there are live events among them.
    pub(crate) tells: bool,
}

impl Read for Draft<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        match self.changes.get(&(table, key.to_vec())) {
            Some(value) => Ok(value.as_deref().map(IVec::from)),
            None => self.core.view.tables.of(table).get(key).map_err(fault::of),
        }
    }
}

impl<'a> Draft<'a> {
    /// A draft without changes.
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core, changes: BTreeMap::new(), rows: Vec::new(), tells: false }
    }

    /// What it came to.
    pub(crate) fn finish(self) -> Plan {
        Plan { changes: self.changes, rows: self.rows, tells: self.tells }
    }

    /// Whether the key has a value.
    pub(crate) fn has(&self, table: Table, key: &[u8]) -> Result<bool, StoreError> {
        self.get(table, key).map(|value| value.is_some())
    }

    /// Gives the key a value.
    pub(crate) fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.changes.insert((table, key), Some(value));
    }

    /// Takes the key's value away.
    pub(crate) fn remove(&mut self, table: Table, key: Vec<u8>) {
        self.changes.insert((table, key), None);
    }

    /// Stores the record, in the place of another if there is one.
    pub(crate) fn put_record(
        &mut self,
        table: Table,
        key: &[u8],
        record: &impl Serialize,
    ) -> Result<(), StoreError> {
        let old = self.get(table, key)?;
        self.extend(record::replace(table, key, old.as_deref(), record)?);
        Ok(())
    }

    /// Removes the record, if there is one.
    pub(crate) fn remove_record(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        if let Some(old) = self.get(table, key)? {
            self.extend(record::remove(table, key, &old));
        }
        Ok(())
    }

    fn extend(&mut self, changes: Vec<Change>) {
        self.changes.extend(changes.into_iter().map(|(table, key, value)| ((table, key), value)));
    }

    /// The keys of the tree that begin with `prefix`, without the draft's own changes.
    pub(crate) fn stored(&self, table: Table, prefix: &[u8]) -> Result<Vec<(IVec, IVec)>, StoreError> {
        let pairs = self.core.view.tables.of(table).scan_prefix(prefix);
        pairs.collect::<sled::Result<_>>().map_err(fault::of)
    }

    /// Whether the tree has a key that begins with `prefix`, without the draft's own changes.
    pub(crate) fn has_stored(&self, table: Table, prefix: &[u8]) -> Result<bool, StoreError> {
        let first = self.core.view.tables.of(table).scan_prefix(prefix).next();
        first.transpose().map(|first| first.is_some()).map_err(fault::of)
    }

    /// The tree's keys up to before `end` (all of them if there is no end), without the draft's own changes.
    pub(crate) fn keys(
        &self,
        table: Table,
        end: Option<&[u8]>,
    ) -> impl Iterator<Item = Result<IVec, StoreError>> {
        let end = end.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.core.view.tables.of(table).range::<&[u8], _>((Bound::Unbounded, end));
        range.keys().map(|key| key.map_err(fault::of))
    }

    /// The tree's keys from `start` to before `end`, without the draft's own changes.
    pub(crate) fn keys_from(
        &self,
        table: Table,
        start: &[u8],
        end: &[u8],
    ) -> impl Iterator<Item = Result<IVec, StoreError>> {
        let range = self.core.view.tables.of(table).range(start..end);
        range.keys().map(|key| key.map_err(fault::of))
    }

    /// The tree's keys and values in order, without the draft's own changes.
    pub(crate) fn pairs(&self, table: Table) -> impl Iterator<Item = Result<(IVec, IVec), StoreError>> {
        self.core.view.tables.of(table).iter().map(|pair| pair.map_err(fault::of))
    }

    /// Counts one more.
    pub(crate) fn count_up(&mut self, tenant: [u8; ID], noun: &[u8]) -> Result<(), StoreError> {
        let key = record::total_key(tenant, noun);
        let total = record::total(self, &key)? + 1;
        self.put(Table::Total, key, total.to_be_bytes().to_vec());
        Ok(())
    }

    /// Counts one less. Nothing is left of a counter that is back at 0.
    pub(crate) fn count_down(&mut self, tenant: [u8; ID], noun: &[u8]) -> Result<(), StoreError> {
        let key = record::total_key(tenant, noun);
        match record::total(self, &key)?.saturating_sub(1) {
            0 => self.remove(Table::Total, key),
            total => self.put(Table::Total, key, total.to_be_bytes().to_vec()),
        }
        Ok(())
    }

    /// Wakes who waits for live events, once it is on disk.
    pub(crate) fn tell(&mut self) {
        self.tells = true;
    }

    /// Tells the lists of servers.
    pub(crate) fn row(&mut self, change: RowChange) {
        self.rows.push(Arc::new(change));
    }
}
