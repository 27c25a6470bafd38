//! What waits to be added to the roll-ups of usage. It is gathered from the batches of the counters, so that calls are
//! counted once, and for some seconds, so that a minute is written few times and not sixty.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use crate::clock::Timestamp;
use crate::model::id::ServerId;
use crate::model::period::Resolution;
use crate::model::rollup::Tally;
use crate::model::usage::{Usage, UsageSubject};
use crate::model::usage_rollup::{UsageEntry, UsageTally};

/// For how long it is gathered. A crash loses as much of the roll-ups, and nothing of the counters for it.
pub const GATHERED_FOR: TimeDelta = TimeDelta::seconds(10);
/// How many minutes of servers are added by one write, at most: other writes do not wait for long.
const ADDED_AT_ONCE: usize = 500;
/// How many minutes of servers wait while the store takes none, at most; the oldest are given up.
const MAX_WAITING: usize = 100_000;

/// What waits to be added.
#[derive(Debug, Default)]
pub(super) struct RollupBook(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    by_minute: BTreeMap<(Timestamp, ServerId), UsageTally>,
    /// When the first of it came.
    since: Option<Timestamp>,
}

impl RollupBook {
    /// Takes a batch that was counted until `now`.
    pub(super) fn gather(&self, now: Timestamp, batch: &[(UsageSubject, Usage)]) {
        let minute = Resolution::Minute.start_of(now);
        let mut waiting = self.lock();
        for (subject, usage) in batch {
            if let UsageSubject::Server(server_id) = subject {
                waiting.add((minute, *server_id), &UsageTally::of(usage));
                waiting.since.get_or_insert(now);
            }
        }
    }

    /// What waits, in parts for one write each, if the first of it came long enough ago or `all_now`.
    pub(super) fn take(&self, now: Timestamp, all_now: bool) -> Vec<Vec<UsageEntry>> {
        let mut waiting = self.lock();
        if !all_now && waiting.since.is_none_or(|since| now - since < GATHERED_FOR) {
            return Vec::new();
        }
        let Waiting { by_minute, .. } = std::mem::take(&mut *waiting);
        let entries =
            by_minute.into_iter().map(|((minute, server_id), tally)| UsageEntry { server_id, minute, tally });
        let entries: Vec<_> = entries.collect();
        entries.chunks(ADDED_AT_ONCE).map(<[UsageEntry]>::to_vec).collect()
    }

    /// Takes back what the store did not take.
    pub(super) fn put_back(&self, entries: Vec<UsageEntry>) {
        let mut waiting = self.lock();
        for UsageEntry { server_id, minute, tally } in entries {
            waiting.add((minute, server_id), &tally);
            waiting.since.get_or_insert(minute);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, key: (Timestamp, ServerId), tally: &UsageTally) {
        self.by_minute.entry(key).or_default().add(tally);
        if self.by_minute.len() > MAX_WAITING {
            self.by_minute.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};

    fn used(requests: u64) -> Usage {
        Usage { requests, ..Usage::default() }
    }

    fn server(clock: &SystemClock) -> ServerId {
        ServerId(clock.new_id())
    }

    #[test]
    fn batches_of_a_minute_are_one_entry_and_wait_for_ten_seconds() {
        let (book, clock) = (RollupBook::default(), SystemClock);
        let id = server(&clock);
        let start = Resolution::Minute.start_of(clock.now());
        let batch = |requests| [(UsageSubject::Server(id), used(requests))];
        book.gather(start, &batch(2));
        book.gather(start + TimeDelta::seconds(9), &batch(3));
        assert_eq!(book.take(start + TimeDelta::seconds(9), false), Vec::<Vec<UsageEntry>>::new());
        let parts = book.take(start + TimeDelta::seconds(10), false);
        let tally = UsageTally { requests: 5, ..UsageTally::default() };
        assert_eq!(parts, [[UsageEntry { server_id: id, minute: start, tally }]]);
        assert_eq!(book.take(start + TimeDelta::hours(1), true), Vec::<Vec<UsageEntry>>::new());
    }

    #[test]
    fn what_was_refused_waits_and_is_tried_at_the_next_time() {
        let (book, clock) = (RollupBook::default(), SystemClock);
        let now = clock.now();
        book.gather(now, &[(UsageSubject::Server(server(&clock)), used(1))]);
        let parts = book.take(now, true);
        parts.iter().for_each(|part| book.put_back(part.clone()));
        assert_eq!(book.take(now + TimeDelta::seconds(70), false), parts);
    }

    #[test]
    fn the_oldest_are_given_up_and_a_write_is_bounded() {
        let (book, clock) = (RollupBook::default(), SystemClock);
        let (id, now) = (server(&clock), Resolution::Minute.start_of(clock.now()));
        let minutes = i32::try_from(MAX_WAITING).unwrap() + 1;
        for minute in 0..minutes {
            book.gather(now + TimeDelta::minutes(1) * minute, &[(UsageSubject::Server(id), used(1))]);
        }
        let parts = book.take(now, true);
        assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), MAX_WAITING);
        assert!(parts.iter().all(|part| part.len() <= ADDED_AT_ONCE));
        assert_eq!(parts[0][0].minute, now + TimeDelta::minutes(1));
    }
}
