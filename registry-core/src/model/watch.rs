//! Watching: when a server is checked without anybody asking.
//!
//! Each server has moments of its own: its interval, shifted by a part of it that follows from its id. So servers
//! that were registered together are not checked together, a check that was late moves no later one, and after a
//! downtime each server is back at its moments with its next check.

use chrono::TimeDelta;

use super::id::ServerId;
use super::server::{Server, ServerStatus};
use crate::clock::Timestamp;

/// How long a claim of a check holds: a check with its retries ends within it, and it is shorter than the shortest
/// interval, so that what a dead node had claimed is checked within two intervals.
pub const LEASE: TimeDelta = TimeDelta::seconds(55);

/// A check that is due, and is this node's to do until the lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The server to check, as it was when the check was claimed.
    pub server: Server,
    /// Which claim it is.
    pub lease: Lease,
}

/// A claim, for the store to tell whether it still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// When the check was due.
    pub due_at: Timestamp,
    /// When it was claimed.
    pub claimed_at: Timestamp,
    /// When it is due again if nothing comes of it.
    pub until: Timestamp,
}

/// What a change of a server makes of its next check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueChange {
    /// It stays when it is.
    Keep,
    /// It is due then.
    At(Timestamp),
    /// There is none: the server is not watched.
    Never,
}

impl Server {
    /// Whether it is checked without being asked: it is to be, and nobody took it out on purpose.
    pub fn is_watched(&self) -> bool {
        self.health_policy.auto && matches!(self.status, ServerStatus::Active | ServerStatus::Error)
    }

    /// When it is checked next after a check that began at `began`: at its own moment that is nearest to one
    /// interval later. That is between half an interval and one and a half from then.
    pub fn next_due(&self, began: Timestamp) -> Timestamp {
        next_due(self.id, self.health_policy.interval_seconds, began)
    }
}

/// As [`Server::next_due`], of a server with this id and interval in seconds.
pub fn next_due(id: ServerId, interval_seconds: u32, began: Timestamp) -> Timestamp {
    let interval = i64::from(interval_seconds.max(1)) * 1_000_000;
    // The end of an id of version 7 is random.
    let shift = (id.0.as_u64_pair().1 % interval.unsigned_abs()).cast_signed();
    let middle = began.timestamp_micros().saturating_add(interval + interval / 2);
    let moment = (middle - shift).div_euclid(interval) * interval + shift;
    Timestamp::from_timestamp_micros(moment).unwrap_or(Timestamp::MAX_UTC)
}

/// What follows for a server's next check when it is stored in the place of `old`. A server that was just
/// registered as active was connected to, and is checked in its turn; what is switched on, or is somewhere else
/// now, is checked at once.
pub fn due_after_change(old: Option<&Server>, new: &Server) -> DueChange {
    let Some(old) = old else {
        return if new.is_watched() { DueChange::At(new.next_due(new.created_at)) } else { DueChange::Never };
    };
    let same_way = old.endpoint == new.endpoint && old.auth == new.auth;
    let same_interval = old.health_policy.interval_seconds == new.health_policy.interval_seconds;
    match (old.is_watched(), new.is_watched()) {
        (_, false) => DueChange::Never,
        (true, true) if same_way && same_interval => DueChange::Keep,
        (true, true) if same_way => DueChange::At(new.next_due(new.updated_at)),
        _ => DueChange::At(new.updated_at),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp_micros(seconds * 1_000_000).unwrap()
    }

    fn id(number: u128) -> ServerId {
        ServerId(Uuid::from_u128(number * 0x9e37_79b9_7f4a_7c15))
    }

    #[test]
    fn a_check_that_is_a_little_late_moves_none_of_those_after_it() {
        let mut due = next_due(id(7), 60, at(1_700_000_000));
        for late in [0, 29, 1, 28, 10] {
            let next = next_due(id(7), 60, due + TimeDelta::seconds(late));
            assert_eq!(next - due, TimeDelta::seconds(60), "{late} s late");
            due = next;
        }
    }

    #[test]
    fn the_next_check_is_never_in_the_past_and_never_soon() {
        for number in 0..500 {
            let began = at(1_700_000_000 + i64::try_from(number).unwrap() * 17);
            let gap = next_due(id(number), 300, began) - began;
            assert!(gap >= TimeDelta::seconds(150) && gap <= TimeDelta::seconds(450), "{gap}");
        }
    }

    #[test]
    fn servers_that_are_checked_at_once_are_spread_over_the_interval_afterwards() {
        let mut tenths = [0; 10];
        for number in 0..10_000 {
            let gap = next_due(id(number), 60, at(1_700_000_000)) - at(1_700_000_030);
            tenths[usize::try_from(gap.num_seconds().clamp(0, 59) / 6).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (800..1_200).contains(count)), "{tenths:?}");
    }
}
