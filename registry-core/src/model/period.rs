//! Periods of time, and how finely figures over them are told.

use chrono::TimeDelta;

use super::role::spelled;
use crate::clock::Timestamp;

spelled! {
    /// How long each step is for which figures over time are kept. Steps begin where UTC's do.
    Resolution {
        /// A minute.
        Minute = "minute",
        /// An hour.
        Hour = "hour",
        /// A day.
        Day = "day",
    }
}

impl Resolution {
    /// How long a step is, in seconds.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 60 * 60,
            Self::Day => 24 * 60 * 60,
        }
    }

    /// How long a step is.
    pub const fn length(self) -> TimeDelta {
        TimeDelta::seconds(self.seconds())
    }

    /// The beginning of the step that `at` falls into.
    pub fn start_of(self, at: Timestamp) -> Timestamp {
        let seconds = at.timestamp().div_euclid(self.seconds()) * self.seconds();
        Timestamp::from_timestamp(seconds, 0).unwrap_or(at)
    }

    /// The end of the step that `at` falls into; `at` itself if it is where a step begins.
    pub fn end_of(self, at: Timestamp) -> Timestamp {
        let start = self.start_of(at);
        if start == at { at } else { start + self.length() }
    }
}

/// The times from one on, and to before another; without one of them, from the beginning or for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

impl Period {
    /// Always.
    pub const EVER: Self = Self { from: None, to: None };

    /// From this time to before that one.
    pub const fn between(from: Timestamp, to: Timestamp) -> Self {
        Self { from: Some(from), to: Some(to) }
    }

    /// Whether `at` is in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

#[cfg(test)]
mod tests {
    use super::{Period, Resolution, Timestamp};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn steps_begin_where_those_of_utc_do_before_1970_too() {
        for (text, hour, day) in [
            ("2026-11-22T09:40:02.5Z", "2026-11-22T09:00:00Z", "2026-11-22T00:00:00Z"),
            ("2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z"),
            ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:00:00Z", "1969-12-31T00:00:00Z"),
        ] {
            assert_eq!(Resolution::Hour.start_of(at(text)), at(hour));
            assert_eq!(Resolution::Day.start_of(at(text)), at(day));
        }
        assert_eq!(Resolution::Minute.end_of(at("2026-11-22T09:40:00.000001Z")), at("2026-11-22T09:41:00Z"));
        assert_eq!(Resolution::Minute.end_of(at("2026-11-22T09:40:00Z")), at("2026-11-22T09:40:00Z"));
    }

    #[test]
    fn a_period_has_its_beginning_and_not_its_end() {
        let (from, to) = (at("2026-11-22T09:00:00Z"), at("2026-11-22T10:00:00Z"));
        let period = Period::between(from, to);
        assert!(period.contains(from) && !period.contains(to));
        assert!(Period::EVER.contains(from));
        assert!(!Period { from: Some(to), to: None }.contains(from));
    }
}
