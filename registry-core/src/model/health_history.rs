//! Health history: what is asked of it, and what it is told as.

use chrono::TimeDelta;

use super::check_rollup::CheckRollup;
use super::field::FieldErrors;
use super::page::PageRequest;
use super::period::{Period, Resolution};
use super::role::spelled;
use super::rollup::sum;
use super::trend::{self, RangeBounds, RangeInput, TrendQuery};
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

impl HistoryInput {
    /// Checks it; `now` is where a range ends that has no end.
    ///
    /// # Errors
    /// [`FieldErrors`] with every problem.
    pub fn validate(&self, now: Timestamp) -> Result<HistoryQuery, FieldErrors> {
        let mut errors = FieldErrors::default();
        trend::require_years(self.from, self.to, &mut errors);
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
            trend::require_order(from, to, errors);
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
        for (field, given) in [("page", self.page), ("limit", self.limit)] {
            if given.is_some() {
                errors.add(field, "is for the resolution raw");
            }
        }
        let bounds = match resolution {
            Resolution::Day => {
                RangeBounds { usual: TimeDelta::days(30), most: TimeDelta::days(MAX_DAY_RANGE_DAYS) }
            }
            _ => RangeBounds { usual: TimeDelta::days(1), most: TimeDelta::days(MAX_HOUR_RANGE_DAYS) },
        };
        let range = RangeInput { from: self.from, to: self.to, slots: self.slots };
        let query = range.validate(resolution, bounds, now, errors);
        Some(HistoryQuery::Trend(query))
    }
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
