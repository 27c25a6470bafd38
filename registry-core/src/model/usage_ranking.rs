//! Rankings: which servers are called most, fail most, are slowest, or were down most.

use std::cmp::Ordering;

use chrono::TimeDelta;

use super::check_rollup::uptime_percent;
use super::field::FieldErrors;
use super::id::ServerId;
use super::page::{PageRequest, SortOrder};
use super::period::{Period, Resolution};
use super::role::spelled;
use super::trend::{self, RangeBounds, RangeInput};
use super::usage_rollup::UsageTally;
use crate::access::Reach;
use crate::clock::Timestamp;

/// The longest range that servers are compared over by hours, in days; a longer one is of whole days.
pub const MAX_RANKED_BY_HOUR_DAYS: i64 = 2;
/// The longest range that servers are compared over, in days.
pub const MAX_RANKED_DAYS: i64 = 31;

spelled! {
    /// What servers are compared by.
    RankedBy {
        /// How often they were called.
        Requests = "requests",
        /// How many of the calls failed, in relation to all.
        ErrorRate = "errorRate",
        /// Within which time 95 of 100 calls were answered.
        P95 = "p95",
        /// In how many of the checks they were up.
        Uptime = "uptime",
    }
}

impl RankedBy {
    /// The direction in which what needs a look comes first.
    pub fn usual_order(self) -> SortOrder {
        if self == Self::Uptime { SortOrder::Asc } else { SortOrder::Desc }
    }
}

/// Which comparison is asked for, as it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankingInput {
    /// By what.
    pub by: RankedBy,
    /// In which direction; what needs a look comes first unless given.
    pub order: Option<SortOrder>,
    /// From when on; 24 hours before its end unless given.
    pub from: Option<Timestamp>,
    /// To before when; now unless given.
    pub to: Option<Timestamp>,
    /// Which page.
    pub page: PageRequest,
}

/// Over which time servers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RankingRange {
    /// From when on.
    pub from: Timestamp,
    /// To before when.
    pub to: Timestamp,
    /// By what roll-ups.
    pub resolution: Resolution,
}

impl RankingInput {
    /// Whether it is of the last 24 hours.
    pub fn is_recent(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// Checks the range; `now` is where one ends that has no end.
    ///
    /// # Errors
    /// [`FieldErrors`] with every problem.
    pub fn range(&self, now: Timestamp) -> Result<RankingRange, FieldErrors> {
        let mut errors = FieldErrors::default();
        trend::require_years(self.from, self.to, &mut errors);
        let bounds = RangeBounds { usual: TimeDelta::days(1), most: TimeDelta::days(MAX_RANKED_DAYS) };
        let input = RangeInput { from: self.from, to: self.to, slots: None };
        let hours = input.validate(Resolution::Hour, bounds, now, &mut errors);
        // Of whole hours it may be one hour longer than it was asked for.
        let is_short =
            hours.to - hours.from <= TimeDelta::days(MAX_RANKED_BY_HOUR_DAYS) + TimeDelta::hours(1);
        let resolution = if is_short { Resolution::Hour } else { Resolution::Day };
        let (from, to) = (resolution.start_of(hours.from), resolution.end_of(hours.to));
        errors.finish(Some(RankingRange { from, to, resolution }))
    }
}

impl RankingRange {
    /// The last 24 hours: this one and those that reach into them.
    pub fn recent(now: Timestamp) -> Self {
        let hour = Resolution::Hour;
        Self {
            from: hour.start_of(now - TimeDelta::days(1)),
            to: hour.start_of(now) + hour.length(),
            resolution: hour,
        }
    }

    /// The time it is of.
    pub fn period(&self) -> Period {
        Period::between(self.from, self.to)
    }
}

/// Which servers' figures are read, by their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FiguresQuery {
    /// Whose servers. That one is shared is not enough.
    pub reach: Reach,
    /// Only this one.
    pub only: Option<ServerId>,
    /// Leave out what is not active.
    pub active_only: bool,
    /// Over which time.
    pub range: RankingRange,
    /// Only those after this one.
    pub after: Option<ServerId>,
    /// The most.
    pub limit: u32,
}

/// What became of a server's calls and checks in some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFigures {
    /// The server.
    pub server_id: ServerId,
    /// What its calls came to.
    pub usage: UsageTally,
    /// How many checks found it up.
    pub checks_up: u64,
    /// How many found it down.
    pub checks_down: u64,
}

/// How long calls took, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The mean.
    pub average_us: u64,
    /// Half of them took no longer.
    pub p50_us: u64,
    /// 95 of 100 took no longer.
    pub p95_us: u64,
    /// 99 of 100 took no longer.
    pub p99_us: u64,
}

/// A server among others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankedServer {
    /// The server.
    pub server_id: ServerId,
    /// How often it was called.
    pub requests: u64,
    /// How many of the calls failed.
    pub errors: u64,
    /// Bytes of the requests' bodies.
    pub bytes_in: u64,
    /// Bytes of the answers' bodies.
    pub bytes_out: u64,
    /// How long calls took; `None` without any.
    pub times: Option<Times>,
    /// In how many of the checks it was up, in percent; `None` without any.
    pub uptime: Option<f64>,
}

impl From<&ServerFigures> for RankedServer {
    fn from(figures: &ServerFigures) -> Self {
        let ServerFigures { server_id, usage, checks_up, checks_down } = figures;
        Self {
            server_id: *server_id,
            requests: usage.requests,
            errors: usage.errors.total(),
            bytes_in: usage.bytes_in,
            bytes_out: usage.bytes_out,
            times: times(usage),
            uptime: uptime_percent(*checks_up, *checks_down),
        }
    }
}

fn times(usage: &UsageTally) -> Option<Times> {
    let within = |per_mille| usage.latencies.within_us(per_mille);
    let average_us = usage.latencies.mean_us()?;
    Some(Times { average_us, p50_us: within(500)?, p95_us: within(950)?, p99_us: within(990)? })
}

impl RankedServer {
    /// How the servers stand to each other, ties by id; who has no such figure comes last in either direction.
    pub fn compare(&self, other: &Self, by: RankedBy, order: SortOrder) -> Ordering {
        let figures = match by {
            RankedBy::Requests => Some(self.requests.cmp(&other.requests)),
            RankedBy::ErrorRate => self.compare_error_rate(other),
            RankedBy::P95 => known(self.p95_us(), other.p95_us(), Ord::cmp),
            RankedBy::Uptime => known(self.uptime, other.uptime, f64::total_cmp),
        };
        let by_figure = match (figures, order) {
            (Some(figures), SortOrder::Asc) => figures,
            (Some(figures), SortOrder::Desc) => figures.reverse(),
            (None, _) => self.has(by).cmp(&other.has(by)).reverse(),
        };
        by_figure.then_with(|| self.server_id.cmp(&other.server_id))
    }

    /// Whether there is such a figure of it.
    pub fn has(&self, by: RankedBy) -> bool {
        match by {
            RankedBy::Requests | RankedBy::ErrorRate => self.requests > 0,
            RankedBy::P95 => self.times.is_some(),
            RankedBy::Uptime => self.uptime.is_some(),
        }
    }

    /// Which of them failed more often, in relation to their calls; `None` unless both were called.
    fn compare_error_rate(&self, other: &Self) -> Option<Ordering> {
        let failed = |of: &Self, than: &Self| u128::from(of.errors) * u128::from(than.requests);
        let are_called = self.requests > 0 && other.requests > 0;
        are_called.then(|| failed(self, other).cmp(&failed(other, self)))
    }

    fn p95_us(&self) -> Option<u64> {
        self.times.map(|times| times.p95_us)
    }
}

/// How two figures stand to each other; `None` unless both are known.
fn known<T>(one: Option<T>, other: Option<T>, compare: impl Fn(&T, &T) -> Ordering) -> Option<Ordering> {
    Some(compare(&one?, &other?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(
        id: u128,
        requests: u64,
        errors: u64,
        p95_us: Option<u64>,
        uptime: Option<f64>,
    ) -> RankedServer {
        let times = |p95_us| Times { average_us: 1, p50_us: 1, p95_us, p99_us: p95_us };
        let server_id = ServerId(uuid::Uuid::from_u128(id));
        RankedServer {
            server_id,
            requests,
            errors,
            bytes_in: 0,
            bytes_out: 0,
            times: p95_us.map(times),
            uptime,
        }
    }

    fn ids(by: RankedBy, order: SortOrder) -> Vec<u128> {
        let mut servers = [
            server(1, 10, 5, Some(300), Some(99.5)),
            server(2, 0, 0, None, Some(12.5)),
            server(3, 1_000, 10, Some(700), None),
            server(4, 20, 10, None, Some(100.0)),
        ];
        servers.sort_by(|one, other| one.compare(other, by, order));
        servers.iter().map(|server| server.server_id.0.as_u128()).collect()
    }

    #[test]
    fn servers_stand_in_the_order_of_the_figure_and_those_without_it_last() {
        for (by, order, expected) in [
            (RankedBy::Requests, SortOrder::Desc, [3, 4, 1, 2]),
            (RankedBy::Requests, SortOrder::Asc, [2, 1, 4, 3]),
            (RankedBy::ErrorRate, SortOrder::Desc, [1, 4, 3, 2]),
            (RankedBy::ErrorRate, SortOrder::Asc, [3, 1, 4, 2]),
            (RankedBy::P95, SortOrder::Desc, [3, 1, 2, 4]),
            (RankedBy::P95, SortOrder::Asc, [1, 3, 2, 4]),
            (RankedBy::Uptime, SortOrder::Asc, [2, 1, 4, 3]),
            (RankedBy::Uptime, SortOrder::Desc, [4, 1, 2, 3]),
        ] {
            assert_eq!(ids(by, order), expected, "{by} {order}");
        }
    }

    #[test]
    fn a_long_range_is_compared_by_days_and_a_short_one_by_hours() {
        let now: Timestamp = "2026-11-22T09:40:02Z".parse().unwrap();
        let range = |days| {
            let from = Some(now - TimeDelta::days(days));
            let input =
                RankingInput { by: RankedBy::P95, order: None, from, to: None, page: PageRequest::default() };
            input
                .range(now)
                .map(|range| range.resolution)
                .map_err(|errors| errors.as_slice()[0].field.clone())
        };
        assert_eq!(range(2), Ok(Resolution::Hour));
        assert_eq!(range(3), Ok(Resolution::Day));
        assert_eq!(range(31), Ok(Resolution::Day));
        assert_eq!(range(32), Err("from".to_owned()));
        assert_eq!(range(0), Err("to".to_owned()));
    }
}
