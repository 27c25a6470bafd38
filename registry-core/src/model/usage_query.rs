//! What may be asked of usage over time.

use chrono::TimeDelta;

use super::field::FieldErrors;
use super::id::ServerId;
use super::period::Resolution;
use super::trend::{self, RangeBounds, RangeInput, TrendQuery};
use crate::clock::Timestamp;

/// The most servers whose usage is compared at once.
pub const MAX_COMPARED: usize = 10;
/// The longest range of usage by minute, in hours.
pub const MAX_MINUTE_RANGE_HOURS: i64 = 24;
/// The longest range of usage by hour, in days.
pub const MAX_HOUR_RANGE_DAYS: i64 = 30;
/// The longest range of usage by day, in days.
pub const MAX_DAY_RANGE_DAYS: i64 = 366;

/// Which usage is asked for, as it came in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageInput {
    /// Whose: that of these servers, each for itself; of the whole if there are none.
    pub servers: Vec<ServerId>,
    /// The range.
    pub range: RangeInput,
    /// By what; by hour unless given.
    pub resolution: Option<Resolution>,
}

/// Which usage is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageQuery {
    /// The servers, each once; of the whole if there are none.
    pub servers: Vec<ServerId>,
    /// The range.
    pub trend: TrendQuery,
}

impl UsageInput {
    /// Checks it; `now` is where a range ends that has no end.
    ///
    /// # Errors
    /// [`FieldErrors`] with every problem.
    pub fn validate(self, now: Timestamp) -> Result<UsageQuery, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut servers = Vec::new();
        for id in self.servers {
            if !servers.contains(&id) {
                servers.push(id);
            }
        }
        if servers.len() > MAX_COMPARED {
            errors.add("serverId", format!("must be at most {MAX_COMPARED} servers"));
        }
        trend::require_years(self.range.from, self.range.to, &mut errors);
        let resolution = self.resolution.unwrap_or(Resolution::Hour);
        let trend = self.range.validate(resolution, bounds(resolution), now, &mut errors);
        errors.finish(Some(UsageQuery { servers, trend }))
    }
}

/// Which usage of a key is asked for, as it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeyUsageInput {
    /// The range.
    pub range: RangeInput,
    /// By hour or day; by hour unless given.
    pub resolution: Option<Resolution>,
}

impl KeyUsageInput {
    /// Checks it; `now` is where a range ends that has no end. `None` if nothing is asked of time.
    ///
    /// # Errors
    /// [`FieldErrors`] with every problem.
    pub fn validate(self, now: Timestamp) -> Result<Option<TrendQuery>, FieldErrors> {
        if self == Self::default() {
            return Ok(None);
        }
        let mut errors = FieldErrors::default();
        trend::require_years(self.range.from, self.range.to, &mut errors);
        let resolution = self.resolution.unwrap_or(Resolution::Hour);
        if resolution == Resolution::Minute {
            errors.add("resolution", "must be hour or day");
        }
        let trend = self.range.validate(resolution, bounds(resolution), now, &mut errors);
        errors.finish(Some(Some(trend)))
    }
}

fn bounds(resolution: Resolution) -> RangeBounds {
    match resolution {
        Resolution::Minute => {
            RangeBounds { usual: TimeDelta::hours(1), most: TimeDelta::hours(MAX_MINUTE_RANGE_HOURS) }
        }
        Resolution::Hour => {
            RangeBounds { usual: TimeDelta::days(1), most: TimeDelta::days(MAX_HOUR_RANGE_DAYS) }
        }
        Resolution::Day => {
            RangeBounds { usual: TimeDelta::days(30), most: TimeDelta::days(MAX_DAY_RANGE_DAYS) }
        }
    }
}
