//! How much a bucket holds and how fast it is refilled.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use crate::model::field::Invalid;
use crate::model::settings::RateLimit;

/// A rate: so many calls a minute, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    rpm: NonZeroU32,
    burst: NonZeroU32,
}

impl Quota {
    /// The most that either number may be.
    pub const MAX: u32 = 100_000_000;

    /// `rpm` calls a minute, of which `burst` may come at once.
    ///
    /// # Errors
    /// [`Invalid`] unless both are 1 to [`MAX`](Self::MAX).
    pub fn new(rpm: u32, burst: u32) -> Result<Self, Invalid> {
        match (number(rpm), number(burst)) {
            (Some(rpm), Some(burst)) => Ok(Self { rpm, burst }),
            _ => Err(Invalid::new("must be between 1 and 100000000")),
        }
    }

    /// `rpm` calls a minute, all of which may come at once.
    const fn even(rpm: NonZeroU32) -> Self {
        Self { rpm, burst: rpm }
    }

    /// Calls a minute.
    pub const fn rpm(self) -> u32 {
        self.rpm.get()
    }

    /// How many calls a full bucket holds.
    pub const fn burst(self) -> u32 {
        self.burst.get()
    }

    /// How long it takes until one call more is allowed, to the nanosecond below.
    pub const fn interval(self) -> Duration {
        self.governor().replenish_interval()
    }

    /// The same, in nanoseconds: 600 to 60,000,000,000.
    #[expect(clippy::cast_possible_truncation, reason = "at most a minute")]
    pub(super) const fn interval_nanos(self) -> u64 {
        self.interval().as_nanos() as u64
    }

    pub(super) const fn governor(self) -> governor::Quota {
        governor::Quota::per_minute(self.rpm).allow_burst(self.burst)
    }
}

fn number(value: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(value).filter(|value| value.get() <= Quota::MAX)
}

/// One limit as an operator sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// There is none.
    Unlimited,
    /// This many.
    Of(Quota),
}

impl Limit {
    /// `rpm` calls a minute, all of which may come at once.
    ///
    /// # Errors
    /// [`Invalid`] unless it is 1 to [`Quota::MAX`].
    pub fn per_minute(rpm: u32) -> Result<Self, Invalid> {
        Quota::new(rpm, rpm).map(Self::Of)
    }

    /// The same for a number that is known here.
    pub(super) const fn constant<const RPM: u32>() -> Self {
        const { Self::Of(Quota::even(NonZeroU32::new(RPM).unwrap())) }
    }
}

impl fmt::Display for Limit {
    /// As [`FromStr`] takes it; a burst of its own is not told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("off"),
            Self::Of(quota) => quota.rpm().fmt(f),
        }
    }
}

/// From `off`, or calls a minute.
impl FromStr for Limit {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new("must be \"off\" or calls a minute between 1 and 100000000");
        match text {
            "off" => Ok(Self::Unlimited),
            number => number.parse().ok().and_then(|rpm| Self::per_minute(rpm).ok()).ok_or_else(invalid),
        }
    }
}

/// A number out of bounds counts as the nearest that is within: a record can make no limit go away.
impl From<RateLimit> for Limit {
    fn from(limit: RateLimit) -> Self {
        let within = |value: u32| NonZeroU32::new(value.min(Quota::MAX)).unwrap_or(NonZeroU32::MIN);
        Self::Of(Quota { rpm: within(limit.rpm), burst: within(limit.burst) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_off_or_a_number_within_bounds() {
        assert_eq!("off".parse(), Ok(Limit::Unlimited));
        assert_eq!("100".parse(), Limit::per_minute(100));
        assert_eq!("100000000".parse::<Limit>(), Limit::per_minute(Quota::MAX));
        for text in ["0", "", "-1", "1.5", "100000001", "99999999999", "OFF", " 5"] {
            assert!(text.parse::<Limit>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_rate_out_of_bounds_counts_as_the_nearest_within() {
        let none = Limit::from(RateLimit { rpm: 0, burst: 0 });
        assert_eq!(none, Limit::per_minute(1).unwrap());
        let much = Limit::from(RateLimit { rpm: u32::MAX, burst: u32::MAX });
        assert_eq!(much, Limit::per_minute(Quota::MAX).unwrap());
    }

    #[test]
    fn the_interval_is_a_minute_divided_by_the_rate() {
        assert_eq!(Quota::new(100, 1).unwrap().interval(), Duration::from_millis(600));
        assert_eq!(Quota::new(Quota::MAX, 1).unwrap().interval(), Duration::from_nanos(600));
    }
}
