//! What waits to be added to the roll-ups of usage. It is gathered from the batches of the counters, so that calls are
//! counted once, and for some time: so a minute of a server is written few times and not sixty, and what keys come to is
//! little beside their counters, which are written each second.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use crate::clock::Timestamp;
use crate::model::rollup::Tally;
use crate::model::usage::{Usage, UsageSubject};
use crate::model::usage_rollup::{UsageEntry, UsageTally};

/// For how long the calls of servers are gathered. A crash loses as much of the roll-ups, and nothing of the counters for it.
pub const GATHERED_FOR: TimeDelta = TimeDelta::seconds(10);
/// For how long the use of keys is: there may be ten times as many, and their shortest step is an hour.
pub const KEYS_GATHERED_FOR: TimeDelta = TimeDelta::seconds(60);
/// How many minutes of servers or hours of keys are added by one write, at most: other writes do not wait for long.
const ADDED_AT_ONCE: usize = 500;
/// How many minutes of servers wait while the store takes none, at most; the oldest are given up.
const MAX_WAITING: usize = 100_000;
/// How many hours of keys do: two of every key, as when an hour ends.
const MAX_KEYS_WAITING: usize = 200_000;

/// What waits to be added.
#[derive(Debug, Default)]
pub(super) struct RollupBook(Mutex<Pages>);

#[derive(Debug)]
struct Pages {
    servers: Waiting,
    keys: Waiting,
}

#[derive(Debug)]
struct Waiting {
    by_start: BTreeMap<(Timestamp, UsageSubject), UsageTally>,
    /// When the first of it came.
    since: Option<Timestamp>,
    gathered_for: TimeDelta,
    most: usize,
}

impl RollupBook {
    /// Takes a batch that was counted until `now`.
    pub(super) fn gather(&self, now: Timestamp, batch: &[(UsageSubject, Usage)]) {
        let mut pages = self.lock();
        for (subject, usage) in batch {
            let start = subject.steps().first().map_or(now, |step| step.start_of(now));
            pages.of(*subject).add((start, *subject), &UsageTally::of(usage), now);
        }
    }

    /// What waits, in parts for one write each, if the first of its kind came long enough ago or `all_now`.
    pub(super) fn take(&self, now: Timestamp, all_now: bool) -> Vec<Vec<UsageEntry>> {
        let mut pages = self.lock();
        let mut entries = pages.keys.take(now, all_now);
        entries.extend(pages.servers.take(now, all_now));
        entries.chunks(ADDED_AT_ONCE).map(<[UsageEntry]>::to_vec).collect()
    }

    /// Takes back what the store did not take.
    pub(super) fn put_back(&self, entries: Vec<UsageEntry>) {
        let mut pages = self.lock();
        for UsageEntry { subject, start, tally } in entries {
            pages.of(subject).add((start, subject), &tally, start);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            servers: Waiting::new(GATHERED_FOR, MAX_WAITING),
            keys: Waiting::new(KEYS_GATHERED_FOR, MAX_KEYS_WAITING),
        }
    }
}

impl Pages {
    fn of(&mut self, subject: UsageSubject) -> &mut Waiting {
        match subject {
            UsageSubject::Server(_) => &mut self.servers,
            UsageSubject::Key(_) => &mut self.keys,
        }
    }
}

impl Waiting {
    fn new(gathered_for: TimeDelta, most: usize) -> Self {
        Self { by_start: BTreeMap::new(), since: None, gathered_for, most }
    }

    /// Adds what came at this time.
    fn add(&mut self, key: (Timestamp, UsageSubject), tally: &UsageTally, came: Timestamp) {
        self.by_start.entry(key).or_default().add(tally);
        self.since.get_or_insert(came);
        if self.by_start.len() > self.most {
            self.by_start.pop_first();
        }
    }

    fn take(&mut self, now: Timestamp, all_now: bool) -> Vec<UsageEntry> {
        if !all_now && self.since.is_none_or(|since| now - since < self.gathered_for) {
            return Vec::new();
        }
        self.since = None;
        let waiting = std::mem::take(&mut self.by_start).into_iter();
        waiting.map(|((start, subject), tally)| UsageEntry { subject, start, tally }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};
    use crate::model::id::{ApiKeyId, ServerId};
    use crate::model::period::Resolution;

    fn used(requests: u64) -> Usage {
        Usage { requests, ..Usage::default() }
    }

    fn server() -> UsageSubject {
        UsageSubject::Server(ServerId(SystemClock.new_id()))
    }

    fn key() -> UsageSubject {
        UsageSubject::Key(ApiKeyId(SystemClock.new_id()))
    }

    fn tally(requests: u64) -> UsageTally {
        UsageTally { requests, ..UsageTally::default() }
    }

    const NOTHING: Vec<Vec<UsageEntry>> = Vec::new();

    #[test]
    fn batches_of_a_minute_are_one_entry_and_wait_for_ten_seconds() {
        let (book, subject) = (RollupBook::default(), server());
        let start = Resolution::Minute.start_of(SystemClock.now());
        book.gather(start, &[(subject, used(2))]);
        book.gather(start + TimeDelta::seconds(9), &[(subject, used(3))]);
        assert_eq!(book.take(start + TimeDelta::seconds(9), false), NOTHING);
        let parts = book.take(start + TimeDelta::seconds(10), false);
        assert_eq!(parts, [[UsageEntry { subject, start, tally: tally(5) }]]);
        assert_eq!(book.take(start + TimeDelta::hours(1), true), NOTHING);
    }

    #[test]
    fn batches_of_a_keys_hour_are_one_entry_and_wait_for_a_minute() {
        let (book, subject, beside) = (RollupBook::default(), key(), server());
        let start = Resolution::Hour.start_of(SystemClock.now());
        let late = start + TimeDelta::minutes(59);
        book.gather(late, &[(subject, used(2)), (beside, used(7))]);
        let parts = book.take(late + TimeDelta::seconds(59), false);
        assert_eq!(parts, [[UsageEntry { subject: beside, start: late, tally: tally(7) }]]);
        book.gather(late + TimeDelta::seconds(59), &[(subject, used(3))]);
        let next = start + TimeDelta::hours(1);
        book.gather(next, &[(subject, used(4))]);
        let hours = [(start, 5), (next, 4)].map(|(start, requests)| UsageEntry {
            subject,
            start,
            tally: tally(requests),
        });
        assert_eq!(book.take(next, false), [hours]);
        assert_eq!(book.take(next + TimeDelta::hours(1), true), NOTHING);
    }

    #[test]
    fn what_was_refused_waits_and_is_tried_at_the_next_time() {
        let book = RollupBook::default();
        let now = SystemClock.now();
        book.gather(now, &[(server(), used(1)), (key(), used(2))]);
        let parts = book.take(now, true);
        assert_eq!(parts.iter().flatten().count(), 2);
        parts.iter().for_each(|part| book.put_back(part.clone()));
        assert_eq!(book.take(now + TimeDelta::seconds(70), false), parts);
    }

    #[test]
    fn the_oldest_are_given_up_and_a_write_is_bounded() {
        let (book, subject) = (RollupBook::default(), server());
        let now = Resolution::Minute.start_of(SystemClock.now());
        let minutes = i32::try_from(MAX_WAITING).unwrap() + 1;
        for minute in 0..minutes {
            book.gather(now + TimeDelta::minutes(1) * minute, &[(subject, used(1))]);
        }
        let parts = book.take(now, true);
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), MAX_WAITING);
        assert!(parts.iter().all(|part| part.len() <= ADDED_AT_ONCE));
        assert_eq!(parts[0][0].start, now + TimeDelta::minutes(1));
    }
}
