//! Trends: what roll-ups of a range come to, part by part.

use std::ops::RangeInclusive;

use chrono::{Datelike, TimeDelta};

use super::field::FieldErrors;
use super::period::{Period, Resolution};
use super::rollup::{Rollup, Tally, sum};
use crate::clock::Timestamp;

/// The most equal slots that a range is cut into.
pub const MAX_SLOTS: u32 = 200;
/// The years in which a range lies.
const YEARS: RangeInclusive<i32> = 1970..=9999;

/// Which range is asked for, as it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RangeInput {
    /// From when on.
    pub from: Option<Timestamp>,
    /// To before when.
    pub to: Option<Timestamp>,
    /// How many equal slots it is cut into.
    pub slots: Option<u32>,
}

/// How long ranges are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RangeBounds {
    /// Unless it is given.
    pub usual: TimeDelta,
    /// At most.
    pub most: TimeDelta,
}

/// A range by minute, hour or day. It begins and ends where those do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendQuery {
    /// From when on.
    pub from: Timestamp,
    /// To before when.
    pub to: Timestamp,
    /// By what.
    pub resolution: Resolution,
    /// How many equal slots it is cut into; if not given each step stands for itself.
    pub slots: Option<u32>,
}

/// What a part of a range came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrendPoint<T> {
    /// From when on.
    pub from: Timestamp,
    /// To before when.
    pub to: Timestamp,
    /// What it came to.
    pub tally: T,
}

impl RangeInput {
    /// Checks it, but for its years ([`require_years`]); `now` is where a range ends that has no end.
    pub fn validate(
        &self,
        resolution: Resolution,
        bounds: RangeBounds,
        now: Timestamp,
        errors: &mut FieldErrors,
    ) -> TrendQuery {
        let to = self.to.unwrap_or(now);
        let from = self.from.unwrap_or_else(|| to.checked_sub_signed(bounds.usual).unwrap_or(to));
        if require_order(from, to, errors) && to - from > bounds.most {
            errors.add("from", format!("must be at most {} before `to`", spell(bounds.most)));
        }
        let (from, to) = (resolution.start_of(from), resolution.end_of(to));
        let query = TrendQuery { from, to, resolution, slots: self.slots };
        if self.slots.is_some_and(|slots| slots == 0 || slots > MAX_SLOTS || u64::from(slots) > query.steps())
        {
            let most = format!("at most as many as the range has {resolution}s");
            errors.add("slots", format!("must be 1 to {MAX_SLOTS}, and {most}"));
        }
        query
    }
}

fn spell(length: TimeDelta) -> String {
    let hours = length.num_hours();
    if hours <= 48 { format!("{hours} hours") } else { format!("{} days", length.num_days()) }
}

/// Notes times that lie in no year of the calendar that everybody knows.
pub fn require_years(from: Option<Timestamp>, to: Option<Timestamp>, errors: &mut FieldErrors) {
    for (field, at) in [("from", from), ("to", to)] {
        if at.is_some_and(|at| !YEARS.contains(&at.year())) {
            errors.add(field, "must be between the years 1970 and 9999");
        }
    }
}

/// Notes a range that ends before it begins; whether it does not.
pub fn require_order(from: Timestamp, to: Timestamp, errors: &mut FieldErrors) -> bool {
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

    /// How many minutes, hours or days it has.
    fn steps(&self) -> u64 {
        u64::try_from((self.to - self.from).num_seconds() / self.resolution.seconds()).unwrap_or(0)
    }

    /// The roll-ups of the range, in order, as its points: each for itself, or summed up in the slots, also those in which
    /// nothing happened.
    pub fn points<T: Tally>(&self, rollups: &[Rollup<T>]) -> Vec<TrendPoint<T>> {
        let length = self.resolution.length();
        let Some(slots) = self.slots else {
            let alone = |Rollup { start, tally }: &Rollup<T>| TrendPoint {
                from: *start,
                to: *start + length,
                tally: tally.clone(),
            };
            return rollups.iter().map(alone).collect();
        };
        let mut rest = rollups;
        (0..slots).map(|slot| self.slot(slot, slots, &mut rest)).collect()
    }

    fn slot<T: Tally>(&self, slot: u32, slots: u32, rest: &mut &[Rollup<T>]) -> TrendPoint<T> {
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
