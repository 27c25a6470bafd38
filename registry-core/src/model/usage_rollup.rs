//! Roll-ups of usage: what the calls of a minute, an hour or a day came to.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::id::{ApiKeyId, ServerId};
use super::latency::Latencies;
use super::period::{Period, Resolution};
use super::rollup::{Rollup, Tally, sum};
use super::usage::{ErrorCounts, Usage, UsageSubject};
use crate::access::Reach;
use crate::clock::Timestamp;

/// What some calls came to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UsageTally {
    /// How many there were, those that a limit refused included.
    pub requests: u64,
    /// How many of them failed, by whose doing it was.
    pub errors: ErrorCounts,
    /// Bytes of the requests' bodies.
    pub bytes_in: u64,
    /// Bytes of the answers' bodies.
    pub bytes_out: u64,
    /// How long those that reached a server took until their answer began.
    pub latencies: Latencies,
}

impl UsageTally {
    /// What a batch of counters comes to.
    pub fn of(usage: &Usage) -> Self {
        Self {
            requests: usage.requests,
            errors: usage.errors_by_kind,
            bytes_in: usage.bytes_in,
            bytes_out: usage.bytes_out,
            latencies: usage.latencies.clone(),
        }
    }
}

impl Tally for UsageTally {
    fn add(&mut self, other: &Self) {
        let counters = [
            (&mut self.requests, other.requests),
            (&mut self.bytes_in, other.bytes_in),
            (&mut self.bytes_out, other.bytes_out),
        ];
        for (counter, more) in counters {
            *counter = counter.saturating_add(more);
        }
        self.errors.add(other.errors);
        self.latencies.add(&other.latencies);
    }
}

/// What the calls of one minute, hour or day came to.
pub type UsageRollup = Rollup<UsageTally>;

/// What the calls of a server in a minute came to, or the requests with a key in an hour, on its way into the roll-ups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageEntry {
    /// The server or the key.
    pub subject: UsageSubject,
    /// When the minute or the hour began.
    pub start: Timestamp,
    /// What they came to.
    pub tally: UsageTally,
}

/// Whose calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UsageOf {
    /// Those of this server.
    Server(ServerId),
    /// The requests with this key, those to the API too. There are no minutes of them.
    Key(ApiKeyId),
    /// Those of all servers of the tenant that is reached, also of those that are gone by now; those of every server if
    /// all tenants are.
    Whole,
}

/// Which roll-ups of usage are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageRollupQuery {
    /// Whose servers' and keys' usage can be seen at all. That a server is shared does not show its usage.
    pub reach: Reach,
    /// Whose calls.
    pub of: UsageOf,
    /// By what.
    pub resolution: Resolution,
    /// Only those that began in this time.
    pub period: Period,
}

/// Up to when roll-ups of usage are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsagePrune {
    /// The time now: a store may prepare for what comes.
    pub now: Timestamp,
    /// Minutes before this time go, some of them up to a day later.
    pub minutes_before: Timestamp,
    /// Hours before this time go, some of those of keys up to a day later.
    pub hours_before: Timestamp,
    /// Days before this time go.
    pub days_before: Timestamp,
    /// The most rows that are removed one by one.
    pub limit: u32,
}

impl UsagePrune {
    /// Before when roll-ups of this resolution go.
    pub fn before(&self, resolution: Resolution) -> Timestamp {
        match resolution {
            Resolution::Minute => self.minutes_before,
            Resolution::Hour => self.hours_before,
            Resolution::Day => self.days_before,
        }
    }
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UsagePruned {
    /// Roll-ups. A store that drops many at once may tell about how many.
    pub rollups: u64,
    /// Whether there is more to forget.
    pub more: bool,
}

/// The calls of the last 24 hours, and of the 24 before them, to the minute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecentUsage {
    /// In the last 24 hours.
    pub last: UsageTally,
    /// In the 24 hours before them.
    pub before: UsageTally,
}

impl RecentUsage {
    /// When the last 24 hours began, at a full minute.
    fn since(now: Timestamp) -> Timestamp {
        Resolution::Minute.start_of(now - TimeDelta::hours(24))
    }

    /// The hours that it is of: those that are not cut by the edge of a day.
    pub fn hours(now: Timestamp) -> Period {
        Period { from: Some(Resolution::Hour.end_of(Self::since(now) - TimeDelta::hours(24))), to: None }
    }

    /// The minutes that it is of: those of the two hours that are cut, the earlier one first.
    pub fn minutes(now: Timestamp) -> [Period; 2] {
        let since = Self::since(now);
        let before = since - TimeDelta::hours(24);
        let end = Resolution::Hour.end_of(since);
        [
            Period::between(before, Resolution::Hour.end_of(before)),
            Period::between(Resolution::Hour.start_of(since), end),
        ]
    }

    /// The usage by these roll-ups.
    pub fn of(now: Timestamp, hours: &[UsageRollup], minutes: [&[UsageRollup]; 2]) -> Self {
        let since = Self::since(now);
        let (cut, whole) = (Resolution::Hour.start_of(since), Resolution::Hour.end_of(since));
        let part = |rollups: &[UsageRollup], is_in: &dyn Fn(Timestamp) -> bool| {
            let within: Vec<_> = rollups.iter().filter(|rollup| is_in(rollup.start)).cloned().collect();
            sum(&within)
        };
        let mut last = part(hours, &|start| start >= whole);
        last.add(&part(minutes[1], &|start| start >= since));
        let mut before = part(hours, &|start| start < cut);
        before.add(&sum(minutes[0]));
        before.add(&part(minutes[1], &|start| start < since));
        Self { last, before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// One call in each of these steps.
    fn calls(resolution: Resolution, period: Period) -> Vec<UsageRollup> {
        let (mut start, to) = (period.from.unwrap(), period.to.unwrap());
        let mut rollups = Vec::new();
        while start < to {
            let requests = u64::try_from(resolution.seconds()).unwrap();
            rollups.push(Rollup { start, tally: UsageTally { requests, ..UsageTally::default() } });
            start += resolution.length();
        }
        rollups
    }

    #[test]
    fn a_day_is_told_to_the_minute_and_no_call_is_in_both_or_in_none() {
        for text in ["2026-11-22T09:40:02Z", "2026-11-22T09:00:00Z", "2026-11-22T09:59:59.9Z"] {
            let now = at(text);
            let hours = calls(
                Resolution::Hour,
                Period { to: Some(Resolution::Hour.start_of(now)), ..RecentUsage::hours(now) },
            );
            let minutes = RecentUsage::minutes(now).map(|period| calls(Resolution::Minute, period));
            let usage = RecentUsage::of(now, &hours, [&minutes[0], &minutes[1]]);
            // A call a second: the last day lacks what is left of this hour's calls, since none are given for it.
            let since = Resolution::Minute.start_of(now - TimeDelta::hours(24));
            let seconds = (Resolution::Hour.start_of(now) - since).num_seconds();
            assert_eq!(usage.last.requests, u64::try_from(seconds).unwrap(), "{text}");
            assert_eq!(usage.before.requests, 24 * 60 * 60, "{text}");
        }
    }
}
