//! Health history: what is asked of it, and what it is told as.

use chrono::{Datelike, TimeDelta};

use super::check_rollup::{CheckRollup, CheckTally};
use super::field::FieldErrors;
use super::page::PageRequest;
use super::period::{Period, Resolution};
use super::role::spelled;
use crate::clock::Timestamp;

spelled! {
    /// What history is told by.
    HistoryResolution {
        /// By check.
        Raw = "raw",
        /// By hour.
        Hour = "hour",
        /// By day.
        Day = "day",
    }
}

/// The longest range of history by hour, in days.
pub const MAX_HOUR_RANGE_DAYS: i64 = 90;
/// The longest range of history by day, in days.
pub const MAX_DAY_RANGE_DAYS: i64 = 731;
/// The most equal slots that a range is cut into.
pub const MAX_SLOTS: u32 = 200;
/// The years in which a range lies.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;

/// Which history is asked for, as it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HistoryInput {
    /// From when on.
    pub from: Option<Timestamp>,
    /// To before when.
    pub to: Option<Timestamp>,
    /// By what; by check unless given.
    pub resolution: Option<HistoryResolution>,
    /// How many equal slots the range is cut into.
    pub slots: Option<u32>,
    /// Which page of checks, from 1.
    pub page: Option<u32>,
    /// The most checks of a page.
    pub limit: Option<u32>,
}

/// Which history is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryQuery {
    /// A page of the checks of this time.
    Checks(Period, PageRequest),
    /// What checks came to over a range.
    Trend(TrendQuery),
}

/// A range by hour or day. It begins and ends where hours or days do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendQuery {
    /// From when on.
    pub from: Timestamp,
    /// To before when.
    pub to: Timestamp,
    /// By what.
    pub resolution: Resolution,
    /// How many equal slots it is cut into; if not given each hour or day stands for itself.
    pub slots: Option<u32>,
}

/// What the checks of a part of a range came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrendPoint {
    /// From when on.
    pub from: Timestamp,
    /// To before when.
    pub to: Timestamp,
    /// What they came to.
    pub tally: CheckTally,
}

impl HistoryInput {
    /// Checks it; `now` is where a range ends that has no end.
    ///
    /// # Errors
    /// [`FieldErrors`] with every problem.
    pub fn validate(&self, now: Timestamp) -> Result<HistoryQuery, FieldErrors> {
        let mut errors = FieldErrors::default();
        for (field, at) in [("from", self.from), ("to", self.to)] {
            if at.is_some_and(|at| !YEARS.contains(&at.year())) {
                errors.add(field, "must be between the years 1970 and 9999");
            }
        }
        let query = match self.resolution.unwrap_or(HistoryResolution::Raw) {
            HistoryResolution::Raw => self.checks(&mut errors),
            HistoryResolution::Hour => self.trend(Resolution::Hour, now, &mut errors),
            HistoryResolution::Day => self.trend(Resolution::Day, now, &mut errors),
        };
        errors.finish(query)
    }

    fn checks(&self, errors: &mut FieldErrors) -> Option<HistoryQuery> {
        if self.slots.is_some() {
            errors.add("slots", "is for the resolutions hour and day");
        }
        if let (Some(from), Some(to)) = (self.from, self.to) {
            require_order(from, to, errors);
        }
        let page = self.page(errors)?;
        Some(HistoryQuery::Checks(Period { from: self.from, to: self.to }, page))
    }

    fn page(&self, errors: &mut FieldErrors) -> Option<PageRequest> {
        let (page, limit) = (self.page.unwrap_or(1), self.limit.unwrap_or(PageRequest::DEFAULT_LIMIT));
        for (page, limit) in [(page, 1), (1, limit)] {
            if let Err((field, invalid)) = PageRequest::new(page, limit) {
                errors.add(field, invalid);
            }
        }
        PageRequest::new(page, limit).ok()
    }

    fn trend(
        &self,
        resolution: Resolution,
        now: Timestamp,
        errors: &mut FieldErrors,
    ) -> Option<HistoryQuery> {
        let (usual, most) = match resolution {
            Resolution::Day => (30, MAX_DAY_RANGE_DAYS),
            _ => (1, MAX_HOUR_RANGE_DAYS),
        };
        for (field, given) in [("page", self.page), ("limit", self.limit)] {
            if given.is_some() {
                errors.add(field, "is for the resolution raw");
            }
        }
        let to = self.to.unwrap_or(now);
        let from = self.from.unwrap_or_else(|| to.checked_sub_signed(TimeDelta::days(usual)).unwrap_or(to));
        if require_order(from, to, errors) && to - from > TimeDelta::days(most) {
            errors.add("from", format!("must be at most {most} days before `to`"));
        }
        let (from, to) = (resolution.start_of(from), resolution.end_of(to));
        let query = TrendQuery { from, to, resolution, slots: self.slots };
        if self.slots.is_some_and(|slots| slots == 0 || slots > MAX_SLOTS || u64::from(slots) > query.steps())
        {
            errors.add("slots", "must be 1 to 200, and at most as many as the range has hours or days");
        }
        Some(HistoryQuery::Trend(query))
    }
}

fn require_order(from: Timestamp, to: Timestamp, errors: &mut FieldErrors) -> bool {
    if from >= to {
        errors.add("to", "must be after `from`");
    }
    from < to
}

impl TrendQuery {
    /// The time it is of.
    pub fn period(&self) -> Period {
        Period::between(self.from, self.to)
    }

    /// How many hours or days it has.
    fn steps(&self) -> u64 {
        u64::try_from((self.to - self.from).num_seconds() / self.resolution.seconds()).unwrap_or(0)
    }

    /// The roll-ups of the range, in order, as its points: each for itself, or summed up in the slots, also those without
    /// checks.
    pub fn points(&self, rollups: &[CheckRollup]) -> Vec<TrendPoint> {
        let length = self.resolution.length();
        let Some(slots) = self.slots else {
            let alone = |CheckRollup { start, tally }: &CheckRollup| TrendPoint {
                from: *start,
                to: *start + length,
                tally: tally.clone(),
            };
            return rollups.iter().map(alone).collect();
        };
        let mut rest = rollups;
        (0..slots).map(|slot| self.slot(slot, slots, &mut rest)).collect()
    }

    fn slot(&self, slot: u32, slots: u32, rest: &mut &[CheckRollup]) -> TrendPoint {
        let edge = |slot: u32| {
            let step = u64::from(slot) * self.steps() / u64::from(slots);
            self.from + self.resolution.length() * i32::try_from(step).unwrap_or(i32::MAX)
        };
        let (from, to) = (edge(slot), edge(slot + 1));
        let (within, after) = rest.split_at(rest.partition_point(|rollup| rollup.start < to));
        *rest = after;
        TrendPoint { from, to, tally: sum(within) }
    }
}

/// What all of these came to.
pub fn sum(rollups: &[CheckRollup]) -> CheckTally {
    let mut sum = CheckTally::default();
    rollups.iter().for_each(|rollup| sum.add(&rollup.tally));
    sum
}

/// How much of the time checks succeeded, in percent. Each is of at least that time: the first two begin with an hour, the
/// others with a day.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Uptime {
    /// In the last 24 hours.
    pub last_24_hours: Option<f64>,
    /// In the last 7 days.
    pub last_7_days: Option<f64>,
    /// In the last 30 days.
    pub last_30_days: Option<f64>,
    /// In the last 90 days.
    pub last_90_days: Option<f64>,
}

impl Uptime {
    /// The hours that it is of.
    pub fn hours(now: Timestamp) -> Period {
        Period { from: Some(Resolution::Hour.start_of(now - TimeDelta::days(7))), to: None }
    }

    /// The days that it is of.
    pub fn days(now: Timestamp) -> Period {
        Period { from: Some(Resolution::Day.start_of(now - TimeDelta::days(90))), to: None }
    }

    /// The uptime by these roll-ups.
    pub fn of(now: Timestamp, hours: &[CheckRollup], days: &[CheckRollup]) -> Self {
        let since = |rollups: &[CheckRollup], start: Timestamp| {
            let first = rollups.partition_point(|rollup| rollup.start < start);
            sum(&rollups[first..]).uptime_percent()
        };
        Self {
            last_24_hours: since(hours, Resolution::Hour.start_of(now - TimeDelta::hours(24))),
            last_7_days: sum(hours).uptime_percent(),
            last_30_days: since(days, Resolution::Day.start_of(now - TimeDelta::days(30))),
            last_90_days: sum(days).uptime_percent(),
        }
    }
}

#[cfg(test)]
mod tests;
