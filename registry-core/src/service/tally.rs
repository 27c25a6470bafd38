//! Counts that are written to the audit log from time to time, as one entry for all that happened since.
//!
//! The first thing that happens under a key is written with the next flush. What follows is counted, and written when
//! the interval is over.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use crate::clock::Timestamp;

/// What happened since it was written, by key.
#[derive(Debug)]
pub(super) struct Tally<K, D>(Mutex<HashMap<K, Count<D>>>);

#[derive(Debug)]
struct Count<D> {
    written_at: Option<Timestamp>,
    first_at: Timestamp,
    number: u64,
    detail: D,
}

/// What is to be written for a key.
#[derive(Debug)]
pub(super) struct Due<K, D> {
    pub(super) key: K,
    /// How often it happened.
    pub(super) number: u64,
    /// Since when.
    pub(super) first_at: Timestamp,
    /// What was said of the last time.
    pub(super) detail: D,
}

impl<K, D> Default for Tally<K, D> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Copy, D: Clone> Tally<K, D> {
    /// Counts one for `key`; beyond `max` keys, one for `others`.
    pub(super) fn note(&self, key: K, others: K, max: usize, detail: D, now: Timestamp) {
        let mut book = self.lock();
        let key = if book.len() >= max && !book.contains_key(&key) { others } else { key };
        let fresh = || Count { written_at: None, first_at: now, number: 0, detail: detail.clone() };
        let count = book.entry(key).or_insert_with(fresh);
        if count.number == 0 {
            count.first_at = now;
        }
        count.number += 1;
        count.detail = detail;
    }

    /// What is to be written now. Keys that have been quiet for the interval are forgotten.
    pub(super) fn due(&self, interval: TimeDelta, all: bool, now: Timestamp) -> Vec<Due<K, D>> {
        let mut due = Vec::new();
        self.lock().retain(|key, count| {
            let is_open = count.written_at.is_some_and(|written| now - written < interval) && !all;
            if count.number > 0 && !is_open {
                let Count { number, first_at, ref detail, .. } = *count;
                due.push(Due { key: *key, number, first_at, detail: detail.clone() });
                (count.written_at, count.number) = (Some(now), 0);
                return true;
            }
            is_open || count.number > 0
        });
        due
    }

    /// What the store did not take counts on.
    pub(super) fn put_back(&self, unwritten: &Due<K, D>) {
        if let Some(count) = self.lock().get_mut(&unwritten.key) {
            (count.written_at, count.first_at) = (None, unwritten.first_at);
            count.number += unwritten.number;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Count<D>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
