//! All shelves ([`crate::shelf`]): built when first asked for, kept up to date, dropped when there are too many.
//!
//! The first list of a tenant (or of the administrators) builds its shelf, and the first list by a sort key sorts it;
//! from then on the writer puts each change in, after the sync and before it answers. Opening the store builds
//! none. The shelves that were not used for longest are dropped when there are more than [`MAX_ROWS`] rows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use registry_core::model::server::ServerSort;
use registry_core::store::StoreError;

use crate::order::Order;
use crate::row::Row;
use crate::shelf::{RowChange, Scope, Shelf};
use crate::view::View;

/// How many rows all shelves have together before some are dropped; about 250 bytes each and its text.
const MAX_ROWS: usize = 2_000_000;

/// A shelf, or the place for one.
#[derive(Default)]
struct Place {
    /// Held by who builds, so that others wait for it instead of building too.
    building: Mutex<()>,
    state: RwLock<State>,
    last_use: AtomicU64,
}

#[derive(Default)]
enum State {
    /// Nobody reads it yet.
    #[default]
    Empty,
    /// It is being read; meanwhile these changes came. They are newer than what is read, or already in it.
    Building(Vec<Arc<RowChange>>),
    /// It is there.
    Ready(Box<Shelf>),
}

/// All shelves.
#[derive(Default)]
pub(crate) struct Shelves {
    places: Mutex<HashMap<Scope, Arc<Place>>>,
    uses: AtomicU64,
}

impl Shelves {
    /// Answers from the shelf of `scope` in the order of `sort`. The first time this takes long: it reads the
    /// trees and sorts.
    pub(crate) fn with<T>(
        &self,
        view: &View,
        scope: Scope,
        sort: ServerSort,
        answer: impl FnOnce(&Shelf, &Order) -> T,
    ) -> Result<T, StoreError> {
        let place = self.place(scope);
        loop {
            if let State::Ready(shelf) = &*place.read()
                && let Some(order) = shelf.order(sort)
            {
                return Ok(answer(shelf, order));
            }
            place.prepare(view, scope, sort)?;
            self.drop_unused();
        }
    }

    /// Puts in what was changed. Called by the writer, once it is on disk.
    pub(crate) fn apply(&self, changes: &[Arc<RowChange>]) {
        for change in changes {
            let all = change.rows().any(Row::is_shared);
            let concerned: Vec<_> = match all {
                true => self.lock().iter().map(|(scope, place)| (*scope, place.clone())).collect(),
                false => self.concerned(change),
            };
            for (scope, place) in concerned {
                place.apply(scope, change);
            }
        }
    }

    /// The shelves that see a change of a server that is not shared.
    fn concerned(&self, change: &RowChange) -> Vec<(Scope, Arc<Place>)> {
        let tenant = change.rows().find_map(|row| row.tenant).map(Scope::Visible);
        let places = self.lock();
        let place = |scope: Scope| places.get(&scope).map(|place| (scope, place.clone()));
        tenant.into_iter().chain([Scope::Everything]).filter_map(place).collect()
    }

    fn place(&self, scope: Scope) -> Arc<Place> {
        let place = self.lock().entry(scope).or_default().clone();
        place.last_use.store(self.uses.fetch_add(1, Relaxed), Relaxed);
        place
    }

    fn drop_unused(&self) {
        let mut places = self.lock();
        let mut by_use: Vec<_> = places
            .iter()
            .map(|(scope, place)| (place.last_use.load(Relaxed), *scope, place.rows()))
            .collect();
        by_use.sort_unstable_by_key(|(last_use, _, _)| std::cmp::Reverse(*last_use));
        let mut rows = 0;
        for (number, (_, scope, length)) in by_use.into_iter().enumerate() {
            rows += length;
            if number > 0 && rows > MAX_ROWS {
                places.remove(&scope);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Scope, Arc<Place>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn rows(&self) -> usize {
        if let State::Ready(shelf) = &*self.read() { shelf.len() } else { 0 }
    }

    fn apply(&self, scope: Scope, change: &Arc<RowChange>) {
        match &mut *self.write() {
            State::Empty => {}
            State::Building(changes) => changes.push(change.clone()),
            State::Ready(shelf) => shelf.apply(scope, change),
        }
    }

    /// Builds the shelf if it is not there, and sorts it.
    fn prepare(&self, view: &View, scope: Scope, sort: ServerSort) -> Result<(), StoreError> {
        let _building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(&*self.read(), State::Ready(_)) {
            *self.write() = State::Building(Vec::new());
            let shelf = Shelf::read(view, scope);
            self.publish(scope, shelf)?;
        }
        if let State::Ready(shelf) = &mut *self.write() {
            shelf.sort(sort);
        }
        Ok(())
    }

    fn publish(&self, scope: Scope, shelf: Result<Shelf, StoreError>) -> Result<(), StoreError> {
        let mut state = self.write();
        let State::Building(changes) = std::mem::take(&mut *state) else { return Ok(()) };
        let mut shelf = shelf?;
        changes.iter().for_each(|change| shelf.apply(scope, change));
        *state = State::Ready(Box::new(shelf));
        Ok(())
    }
}
