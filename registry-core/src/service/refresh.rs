//! Refresh: servers that said that they list other things now, and are soon looked at in depth.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use metrics::Gauge;

use super::health::HealthService;
use crate::clock::Timestamp;
use crate::model::id::ServerId;

/// How long a look waits for what else the server says.
pub const REFRESH_DELAY: TimeDelta = TimeDelta::seconds(2);
/// How long it is between two looks at a server, at least, on one node.
pub const REFRESH_INTERVAL: TimeDelta = TimeDelta::seconds(60);
/// How many servers may wait to be looked at; of others the next deep check tells.
pub const MAX_REFRESHES: usize = 10_000;
/// The metric of the servers that wait.
const WAITING: &str = "mcp_registry_capability_refreshes_waiting";

/// The servers that wait to be looked at, and those that were lately.
pub(super) struct RefreshBook {
    pages: Mutex<Pages>,
    waiting: Gauge,
}

impl Default for RefreshBook {
    fn default() -> Self {
        metrics::describe_gauge!(
            WAITING,
            "Servers that wait to be looked at because they said that they list other things now"
        );
        Self { pages: Mutex::default(), waiting: metrics::gauge!(WAITING) }
    }
}

#[derive(Default)]
struct Pages {
    due: HashMap<ServerId, Timestamp>,
    last: HashMap<ServerId, Timestamp>,
}

impl RefreshBook {
    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a server, unless it waits already.
    pub(super) fn note(&self, id: ServerId, now: Timestamp) {
        let mut pages = self.lock();
        if pages.due.contains_key(&id) || pages.due.len() >= MAX_REFRESHES {
            return;
        }
        let soon = now + REFRESH_DELAY;
        let due = pages.last.get(&id).map_or(soon, |last| soon.max(*last + REFRESH_INTERVAL));
        pages.due.insert(id, due);
    }

    /// Takes out servers whose time has come, at most so many.
    pub(super) fn take(&self, now: Timestamp, most: usize) -> Vec<ServerId> {
        let mut pages = self.lock();
        pages.last.retain(|_, last| now - *last < REFRESH_INTERVAL);
        let due: Vec<_> = pages.due.extract_if(|_, due| *due <= now).take(most).map(|(id, _)| id).collect();
        pages.last.extend(due.iter().map(|id| (*id, now)));
        self.waiting.set(u32::try_from(pages.due.len()).unwrap_or(u32::MAX));
        due
    }
}

impl HealthService {
    /// Has the server looked at in depth soon, for it said that it lists other things now: by the monitor of this node, when
    /// the turn comes at its host, after [`REFRESH_DELAY`], and once in [`REFRESH_INTERVAL`] at most. Takes no time, and may
    /// be called for every word of a server's.
    pub fn refresh_soon(&self, id: ServerId) {
        self.context.refreshes.note(id, self.context.clock.now());
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::{MAX_REFRESHES, REFRESH_DELAY, REFRESH_INTERVAL, RefreshBook};
    use crate::clock::Timestamp;
    use crate::model::id::ServerId;

    const ALL: usize = usize::MAX;

    fn server(number: u128) -> ServerId {
        ServerId(Uuid::from_u128(number))
    }

    #[test]
    fn many_words_are_one_look_and_there_is_one_look_a_minute() {
        let (book, start) = (RefreshBook::default(), Timestamp::UNIX_EPOCH);
        for _ in 0..3 {
            book.note(server(1), start);
        }
        assert_eq!(book.take(start + REFRESH_DELAY - TimeDelta::microseconds(1), ALL), []);
        let first = start + REFRESH_DELAY;
        assert_eq!(book.take(first, ALL), [server(1)]);
        assert_eq!(book.take(first, ALL), []);
        book.note(server(1), first);
        book.note(server(2), first);
        assert_eq!(book.take(first + REFRESH_DELAY, ALL), [server(2)]);
        assert_eq!(book.take(first + REFRESH_INTERVAL, ALL), [server(1)]);
    }

    #[test]
    fn as_many_wait_as_may_and_as_many_are_taken_as_wanted() {
        let (book, start) = (RefreshBook::default(), Timestamp::UNIX_EPOCH);
        for number in 0..MAX_REFRESHES as u128 + 5 {
            book.note(server(number), start);
        }
        let soon = start + REFRESH_DELAY;
        assert_eq!(book.take(soon, 3).len(), 3);
        assert_eq!(book.take(soon, ALL).len(), MAX_REFRESHES - 3);
    }
}
