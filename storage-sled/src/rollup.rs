//! Roll-ups of any kind. They stand by whose they are, to be read; a tree by time says which are old, so that pruning reads
//! no others.

use std::marker::PhantomData;

use registry_core::clock::Timestamp;
use registry_core::model::period::{Period, Resolution};
use registry_core::model::rollup::{Rollup, Tally};
use registry_core::store::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{self, ID};
use crate::plan::Draft;
use crate::record::Read;
use crate::table::Table;
use crate::view::View;

/// The bytes of a key that say whose it is: tenant and id.
const PLACE: usize = 2 * ID;

/// The two trees of roll-ups of one kind.
pub(crate) struct Trees<T> {
    /// Place, step, start -> what it came to, as a record.
    rows: Table,
    /// Step, start, place -> nothing.
    times: Table,
    tally: PhantomData<fn() -> T>,
}

/// The letter of a step in keys.
fn letter(resolution: Resolution) -> u8 {
    match resolution {
        Resolution::Minute => b'm',
        Resolution::Hour => b'h',
        Resolution::Day => b'd',
    }
}

/// The part of a key that says when: the step and its beginning.
fn when(resolution: Resolution, start: Timestamp) -> Vec<u8> {
    [&[letter(resolution)][..], &codec::time(start)].concat()
}

/// The key of the roll-up of this place in which `at` falls.
pub(crate) fn key(place: &[u8], resolution: Resolution, at: Timestamp) -> Vec<u8> {
    [place, &when(resolution, resolution.start_of(at))].concat()
}

impl<T: Tally + Serialize + DeserializeOwned> Trees<T> {
    /// Those of these two trees.
    pub(crate) const fn new(rows: Table, times: Table) -> Self {
        Self { rows, times, tally: PhantomData }
    }

    /// Plans to add to the roll-up with this [`key`].
    pub(crate) fn add(&self, draft: &mut Draft<'_>, key: &[u8], tally: &T) -> Result<(), StoreError> {
        let old = draft.record::<T>(self.rows, key)?;
        if old.is_none() {
            let (place, when) = key.split_at(PLACE);
            draft.put(self.times, [when, place].concat(), Vec::new());
        }
        let mut sum = old.unwrap_or_default();
        sum.add(tally);
        draft.put_record(self.rows, key, &sum)
    }

    /// The roll-ups of this place and period, oldest first.
    pub(crate) fn at(
        &self,
        view: &View,
        place: &[u8],
        resolution: Resolution,
        period: Period,
    ) -> Result<Vec<Rollup<T>>, StoreError> {
        let prefix = [place, &[letter(resolution)]].concat();
        let (start, end) = codec::range_of(&prefix, period);
        let mut rollups = Vec::new();
        for pair in view.scan(self.rows, start, end, false) {
            let (key, _) = pair?;
            // It may have been pruned since.
            if let Some(tally) = view.record(self.rows, &key)? {
                rollups.push(Rollup { start: codec::time_at(&key, PLACE + 1)?, tally });
            }
        }
        Ok(rollups)
    }

    /// Plans the removal of all roll-ups of this place.
    pub(crate) fn remove_all(&self, draft: &mut Draft<'_>, place: &[u8]) -> Result<(), StoreError> {
        for (key, _) in draft.stored(self.rows, place)? {
            self.remove(draft, &key)?;
        }
        Ok(())
    }

    fn remove(&self, draft: &mut Draft<'_>, key: &[u8]) -> Result<(), StoreError> {
        let (place, when) = key.split_at(PLACE);
        draft.remove(self.times, [when, place].concat());
        draft.remove_record(self.rows, key)
    }

    /// Plans the removal of those that began before this time, at most `limit`. Answers with how many.
    pub(crate) fn prune(
        &self,
        draft: &mut Draft<'_>,
        resolution: Resolution,
        before: Timestamp,
        limit: usize,
    ) -> Result<u64, StoreError> {
        let (start, end) = (vec![letter(resolution)], when(resolution, before));
        let rows = draft.keys_from(self.times, &start, &end).take(limit);
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        for row in &rows {
            let (when, place) = row.split_at(row.len() - PLACE);
            self.remove(draft, &[place, when].concat())?;
        }
        Ok(rows.len() as u64)
    }
}
